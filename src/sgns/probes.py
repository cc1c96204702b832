"""Probes: a few word pairs one has an opinion on, with similarity and rank, without any file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sgns._lookup import Int64, WordLookup, WordVectors, unit_vectors
from sgns.config import SEED
from sgns.nearest import unit_rows

_WORDS = 8192
_QUERIES = 512

#: Pairs that English text of any kind is likely to hold: related by number, by gender, by
#: meaning, and not at all.
ENGLISH_PROBES: tuple[tuple[str, str], ...] = (
    ("movie", "movies"),
    ("scene", "scenes"),
    ("camera", "cameras"),
    ("car", "cars"),
    ("woman", "women"),
    ("man", "men"),
    ("man", "woman"),
    ("king", "queen"),
    ("father", "mother"),
    ("good", "bad"),
    ("big", "large"),
    ("year", "month"),
    ("one", "two"),
    ("banana", "sky"),
    ("car", "opinion"),
    ("queen", "percent"),
)


@dataclass(frozen=True, slots=True)
class Probe:
    """What the vectors say of two words.

    Attributes
    ----------
    first, second : str
        The words.
    similarity : float or None
        Cosine (-1 to 1) of their vectors, None where a word is unknown.
    rank : int or None
        Place of `second` among the neighbours of `first`, 1 being the nearest.
    """

    first: str
    second: str
    similarity: float | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class ProbeTable:
    """Probes, and what similarity words have that were picked at random.

    Attributes
    ----------
    probes : tuple of Probe
        In the order given.
    n_words : int
        Among how many words ranks were taken.
    random_mean, random_std : float
        Mean and standard deviation of the cosine of random pairs of different words. A similarity
        means something only as far as it stands out from these; NaN for a single word.
    """

    probes: tuple[Probe, ...]
    n_words: int
    random_mean: float
    random_std: float

    @property
    def oov_ratio(self) -> float:
        """Percentage (0 to 100) of the pairs that have an unknown word."""
        unknown = sum(probe.similarity is None for probe in self.probes)
        return 100.0 * unknown / len(self.probes) if self.probes else 0.0

    def __str__(self) -> str:
        left = max([len(probe.first) for probe in self.probes] + [len("word")])
        right = max([len(probe.second) for probe in self.probes] + [len("other word")])
        lines = [f"{'word':<{left}}  {'other word':<{right}}  similarity  rank"]
        for probe in self.probes:
            similarity = "unknown" if probe.similarity is None else f"{probe.similarity:.3f}"
            rank = "-" if probe.rank is None else f"{probe.rank:,}"
            lines.append(
                f"{probe.first:<{left}}  {probe.second:<{right}}  {similarity:>10}  {rank}"
            )
        lines.append(
            f"random pairs among {self.n_words:,} words: similarity "
            f"{self.random_mean:.3f} (standard deviation {self.random_std:.3f})"
        )
        return "\n".join(lines)


def probe_pairs(
    kv: WordVectors,
    pairs: Iterable[tuple[str, str]] = ENGLISH_PROBES,
    restrict_vocab: int | None = None,
    case_insensitive: bool = False,
    *,
    random_pairs: int = 10_000,
    seed: int = SEED,
) -> ProbeTable:
    """Tell similarity and rank of the given word pairs.

    Parameters
    ----------
    kv : KeyedVectors
        The vectors.
    pairs : iterable of (str, str)
        The pairs.
    restrict_vocab : int, optional
        Look only at the first `restrict_vocab` rows.
    case_insensitive : bool
        Compare words by their upper case; of several spellings the first row is taken.
    random_pairs : int
        How many random pairs the comparison is made with.
    seed : int
        Seed of the random pairs.

    Returns
    -------
    ProbeTable
        The pairs in their order, and the similarity of random ones.

    Raises
    ------
    ValueError
        A parameter is out of range.
    """
    if random_pairs < 1:
        raise ValueError(f"random_pairs: expected at least 1, got {random_pairs}")
    asked = [(first, second) for first, second in pairs]
    lookup = WordLookup(kv, restrict_vocab, case_insensitive=case_insensitive)
    rows = [(lookup.row(first), lookup.row(second)) for first, second in asked]
    known = np.array([both for both in rows if None not in both], dtype=np.int64).reshape(-1, 2)
    measured = iter(_measure(kv, known, len(lookup)))
    probes = [
        Probe(first, second, *((None, None) if None in both else next(measured)))
        for (first, second), both in zip(asked, rows, strict=True)
    ]
    return ProbeTable(tuple(probes), len(lookup), *_random(kv, len(lookup), random_pairs, seed))


def _measure(kv: WordVectors, pairs: Int64, n_words: int) -> list[tuple[float, int]]:
    """Return similarity and rank for rows of shape (n, 2), in memory bounded by blocks."""
    first, second = unit_vectors(kv, pairs[:, 0]), unit_vectors(kv, pairs[:, 1])
    similarity = np.einsum("ij,ij->i", first, second)
    nearer = np.zeros(len(pairs), dtype=np.int64)
    for start in range(0, n_words, _WORDS):
        stop = min(start + _WORDS, n_words)
        block = unit_rows(kv.vectors[start:stop])
        for begin in range(0, len(pairs), _QUERIES):
            tile = slice(begin, begin + _QUERIES)
            scores = first[tile] @ block.T
            # Neither word is nearer than the second one, whatever rounding says.
            for column in pairs[tile].T:
                inside = (column >= start) & (column < stop)
                scores[np.flatnonzero(inside), column[inside] - start] = -np.inf
            nearer[tile] += np.count_nonzero(scores > similarity[tile, np.newaxis], axis=1)
    return [
        (float(cosine), int(count) + 1) for cosine, count in zip(similarity, nearer, strict=True)
    ]


def _random(kv: WordVectors, n_words: int, count: int, seed: int) -> tuple[float, float]:
    """Return mean and standard deviation of the cosine of random pairs of different words."""
    if n_words < 2:
        return float("nan"), float("nan")
    generator = np.random.default_rng(seed)
    left = generator.integers(n_words, size=count)
    right = (left + generator.integers(1, n_words, size=count)) % n_words
    similarity = np.einsum("ij,ij->i", unit_vectors(kv, left), unit_vectors(kv, right))
    return float(similarity.mean()), float(similarity.std())

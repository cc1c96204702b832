"""Scored word pairs: whether the vectors find the same words similar as people do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sgns._bootstrap import Correlation, Interval, correlate
from sgns._lookup import WordLookup, WordVectors, unit_vectors
from sgns.config import JUDGED_WORDS, RESAMPLINGS, SEED
from sgns.evaluation_files import read_word_pairs
from sgns.evaluation_records import WordPair, WordPairs, left_out


class PairSimilarity(NamedTuple):
    """A scored word pair and the cosine of its vectors.

    Attributes
    ----------
    first, second : str
        The words.
    score : float
        What people gave it.
    similarity : float or None
        -1 to 1; None where a word is unknown.
    """

    first: str
    second: str
    score: float
    similarity: float | None


@dataclass(frozen=True, slots=True)
class WordPairsResult:
    """Agreement of cosine similarities with human scores.

    Attributes
    ----------
    name : str
        Name of the file, or ``"word pairs"``.
    pearson, spearman : Correlation
        ``(statistic, pvalue)``, two-sided.
    pearson_interval, spearman_interval : Interval
        95 % percentile bootstrap over the pairs; NaN where it was not asked for.
    pairs : tuple of PairSimilarity
        Every pair in the order of the file.
    n_unknown : int
        How many pairs have an unknown word.
    invalid_lines : tuple of int
        Numbers (from 1) of the lines that were left out because they are not a scored pair.
    """

    name: str
    pearson: Correlation
    spearman: Correlation
    pearson_interval: Interval
    spearman_interval: Interval
    pairs: tuple[PairSimilarity, ...]
    n_unknown: int
    invalid_lines: tuple[int, ...] = ()

    @property
    def n_pairs(self) -> int:
        """How many pairs there are, known or not."""
        return len(self.pairs)

    @property
    def oov_ratio(self) -> float:
        """Percentage (0 to 100) of the pairs that have an unknown word."""
        return 100.0 * self.n_unknown / len(self.pairs)

    def __iter__(self) -> Iterator[Any]:
        """Yield `pearson`, `spearman` and `oov_ratio`, gensim's result."""
        yield from (self.pearson, self.spearman, self.oov_ratio)

    def __str__(self) -> str:
        return (
            f"{self.name}: Spearman {self.spearman.statistic:.3f} {self.spearman_interval:.3f}, "
            f"Pearson {self.pearson.statistic:.3f} {self.pearson_interval:.3f}; "
            f"{self.n_pairs:,} pairs, {self.n_unknown:,} with unknown words "
            f"({self.oov_ratio:.1f} %){left_out(self.invalid_lines)}"
        )


def evaluate_word_pairs(
    kv: WordVectors,
    pairs: str | os.PathLike[str] | WordPairs | Iterable[tuple[str, str, float]],
    delimiter: str | None = None,
    encoding: str = "utf8",
    restrict_vocab: int | None = JUDGED_WORDS,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
    *,
    bootstrap: int = RESAMPLINGS,
    seed: int = SEED,
) -> WordPairsResult:
    """Correlate the cosine similarity of word pairs with human scores.

    Parameters
    ----------
    kv : KeyedVectors
        The vectors.
    pairs : path, WordPairs or iterable of (str, str, float)
        A file with a pair and its score on each line, or the pairs. Lines that are not a scored
        pair (a heading, say) are left out, and counted in the result.
    delimiter : str, optional
        What separates the fields of a line, taken literally. Without it, tabs on a line that has
        one and white space on a line that has none.
    encoding : str
        Encoding of the file.
    restrict_vocab : int, optional
        Words past the first `restrict_vocab` rows count as unknown.
    case_insensitive : bool
        Compare words by their upper case; of several spellings the first row is taken.
    dummy4unknown : bool
        Give pairs with an unknown word the similarity 0 instead of leaving them out.
    bootstrap : int
        Resamples of the pairs behind the intervals; 0 for none.
    seed : int
        Seed of the resampling.

    Returns
    -------
    WordPairsResult
        Correlations, their intervals, and every pair.

    Raises
    ------
    FormatError
        The file has no scored pair, or is not text in `encoding`.
    ValueError
        Fewer than two pairs can be used, or a parameter is out of range.
    """
    scored = _as_pairs(pairs, delimiter, encoding)
    lookup = WordLookup(kv, restrict_vocab, case_insensitive=case_insensitive)
    rows = [(lookup.row(first), lookup.row(second)) for first, second, _ in scored.pairs]
    used = sorted({row for both in rows if None not in both for row in both if row is not None})
    unit = dict(zip(used, unit_vectors(kv, used), strict=True)) if used else {}
    # One pair at a time in single precision, as gensim does: another order of summation differs
    # in the last bit, which is enough to swap two ranks.
    similarities = [
        None if left is None or right is None else float(np.dot(unit[left], unit[right]))
        for left, right in rows
    ]
    n_unknown = similarities.count(None)
    counted = [
        (pair.score, 0.0 if similarity is None else similarity)
        for pair, similarity in zip(scored.pairs, similarities, strict=True)
        if similarity is not None or dummy4unknown
    ]
    if len(counted) < 2:
        raise ValueError(
            f"{scored.name}: expected at least 2 pairs of known words, got {len(counted)} "
            f"({n_unknown} of {len(scored.pairs)} pairs have a word that is not among "
            f"the {len(lookup):,} looked at)"
        )
    gold, model = np.array(counted, dtype=np.float64).T
    agreement = correlate(gold, model, bootstrap, seed)
    return WordPairsResult(
        scored.name,
        *agreement,
        pairs=tuple(
            PairSimilarity(*pair, similarity)
            for pair, similarity in zip(scored.pairs, similarities, strict=True)
        ),
        n_unknown=n_unknown,
        invalid_lines=scored.invalid_lines,
    )


def _as_pairs(
    pairs: str | os.PathLike[str] | WordPairs | Iterable[tuple[str, str, float]],
    delimiter: str | None,
    encoding: str,
) -> WordPairs:
    if isinstance(pairs, WordPairs):
        return pairs
    if isinstance(pairs, str | os.PathLike):
        return read_word_pairs(pairs, delimiter, encoding, on_invalid="skip")
    return WordPairs("word pairs", tuple(WordPair(*pair) for pair in pairs))

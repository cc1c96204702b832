"""Words in groups: whether clusters agree with categories, and whether outliers stand out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgns._lookup import WordLookup, WordVectors, unit_vectors
from sgns.evaluation_files import read_categories, read_outlier_groups
from sgns.evaluation_records import OutlierGroup


@dataclass(frozen=True, slots=True)
class ClusteringResult:
    """Agreement of clusters with given categories.

    Attributes
    ----------
    purity : float
        Share (0 to 1) of the words that belong to the commonest category of their cluster.
    baseline : float
        The purity of a single cluster: the share of the largest category.
    clusters : tuple of tuple of (word, category)
        The words of each cluster, largest cluster first.
    n_categories : int
        How many categories have a known word; as many clusters were sought.
    unknown : tuple of str
        Words without a vector, which were left out.
    """

    purity: float
    baseline: float
    clusters: tuple[tuple[tuple[str, str], ...], ...]
    n_categories: int
    unknown: tuple[str, ...]

    @property
    def n_words(self) -> int:
        """How many words were clustered."""
        return sum(map(len, self.clusters))

    @property
    def oov_ratio(self) -> float:
        """Percentage (0 to 100) of the words that are unknown."""
        return 100.0 * len(self.unknown) / (self.n_words + len(self.unknown))

    def __str__(self) -> str:
        return (
            f"purity {self.purity:.3f} (one cluster: {self.baseline:.3f}); {self.n_words:,} words, "
            f"{self.n_categories:,} categories; {len(self.unknown):,} unknown words "
            f"({self.oov_ratio:.1f} %)"
        )


@dataclass(frozen=True, slots=True)
class OutlierTrial:
    """One outlier among the words of one group.

    Attributes
    ----------
    group, outlier : str
        Name of the group, and the word that does not belong to it.
    position : int or None
        Place of the outlier when all words are ordered from most to least alike to the others,
        from 0 (the most alike) to `n_words` (the least, as it should be); None if the outlier, or
        all but one of the words, is unknown.
    n_words : int
        How many known words the group has without the outlier.
    """

    group: str
    outlier: str
    position: int | None
    n_words: int

    @property
    def detected(self) -> bool:
        """Whether the outlier came last."""
        return self.position is not None and self.position == self.n_words


@dataclass(frozen=True, slots=True)
class OutlierResult:
    """Outlier detection (Camacho-Collados & Navigli 2016).

    Attributes
    ----------
    accuracy : float
        Share (0 to 1) of the usable trials whose outlier was detected; NaN without any.
    position_percentage : float
        Mean (0 to 100) of position / n_words over the usable trials ("OPP"); NaN without any.
    trials : tuple of OutlierTrial
        Every group with each of its outliers.
    unknown : tuple of str
        Words without a vector.
    """

    accuracy: float
    position_percentage: float
    trials: tuple[OutlierTrial, ...]
    unknown: tuple[str, ...]

    @property
    def oov_ratio(self) -> float:
        """Percentage (0 to 100) of the trials that could not be made."""
        missing = sum(trial.position is None for trial in self.trials)
        return 100.0 * missing / len(self.trials) if self.trials else 0.0

    def __str__(self) -> str:
        return (
            f"outliers detected {100 * self.accuracy:.1f} %, position "
            f"{self.position_percentage:.1f} %; {len(self.trials):,} trials, "
            f"{self.oov_ratio:.1f} % not possible for {len(self.unknown):,} unknown words"
        )


def purity(clusters: Sequence[Any], categories: Sequence[Any]) -> float:
    """Return the share (0 to 1) of items in the commonest category of their cluster.

    Parameters
    ----------
    clusters, categories : sequence
        Cluster and category of every item; of equal length, not empty.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ValueError
        The lengths differ or are 0.
    """
    if len(clusters) != len(categories) or len(clusters) == 0:
        raise ValueError(
            "expected as many clusters as categories and at least one, "
            f"got {len(clusters)} and {len(categories)}"
        )
    commonest: Counter[Any] = Counter()
    for (cluster, _), count in Counter(zip(clusters, categories, strict=True)).items():
        commonest[cluster] = max(commonest[cluster], count)
    return commonest.total() / len(clusters)


def evaluate_clustering(
    kv: WordVectors,
    categories: str | os.PathLike[str] | Mapping[str, Iterable[str]],
    restrict_vocab: int | None = None,
    case_insensitive: bool = True,
) -> ClusteringResult:
    """Cluster words into as many groups as they have categories, and tell the purity.

    The clusters are those of Ward's hierarchical method on unit vectors: no seed, no restarts,
    the same clusters every time. Memory grows with the square of the number of words.

    Parameters
    ----------
    kv : KeyedVectors
        The vectors.
    categories : path or mapping of str to words
        A file with a word and its category on each line, or the words of each category.
    restrict_vocab : int, optional
        Words past the first `restrict_vocab` rows count as unknown.
    case_insensitive : bool
        Compare words by their upper case; of several spellings the first row is taken.

    Returns
    -------
    ClusteringResult
        The clusters and their purity.

    Raises
    ------
    FormatError
        The file is not of that form.
    ValueError
        Fewer than two words are known.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    given = read_categories(categories) if isinstance(categories, str | os.PathLike) else categories
    lookup = WordLookup(kv, restrict_vocab, case_insensitive=case_insensitive)
    words: list[tuple[str, str]] = []
    rows: list[int] = []
    unknown: list[str] = []
    for category, members in given.items():
        known, known_rows, missing = lookup.split(members)
        words += [(word, category) for word in known]
        rows += known_rows
        unknown += missing
    if len(words) < 2:
        raise ValueError(
            f"expected at least 2 known words in the categories, got {len(words)} "
            f"({len(unknown)} unknown)"
        )
    labels = [category for _, category in words]
    sizes = Counter(labels)
    tree = linkage(unit_vectors(kv, rows), method="ward")
    found = fcluster(tree, t=len(sizes), criterion="maxclust").tolist()
    clusters: dict[int, list[tuple[str, str]]] = {}
    for cluster, word in zip(found, words, strict=True):
        clusters.setdefault(cluster, []).append(word)
    return ClusteringResult(
        purity(found, labels),
        max(sizes.values()) / len(words),
        tuple(tuple(x) for x in sorted(clusters.values(), key=len, reverse=True)),
        len(sizes),
        tuple(unknown),
    )


def evaluate_outliers(
    kv: WordVectors,
    groups: str | os.PathLike[str] | Iterable[OutlierGroup],
    restrict_vocab: int | None = None,
    case_insensitive: bool = True,
) -> OutlierResult:
    """Find the word that does not belong to a group.

    Each outlier joins the words of its group, all are ordered by their mean similarity to the
    others (the "pseudo-inverted compactness" of Camacho-Collados & Navigli 2016), and the outlier
    should come last. Unknown words of a group are left out.

    Parameters
    ----------
    kv : KeyedVectors
        The vectors.
    groups : path or iterable of OutlierGroup
        A file, a folder of files, or the groups.
    restrict_vocab : int, optional
        Words past the first `restrict_vocab` rows count as unknown.
    case_insensitive : bool
        Compare words by their upper case; of several spellings the first row is taken.

    Returns
    -------
    OutlierResult
        Every trial, and how many came out right.

    Raises
    ------
    FormatError
        A file is not of that form.
    """
    if isinstance(groups, str | os.PathLike):
        groups = read_outlier_groups(groups)
    lookup = WordLookup(kv, restrict_vocab, case_insensitive=case_insensitive)
    trials: list[OutlierTrial] = []
    unknown: list[str] = []
    for group in groups:
        _, rows, missing = lookup.split(group.words)
        _, _, missing_outliers = lookup.split(group.outliers)
        unknown += missing + missing_outliers
        for outlier in group.outliers:
            row = lookup.row(outlier)
            position = None
            if row is not None and len(rows) >= 2:
                position = _position(kv, [*rows, row])
            trials.append(OutlierTrial(group.name, outlier, position, len(rows)))
    usable = [trial for trial in trials if trial.position is not None]
    return OutlierResult(
        _mean([float(trial.detected) for trial in usable]),
        100.0 * _mean([(trial.position or 0) / trial.n_words for trial in usable]),
        tuple(trials),
        tuple(unknown),
    )


def _position(kv: WordVectors, rows: list[int]) -> int:
    """Return how many rows are more alike to the others than the last row is."""
    unit = unit_vectors(kv, rows).astype(np.float64)
    closeness = (unit @ unit.T).sum(axis=1) - np.einsum("ij,ij->i", unit, unit)
    return int(np.count_nonzero(closeness[:-1] > closeness[-1]))


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")

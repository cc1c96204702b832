"""Vocabulary: words numbered by falling count, and the distributions that training draws from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Vocabulary(Sequence[str]):
    """Words numbered by falling count; immutable.

    Because frequent words come first, every `min_count` and every limit on the number of words
    is a prefix: see `prefix`.

    Parameters
    ----------
    words : sequence of n str
        The words in order of their numbers, all different.
    counts : array_like of int (n,)
        How often each occurs: not negative, never rising.

    Raises
    ------
    TypeError
        A word is not a string, or the counts are not integers.
    ValueError
        Lengths differ, a count is negative or larger than the one before, or a word stands twice.
    """

    __slots__ = ("_counts", "_ids", "_words")

    def __init__(self, words: Sequence[str], counts: ArrayLike) -> None:
        words = tuple(words)
        numbers = np.asarray(counts)
        if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
            raise TypeError(
                "counts: expected a one-dimensional array of integers, "
                f"got {numbers.dtype} of shape {numbers.shape}"
            )
        for i, word in enumerate(words):
            if not isinstance(word, str):
                raise TypeError(f"words[{i}]: expected a string, got {type(word).__name__}")
        self._set(words, check_counts(numbers, len(words)).copy(), _numbers(words))

    @classmethod
    def _packed(cls, words: Sequence[str], counts: NDArray[np.int64]) -> Vocabulary:
        """Wrap checked counts, and words that are decoded and checked at the first look-up."""
        vocabulary = cls.__new__(cls)
        vocabulary._set(words, counts, None)
        return vocabulary

    def _set(
        self, words: Sequence[str], counts: NDArray[np.int64], ids: dict[str, int] | None
    ) -> None:
        counts = counts.view()
        counts.flags.writeable = False
        self._words = words
        self._counts = counts
        self._ids = ids

    @property
    def words(self) -> Sequence[str]:
        """The words by number; those of an opened corpus are decoded when asked for."""
        return self._words

    @property
    def counts(self) -> NDArray[np.int64]:
        """(n,) occurrences of each word in the corpus, read-only."""
        return self._counts

    @property
    def total(self) -> int:
        """Number of tokens in the corpus: the sum of all counts."""
        return int(self._counts.sum())

    def __len__(self) -> int:
        return len(self._counts)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self._words[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __contains__(self, word: object) -> bool:
        return word in self._index()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        same = np.array_equal(self._counts, other._counts)
        return same and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Vocabulary: {len(self):,} words, {self.total:,} tokens>"

    def id(self, word: str) -> int:
        """Return the number of a word.

        Parameters
        ----------
        word : str
            The word.

        Returns
        -------
        int
            0 to n - 1.

        Raises
        ------
        KeyError
            The vocabulary does not have it.
        """
        return self._index()[word]

    @overload
    def get(self, word: str) -> int | None: ...
    @overload
    def get(self, word: str, default: int) -> int: ...
    @overload
    def get(self, word: str, default: None) -> int | None: ...
    def get(self, word: str, default: int | None = None) -> int | None:
        """Return the number of a word, or something else where there is none.

        Parameters
        ----------
        word : str
            The word.
        default : int or None
            What an unknown word gives.

        Returns
        -------
        int or None
            The number, 0 to n - 1, or `default`.
        """
        return self._index().get(word, default)

    def _index(self) -> dict[str, int]:
        if self._ids is None:
            self._ids = _numbers(self._words)
        return self._ids

    def prefix(self, min_count: int = 1, max_final_vocab: int | None = None) -> int:
        """Return how many words survive: those that occur `min_count` times, at most so many.

        Parameters
        ----------
        min_count : int
            The rarest that survive occur so often.
        max_final_vocab : int or None
            How many survive at most; None: all. Words of equal count at this limit are cut in the
            order of the words themselves.

        Returns
        -------
        int
            The survivors are the words numbered below it.

        Raises
        ------
        ValueError
            `max_final_vocab` is negative.
        """
        if max_final_vocab is not None and max_final_vocab < 0:
            raise ValueError(f"max_final_vocab: expected at least 0, got {max_final_vocab}")
        # Counts fall, so their negatives rise.
        n = int(np.searchsorted(-self._counts, -min_count, side="right"))
        return n if max_final_vocab is None else min(n, int(max_final_vocab))

    def keep_probability(self, n: int, sample: float) -> NDArray[np.float64]:
        """Probabilities with which subsampling keeps an occurrence of each word.

        Parameters
        ----------
        n : int
            Words that are trained: the first so many.
        sample : float
            Threshold t of the share of all tokens, 0 or more; 0 keeps everything.

        Returns
        -------
        float64 array (n,)
            ``min(1, sqrt(t / f) + t / f)``, where f is the word's share of the tokens of the first
            n words: the C word2vec of Mikolov et al. (2013).

        Raises
        ------
        ValueError
            `n` or `sample` is out of its range.
        """
        counts = self._first(n)
        if not sample >= 0:
            raise ValueError(f"sample: expected a number of at least 0, got {sample}")
        if sample == 0 or not counts.any():
            return np.ones(n, dtype=np.float64)
        frequency = counts / counts.sum()
        with np.errstate(divide="ignore"):
            ratio = sample / frequency
        kept: NDArray[np.float64] = np.minimum(1.0, np.sqrt(ratio) + ratio)
        return kept

    def noise_distribution(self, n: int, ns_exponent: float) -> NDArray[np.float64]:
        """Probabilities of drawing each word as a negative: count^ns_exponent.

        Parameters
        ----------
        n : int
            Words that are trained: the first so many.
        ns_exponent : float
            Any finite number, negative ones too.

        Returns
        -------
        float64 array (n,)
            Their sum is 1. Words that never occur are never drawn.

        Raises
        ------
        ValueError
            `n` is out of its range, `ns_exponent` is not finite, or none of the words occurs.
        """
        counts = self._first(n)
        if not np.isfinite(ns_exponent):
            raise ValueError(f"ns_exponent: expected a finite number, got {ns_exponent}")
        if not counts.any():
            raise ValueError(f"noise distribution: none of the first {n:,} words occurs")
        # In logarithms, relative to the largest, so that no exponent overflows.
        with np.errstate(divide="ignore"):
            logarithm = np.log(counts.astype(np.float64))
        occurring = counts > 0
        weights = np.zeros(n, dtype=np.float64)
        with np.errstate(over="ignore"):
            scaled = ns_exponent * logarithm[occurring]
        if np.isfinite(scaled).all():
            weights[occurring] = np.exp(scaled - scaled.max())
        else:  # nothing but the words of the highest or the lowest count is left
            signed = np.copysign(logarithm[occurring], ns_exponent)
            weights[occurring] = signed == signed.max()
        result: NDArray[np.float64] = weights / weights.sum()
        return result

    def _first(self, n: int) -> NDArray[np.int64]:
        if not 0 <= n <= len(self):
            raise ValueError(f"n: expected 0 to {len(self):,} words, got {n:,}")
        return self._counts[:n]


def _numbers(words: Sequence[str]) -> dict[str, int]:
    """The number of each word; a ValueError where one stands twice."""
    numbers = {word: i for i, word in enumerate(words)}
    if len(numbers) != len(words):
        i, word = next((i, word) for i, word in enumerate(words) if numbers[word] != i)
        raise ValueError(f"word {word!r} stands twice: at {i} and at {numbers[word]}")
    return numbers


def check_counts(counts: NDArray[Any], n_words: int) -> NDArray[np.int64]:
    """Return `counts` as int64 after checking their number, their sign and that they fall."""
    if len(counts) != n_words:
        raise ValueError(f"expected a count for each of {n_words:,} words, got {len(counts):,}")
    if not len(counts):
        return np.zeros(0, dtype=np.int64)
    if int(counts.max()) > np.iinfo(np.int64).max or int(counts.min()) < 0:
        i = int(np.flatnonzero((counts < 0) | (counts > np.iinfo(np.int64).max))[0])
        raise ValueError(f"counts[{i}]: expected 0 to 2^63 - 1, got {counts[i]}")
    largest = np.iinfo(np.int64).max
    if float(counts.max()) * n_words > largest and sum(counts.tolist()) > largest:
        raise ValueError("counts: expected at most 2^63 - 1 tokens in all, got more")
    rises = np.flatnonzero(counts[1:] > counts[:-1])
    if rises.size:
        i = int(rises[0]) + 1
        raise ValueError(
            f"counts must fall: counts[{i}] is {counts[i]:,} after {counts[i - 1]:,}; "
            "words are numbered by falling count"
        )
    return np.asarray(counts, dtype=np.int64)

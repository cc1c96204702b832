"""The keys nearest to a query: one query, many at once, sums and products of cosines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from sgns.config import NEIGHBOURS
from sgns.keys import KEY_TYPES, Key, as_list
from sgns.nearest import Floats, Indices, best, cosine_scores, nearest_rows, unit_rows
from sgns.similarities import Similarities

Neighbours = list[tuple[Any, float]]
# Levy & Goldberg's guard against division by zero, as in their equation (4).
COSMUL_EPSILON = 1e-6


class NearestKeys(Similarities):
    """The keys nearest to keys and vectors; a base of `KeyedVectors`."""

    def _query(self, positive: Any, negative: Any = None) -> tuple[Floats, set[int]]:
        """Return the unit vector (dim,) of a query, and the rows of the keys in it."""
        items = [_weighted(item, 1.0) for item in as_list(positive)]
        items += [_weighted(item, -1.0) for item in as_list(negative)]
        if not items:
            raise ValueError("Expected at least one key or vector to be similar to, got none")
        keys = [key for key, _ in items]
        weights = [weight for _, weight in items]
        mean = self.get_mean_vector(keys, weights, post_normalize=True, ignore_missing=False)
        return mean, {self.get_index(key) for key in keys if isinstance(key, KEY_TYPES)}

    def _range(self, clip_start: int, clip_end: int | None, restrict_vocab: int | None) -> slice:
        """Rows to search; `restrict_vocab` overrides the other two, as in gensim."""
        if restrict_vocab is not None:
            clip_start, clip_end = 0, restrict_vocab
        end = len(self) if clip_end is None else min(clip_end, len(self))
        if clip_start < 0 or end < clip_start or (restrict_vocab is not None and end < 1):
            raise ValueError(
                f"Expected a range of rows within 0 to {len(self)}, "
                f"got {clip_start} to {clip_end if restrict_vocab is None else restrict_vocab}"
            )
        return slice(clip_start, end)

    def _named(
        self, scores: npt.NDArray[np.floating], topn: int, without: Iterable[int], start: int = 0
    ) -> Neighbours:
        """Name the `topn` best-scoring rows that are not among the rows `without`."""
        left_out = set(without)
        rows = best(scores, topn + len(left_out)).tolist()
        named = [
            (self._keys[row + start], float(scores[row]))
            for row in rows
            if row + start not in left_out
        ]
        return named[:topn]

    @overload
    def most_similar(
        self,
        positive: Any = ...,
        negative: Any = ...,
        topn: int = ...,
        clip_start: int = ...,
        clip_end: int | None = ...,
        restrict_vocab: int | None = ...,
    ) -> Neighbours: ...
    @overload
    def most_similar(
        self,
        positive: Any = ...,
        negative: Any = ...,
        *,
        topn: None,
        clip_start: int = ...,
        clip_end: int | None = ...,
        restrict_vocab: int | None = ...,
    ) -> Floats: ...
    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = NEIGHBOURS,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
    ) -> Neighbours | Floats:
        """Keys with the highest cosine to the mean of `positive` minus `negative` (3CosAdd).

        Parameters
        ----------
        positive, negative : key, array (dim,), or list of them
            A key, a vector (dim,), or a list of them; `(key, weight)` or `(vector, weight)` in
            a list sets a weight other than 1 (positive) and -1 (negative). Vectors of keys are
            scaled to unit length before the mean is taken, given vectors are not. An array of
            integers given as `positive` or `negative` is a list of keys; in a list, every array
            is a vector.
        topn : int or None
            How many keys to return; none for less than 1. None returns all similarities.
        clip_start, clip_end : int
            Search only these rows.
        restrict_vocab : int, optional
            Search only the first so many rows; overrides the clips.

        Returns
        -------
        list of (key, similarity)
            The nearest first, without the keys of the query; or, for `topn=None`, the float32
            array of the similarities of all rows searched, in order of row number.

        Raises
        ------
        KeyError
            A key is unknown; the message names the nearest spellings.
        TypeError, ValueError
            Something is no key and no vector of that size, `topn` is no integer, or the query or
            the range of rows is empty.

        Notes
        -----
        Unlike in gensim, 0 for `restrict_vocab` does not mean "no limit" but is an error.
        """
        _check_topn(topn)
        if topn is not None and topn < 1:
            return []
        searched = self._range(clip_start, clip_end, restrict_vocab)
        mean, rows = self._query(positive, negative)
        scores = cosine_scores(self._vectors[searched], self.norms[searched], mean)
        return scores if topn is None else self._named(scores, topn, rows, searched.start)

    @overload
    def most_similar_batch(
        self,
        queries: Any,
        topn: int = ...,
        *,
        restrict_vocab: int | None = ...,
        as_arrays: Literal[False] = ...,
    ) -> list[Neighbours]: ...
    @overload
    def most_similar_batch(
        self,
        queries: Any,
        topn: int = ...,
        *,
        restrict_vocab: int | None = ...,
        as_arrays: Literal[True],
    ) -> tuple[Indices, Floats]: ...
    def most_similar_batch(
        self,
        queries: Any,
        topn: int = NEIGHBOURS,
        *,
        restrict_vocab: int | None = None,
        as_arrays: bool = False,
    ) -> list[Neighbours] | tuple[Indices, Floats]:
        """Answer many `most_similar` queries in one pass over the matrix.

        Parameters
        ----------
        queries : sequence, or array (m, dim)
            Each query is anything that `most_similar` takes as `positive`: a key, a vector, or
            a list of keys and vectors with or without weights. "a - b + c" is the list
            `["a", ("b", -1), "c"]`.
        topn : int
            How many keys to return for each query; not more than are searched.
        restrict_vocab : int, optional
            Search only the first so many rows.
        as_arrays : bool
            Return row numbers and similarities instead of lists.

        Returns
        -------
        list of lists of (key, similarity)
            As `most_similar` gives for each query. The similarities agree with it to float32
            rounding, because they come from a product of matrices.
        rows, similarities : int64 and float32 (m, topn)
            With `as_arrays`, `topn` being at most the number of keys searched; -1 and -inf where
            there are fewer, as the keys of a query are left out.

        Notes
        -----
        The matrix is read once for each 1024 queries. Memory beside the queries and the result
        stays below about 64 MiB, and 100 bytes for each of 1024 x `topn` candidates (see
        `nearest.nearest_rows`).
        """
        if topn is None:
            raise TypeError(
                "topn: expected an integer, got None; `most_similar` with topn=None gives the "
                "similarities of all keys"
            )
        _check_topn(topn)
        searched = self._range(0, None, restrict_vocab)
        topn = min(max(int(topn), 0), searched.stop)
        vectors, left_out = self._batch(queries)
        widest = max(map(len, left_out), default=0)
        count = min(topn + widest, searched.stop)
        rows, scores = nearest_rows(self._vectors, self.norms, vectors, count, stop=searched.stop)
        rows, scores = _without(rows, scores, left_out, topn)
        if as_arrays:
            return rows, scores
        keys = self._keys
        return [
            [(keys[row], score) for row, score in zip(*found, strict=True) if row >= 0]
            for found in zip(rows.tolist(), scores.tolist(), strict=True)
        ]

    def _batch(self, queries: Any) -> tuple[Floats, list[set[int]]]:
        """Return unit vectors (m, dim) of all queries, and the rows of the keys in each."""
        if isinstance(queries, KEY_TYPES) or (
            isinstance(queries, np.ndarray) and queries.ndim == 1 and queries.dtype.kind == "f"
        ):
            raise TypeError(f"Expected a sequence of queries, got the single query {queries!r}")
        listed = list(queries)
        if all(isinstance(query, KEY_TYPES) for query in listed):
            found = [self.get_index(query) for query in listed]
            return unit_rows(self._vectors[np.array(found, np.int64)]), [{row} for row in found]
        answers = [self._query(query) for query in listed]
        return np.stack([vector for vector, _ in answers]), [rows for _, rows in answers]

    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = NEIGHBOURS,
        restrict_vocab: int | None = None,
    ) -> Neighbours | npt.NDArray[np.float64]:
        """Keys that are best by the multiplicative objective 3CosMul of Levy & Goldberg (2014).

        The product of the shifted cosines (1 + cos) / 2 with all `positive` divided by that with
        all `negative` (equation 4).

        Parameters
        ----------
        positive, negative : key, array (dim,), or list of them
            Keys or vectors, without weights.
        topn : int or None
            How many keys to return; none for less than 1. None returns all scores.
        restrict_vocab : int, optional
            Search only the first so many rows.

        Returns
        -------
        list of (key, score)
            The best first, without the keys of the query; or, for `topn=None`, the float64 array
            of the scores of all rows searched.

        Raises
        ------
        KeyError
            A key is unknown.
        ValueError
            There is nothing positive, a vector is not (dim,), or there are no rows to search.

        Notes
        -----
        Unlike gensim, which accepts `restrict_vocab` and searches everything, this searches the
        first `restrict_vocab` rows, and integers are looked up as keys.
        """
        _check_topn(topn)
        if topn is not None and topn < 1:
            return []
        searched = self._range(0, None, restrict_vocab)
        rows: set[int] = set()
        factors = []
        for given in (as_list(positive), as_list(negative)):
            factor = np.ones(searched.stop)
            for item in given:
                if isinstance(item, np.ndarray):
                    term = np.asarray(self._checked_vector(item), np.float32)
                else:
                    rows.add(self.get_index(item))
                    term = self.get_vector(item, norm=True)
                cosines = cosine_scores(self._vectors[searched], self.norms[searched], term)
                factor *= (1 + cosines) / 2
            factors.append(factor)
        if not as_list(positive):
            raise ValueError("Expected at least one positive key or vector, got none")
        scores = factors[0] / (factors[1] + COSMUL_EPSILON)
        return scores if topn is None else self._named(scores, topn, rows)

    def similar_by_key(
        self, key: Key, topn: int | None = NEIGHBOURS, restrict_vocab: int | None = None
    ) -> Neighbours | Floats:
        """`most_similar` of one key.

        Parameters
        ----------
        key : str or int
            The key.
        topn, restrict_vocab
            See `most_similar`.

        Returns
        -------
        list of (key, similarity), or float32 array
            As `most_similar`.
        """
        return self.most_similar([key], topn=topn, restrict_vocab=restrict_vocab)

    similar_by_word = similar_by_key

    def similar_by_vector(
        self,
        vector: npt.ArrayLike,
        topn: int | None = NEIGHBOURS,
        restrict_vocab: int | None = None,
    ) -> Neighbours | Floats:
        """`most_similar` of one vector; no key is left out of the result.

        Parameters
        ----------
        vector : array_like (dim,)
            The vector.
        topn, restrict_vocab
            See `most_similar`.

        Returns
        -------
        list of (key, similarity), or float32 array
            As `most_similar`.
        """
        query = [np.asarray(vector, np.float32)]
        return self.most_similar(query, topn=topn, restrict_vocab=restrict_vocab)

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = NEIGHBOURS) -> float:
        """Similarity of two keys, relative to the summed similarity of the `topn` nearest to `wa`.

        Equation 1 of Leeuwenberg et al. (2016), "A Minimally Supervised Approach for Synonym
        Extraction with Word Embeddings": above 1 / `topn` suggests a synonym.

        Parameters
        ----------
        wa, wb : str or int
            Keys.
        topn : int
            How many neighbours of `wa` to compare with, 1 or more.

        Returns
        -------
        float
            The ratio.

        Raises
        ------
        KeyError
            A key is unknown.
        ValueError
            There are no neighbours.
        """
        nearest = self.most_similar([wa], topn=topn)
        if not nearest:
            raise ValueError(f"Expected topn >= 1 and other keys than {wa!r}, found none")
        return self.similarity(wa, wb) / sum(similarity for _, similarity in nearest)


def _check_topn(topn: object) -> None:
    if topn is not None and not isinstance(topn, int | np.integer):
        raise TypeError(f"topn: expected an integer or None, got {topn!r}")


def _weighted(item: Any, default: float) -> tuple[Any, float]:
    """Split a query item into a key or vector and its weight."""
    if isinstance(item, (*KEY_TYPES, np.ndarray)):
        return item, default
    if isinstance(item, tuple | list) and len(item) == 2:
        return item[0], float(item[1])
    raise TypeError(f"Expected a key, a vector or (key or vector, weight), got {item!r}")


def _without(
    rows: Indices, scores: Floats, left_out: list[set[int]], topn: int
) -> tuple[Indices, Floats]:
    """Keep the first `topn` of each line of `rows` (m, count) that are not left out of it."""
    unwanted = np.zeros(rows.shape, dtype=bool)
    for line, out in enumerate(left_out):
        for row in out:
            unwanted[line] |= rows[line] == row
    order = np.argsort(unwanted, axis=1, kind="stable")[:, :topn]
    rows = np.where(unwanted, -1, rows)
    scores = np.where(unwanted, np.float32(-np.inf), scores)
    filler = max(0, topn - rows.shape[1])
    return (
        np.pad(np.take_along_axis(rows, order, 1), ((0, 0), (0, filler)), constant_values=-1),
        np.pad(
            np.take_along_axis(scores, order, 1), ((0, 0), (0, filler)), constant_values=-np.inf
        ),
    )

"""Similarities: means of vectors, and how similar given keys are to each other."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sgns.keyed_matrix import KeyedMatrix
from sgns.keys import KEY_TYPES, Key, as_list
from sgns.nearest import Floats, cosine_scores, row_norms, unit_rows


class Similarities(KeyedMatrix):
    """Cosine similarities of keys and of groups of keys; a base of `KeyedVectors`."""

    def get_mean_vector(
        self,
        keys: Any,
        weights: npt.ArrayLike | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> Floats:
        """Weighted mean (dim,) of keys and vectors; the weights' magnitudes sum to one.

        Parameters
        ----------
        keys : key, array (dim,), or iterable of both
            Keys, row numbers, or vectors in any mixture.
        weights : array_like (len(keys),), optional
            Default: 1 each.
        pre_normalize : bool
            Scale the vectors of keys (not those given as vectors) to unit length first.
        post_normalize : bool
            Scale the mean to unit length.
        ignore_missing : bool
            Leave unknown keys out instead of raising KeyError.

        Returns
        -------
        float32 array (dim,)
            Zeros where no key is known.

        Raises
        ------
        KeyError
            A key is unknown, and `ignore_missing` is false.
        ValueError
            There are no keys, a vector is not (dim,), or weights are more or fewer than keys.
        """
        items = as_list(keys)
        if not items:
            raise ValueError("Expected at least one key or vector to average, got none")
        factors = np.ones(len(items)) if weights is None else np.asarray(weights, np.float64)
        if factors.shape != (len(items),):
            raise ValueError(
                f"Expected one weight for each of {len(items)} keys, got shape {factors.shape}"
            )
        total = np.zeros(self.vector_size)
        weight = 0.0
        for item, factor in zip(items, factors, strict=True):
            if isinstance(item, np.ndarray):
                vector = self._checked_vector(item)
            elif ignore_missing and item not in self:
                continue
            else:
                vector = self.get_vector(item, norm=pre_normalize)
            total += factor * vector
            weight += abs(factor)
        mean = (total / weight if weight else total).astype(np.float32)
        return unit_rows(mean[None])[0] if post_normalize else mean

    def _checked_vector(self, vector: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if vector.shape != (self.vector_size,):
            raise ValueError(
                f"Expected a vector of shape ({self.vector_size},), got {vector.shape}"
            )
        return vector

    @staticmethod
    def cosine_similarities(vector_1: npt.ArrayLike, vectors_all: npt.ArrayLike) -> Floats:
        """Cosines of a vector with each row of a matrix.

        Parameters
        ----------
        vector_1 : array_like (dim,)
            The vector.
        vectors_all : array_like (n, dim)
            The matrix.

        Returns
        -------
        float32 array (n,)
            -1 to 1; 0 where a vector is zeros.
        """
        rows = np.asarray(vectors_all, np.float32)
        query = unit_rows(np.asarray(vector_1, np.float32)[None])[0]
        return cosine_scores(rows, row_norms(rows), query)

    def similarity(self, w1: Key, w2: Key) -> float:
        """Cosine of two keys.

        Parameters
        ----------
        w1, w2 : str or int
            Keys, or row numbers; see `get_index`.

        Returns
        -------
        float
            -1 to 1; 0 where a vector is zeros.

        Raises
        ------
        KeyError
            A key is unknown.
        """
        return _cosine(self.get_vector(w1), self.get_vector(w2))

    def distance(self, w1: Key, w2: Key) -> float:
        """Cosine distance of two keys: 1 - `similarity`.

        Parameters
        ----------
        w1, w2 : str or int
            Keys, or row numbers; see `get_index`.

        Returns
        -------
        float
            0 to 2.

        Raises
        ------
        KeyError
            A key is unknown.
        """
        return 1 - self.similarity(w1, w2)

    def distances(
        self, word_or_vector: Key | npt.NDArray[Any], other_words: Iterable[Key] | None = ()
    ) -> Floats:
        """Cosine distances from a key or vector to other keys.

        Parameters
        ----------
        word_or_vector : str, int, or array (dim,)
            A key, a row number, or a vector.
        other_words : iterable of str or int, optional
            The other keys; all of them where none is given.

        Returns
        -------
        float32 array (m,)
            0 to 2, in the order of `other_words` or of row numbers.

        Raises
        ------
        KeyError
            A key is unknown.
        ValueError
            A vector is not (dim,).
        """
        if isinstance(word_or_vector, KEY_TYPES):
            vector: npt.NDArray[Any] = self.get_vector(word_or_vector)
        else:
            vector = self._checked_vector(np.asarray(word_or_vector))
        others = [] if other_words is None else as_list(other_words)
        if others:
            return 1 - self.cosine_similarities(vector, self[others])
        query = unit_rows(np.asarray(vector, np.float32)[None])[0]
        return 1 - cosine_scores(self._vectors, self.norms, query)

    def n_similarity(self, ws1: Sequence[Key], ws2: Sequence[Key]) -> float:
        """Cosine of the means of two groups of keys; unknown keys are left out, as in gensim.

        Parameters
        ----------
        ws1, ws2 : sequence of str or int
            The groups.

        Returns
        -------
        float
            -1 to 1; 0 where a mean is zeros.

        Raises
        ------
        ValueError
            A group is empty (gensim raises ZeroDivisionError).
        """
        means = [self.get_mean_vector(keys, pre_normalize=False) for keys in (ws1, ws2)]
        return _cosine(*means)

    def rank_by_centrality(
        self, words: Sequence[Key], use_norm: bool = True
    ) -> list[tuple[float, Any]]:
        """Sort keys by their cosine with the mean of all of them.

        Parameters
        ----------
        words : sequence of str or int
            Keys. Unknown ones are left out with a UserWarning.
        use_norm : bool
            Scale vectors to unit length before the mean is taken.

        Returns
        -------
        list of (float, key)
            Similarities and keys, the most central first; equal ones by falling key.

        Raises
        ------
        ValueError
            No key is known.
        """
        known = [word for word in as_list(words) if word in self]
        if len(known) < len(as_list(words)):
            unknown = [word for word in as_list(words) if word not in self]
            warnings.warn(f"unknown keys are left out: {unknown}", UserWarning, stacklevel=2)
        if not known:
            raise ValueError("Expected at least one known key, got none")
        rows = np.stack([self.get_vector(word, norm=use_norm) for word in known])
        centre = unit_rows(rows.mean(axis=0, dtype=np.float64, keepdims=True))[0]
        return sorted(zip((rows @ centre).tolist(), known, strict=True), reverse=True)

    def doesnt_match(self, words: Sequence[Key]) -> Any:
        """Return the key that is farthest from the mean of all `words`.

        Parameters
        ----------
        words : sequence of str or int
            Keys. Unknown ones are left out with a UserWarning.

        Returns
        -------
        key
            The last of `rank_by_centrality`.

        Raises
        ------
        ValueError
            No key is known.
        """
        return self.rank_by_centrality(words)[-1][1]

    def most_similar_to_given(self, key1: Key, keys_list: Sequence[Key]) -> Key:
        """Return the key of `keys_list` with the highest cosine to `key1`.

        Parameters
        ----------
        key1 : str or int
            A key.
        keys_list : sequence of str or int
            What is chosen from.

        Returns
        -------
        key
            The first of equals.

        Raises
        ------
        KeyError
            A key is unknown.
        ValueError
            `keys_list` is empty.
        """
        keys: list[Key] = as_list(keys_list)
        if not keys:
            raise ValueError("Expected at least one key to choose from, got none")
        return keys[int(np.argmax([self.similarity(key1, key) for key in keys]))]

    def closer_than(self, key1: Key, key2: Key) -> list[Any]:
        """Keys nearer to `key1` than `key2` is.

        Parameters
        ----------
        key1, key2 : str or int
            Keys.

        Returns
        -------
        list of keys
            In order of row number, without `key1`.

        Raises
        ------
        KeyError
            A key is unknown.
        """
        distances = self.distances(key1)
        nearer = np.flatnonzero(distances < distances[self.get_index(key2)]).tolist()
        own = self.get_index(key1)
        return [self._keys[row] for row in nearer if row != own]

    words_closer_than = closer_than

    def rank(self, key1: Key, key2: Key) -> int:
        """Place of `key2` among the neighbours of `key1`.

        Parameters
        ----------
        key1, key2 : str or int
            Keys.

        Returns
        -------
        int
            1 + the number of keys nearer to `key1` than `key2` is.

        Raises
        ------
        KeyError
            A key is unknown.
        """
        return len(self.closer_than(key1, key2)) + 1


def _cosine(first: Floats, second: Floats) -> float:
    """Cosine of two vectors in double precision; 0 if one is zeros."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    with np.errstate(invalid="ignore"):
        lengths = float(np.sqrt(a @ a) * np.sqrt(b @ b))
        return float(a @ b) / lengths if lengths else 0.0

"""Beginning from word and context vectors that were trained before, words matched by key."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from sgns.keyed_vectors import KeyedVectors
from sgns.vocabulary import Vocabulary
from sgns.weights import Matrix, Weights

if TYPE_CHECKING:
    from sgns.model import Model

# A model, vectors of words, or those of words and of contexts.
Start: TypeAlias = "Model | KeyedVectors | tuple[KeyedVectors | None, KeyedVectors | None]"


@dataclass(frozen=True, slots=True)
class _Source:
    """Vectors (n, width) and what they are called."""

    name: str
    keys: Sequence[Any]
    vectors: Matrix


def copy_start(start: Start, vocabulary: Vocabulary, weights: Weights, *, frozen: bool) -> None:
    """Put the vectors of `start` in place of the initial ones, for the words that it has.

    Parameters
    ----------
    start : Model, KeyedVectors, or pair of KeyedVectors or None
        Word and context vectors, or those of words alone; of a pair either may be None.
    vocabulary : Vocabulary
        The words of `weights`.
    weights : Weights
        Changed in place.
    frozen : bool
        Whether words are not trained: a warning tells how many have no vector and never will.

    Raises
    ------
    TypeError
        `start` is something else.
    ValueError
        The vectors are of another length, or none of the words has one.
    """
    words, contexts = _sources(start)
    size = weights.vector_size
    for source, matrix, parts in (
        (words, weights.words, 1),
        (contexts, weights.contexts, weights.context_parts),
    ):
        if source is None:
            continue
        if source.vectors.shape[1] != parts * size:
            raise ValueError(
                f"start: expected {source.name} vectors of {parts * size} numbers, "
                f"got {source.vectors.shape[1]}"
            )
        known = _copy(source, vocabulary, matrix.reshape(len(matrix), parts, -1)[:, :, :size])
        if known == 0:
            raise ValueError(
                f"start: none of the {len(vocabulary):,} words, such as {vocabulary[0]!r}, "
                f"has a {source.name} vector there"
            )
        if frozen and known < len(vocabulary):
            warnings.warn(
                f"start: {len(vocabulary) - known:,} of {len(vocabulary):,} words have no "
                f"{source.name} vector there, and words are frozen",
                stacklevel=5,  # past two methods of Model and the decorator of one
            )


def _sources(start: Any) -> tuple[_Source | None, _Source | None]:
    from sgns.model import Model

    if isinstance(start, Model):
        keys = start.vocabulary.words
        return (
            _Source("word", keys, start.weights.word_vectors),
            _Source("context", keys, start.weights.context_vectors),
        )
    pair = (start, None) if isinstance(start, KeyedVectors) else start
    if (
        not isinstance(pair, tuple | list)
        or len(pair) != 2
        or not all(isinstance(vectors, KeyedVectors | None) for vectors in pair)
    ):
        raise TypeError(
            "start: expected a Model, KeyedVectors, or a pair of KeyedVectors of words and of "
            f"contexts, got {type(start).__name__}"
        )
    words, contexts = (
        None if vectors is None else _Source(name, vectors.index_to_key, vectors.vectors)
        for name, vectors in zip(("word", "context"), pair, strict=True)
    )
    return words, contexts


def _copy(source: _Source, vocabulary: Vocabulary, into: Matrix) -> int:
    """Copy the rows of the words that are known there into (n_words, parts, size); how many."""
    row_of = {key: row for row, key in enumerate(source.keys)}
    found = [(number, row_of[word]) for number, word in enumerate(vocabulary) if word in row_of]
    if found:
        numbers, rows = np.array(found, dtype=np.int64).T
        into[numbers] = source.vectors[rows].reshape(len(rows), *into.shape[1:])
    return len(found)

"""The matrices that training changes, laid out for the kernels."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

# Rows start on cache lines: sixteen floats of four bytes.
ROW_FLOATS = 16
HUGE_PAGE = 1 << 21
_INITIAL_BLOCK = 1 << 14  # rows drawn at a time


@dataclass(frozen=True, slots=True)
class Weights:
    """W_t, W_c and, where documents have vectors, W_d.

    Attributes
    ----------
    words : float32 array (n_words, stride)
        W_t: a row for each target word, of which the first `vector_size` numbers are its vector
        and the rest, up to a whole number of cache lines, zero.
    contexts : float32 array (n_words, stride) or (n_words, 2 * stride)
        W_c: the same for the words as contexts. With ``documents="concat"`` a row has two such
        parts, one that meets the word's vector and one that meets the document's.
    vector_size : int
        Numbers in a vector.
    documents : float32 array (n_rows, stride) or None
        W_d: a row for each document, or for each tag of documents.
    """

    words: Matrix
    contexts: Matrix
    vector_size: int
    documents: Matrix | None = None

    @classmethod
    def initial(
        cls,
        n_words: int,
        vector_size: int,
        seed: int,
        *,
        context_parts: int = 1,
        documents: Matrix | None = None,
    ) -> Weights:
        """Words evenly from (-0.5, 0.5) / vector_size, contexts zero, as in the C word2vec.

        Parameters
        ----------
        n_words, vector_size : int
            The size of W_t.
        seed : int
            Of its random numbers.
        context_parts : int
            How many times as wide rows of W_c are: 1, or 2 for "concat".
        documents : float32 array (n_rows, stride) or None
            W_d, taken as it is.

        Returns
        -------
        Weights
            In memory of their own, but for `documents`.
        """
        words = allocate(n_words, vector_size)
        for start, block in initial_rows(n_words, vector_size, np.random.PCG64(seed)):
            words[start : start + len(block), :vector_size] = block
        contexts = allocate(n_words, vector_size, context_parts)
        return cls(words, contexts, vector_size, documents)

    @classmethod
    def of(cls, words: Matrix, contexts: Matrix, documents: Matrix | None = None) -> Weights:
        """Copies of matrices without padding in the layout of the kernels.

        Parameters
        ----------
        words : float32 array (n_words, vector_size)
            W_t.
        contexts : float32 array (n_words, vector_size) or (n_words, 2 * vector_size)
            W_c.
        documents : float32 array (n_rows, vector_size) or None
            W_d.

        Returns
        -------
        Weights
            In memory of their own.
        """
        vector_size = words.shape[1]
        return cls(
            laid_out(words, vector_size),
            laid_out(contexts, vector_size),
            vector_size,
            None if documents is None else laid_out(documents, vector_size),
        )

    def are_finite(self) -> bool:
        """Look for what is no number, or infinite; takes no memory.

        Returns
        -------
        bool
            Whether every number is finite.
        """
        return all(
            math.isfinite(matrix.min(initial=0)) and math.isfinite(matrix.max(initial=0))
            for matrix in self.matrices().values()
        )

    def matrices(self) -> dict[str, Matrix]:
        """Every matrix that there is by its name, with the padding.

        Returns
        -------
        dict of float32 arrays
            What a checkpoint or a shard goes through.
        """
        matrices = {"words": self.words, "contexts": self.contexts}
        return matrices if self.documents is None else matrices | {"documents": self.documents}

    def take(self, other: Weights) -> None:
        """Put the numbers of other weights in place of these.

        Parameters
        ----------
        other : Weights
            Of the same sizes.
        """
        theirs = other.matrices()
        for name, matrix in self.matrices().items():
            parts = self.context_parts if name == "contexts" else 1
            into, taken = (m.reshape(len(m), parts, -1) for m in (matrix, theirs[name]))
            into[:, :, : self.vector_size] = taken[:, :, : self.vector_size]

    @property
    def word_vectors(self) -> Matrix:
        """W_t without the padding, a view (n_words, vector_size)."""
        return self.words[:, : self.vector_size]

    @property
    def context_parts(self) -> int:
        """How many times as wide as a word's vector a row of W_c is: 2 with "concat", else 1."""
        return int(self.contexts.shape[1] // self.words.shape[1])

    @property
    def context_vectors(self) -> Matrix:
        """W_c without the padding: a view (n_words, vector_size), or a copy twice as wide."""
        if self.context_parts == 1:
            return self.contexts[:, : self.vector_size]
        parts = self.contexts.reshape(len(self.contexts), self.context_parts, -1)
        return parts[:, :, : self.vector_size].reshape(len(parts), -1)

    @property
    def document_vectors(self) -> Matrix | None:
        """W_d without the padding, a view (n_rows, vector_size); None without documents."""
        return None if self.documents is None else self.documents[:, : self.vector_size]

    def without_padding(self) -> dict[str, Matrix]:
        """Every matrix that there is by its name, without the padding.

        Returns
        -------
        dict of float32 arrays
            Views, or copies where rows have several parts.
        """
        vectors = {"words": self.word_vectors, "contexts": self.context_vectors}
        documents = self.document_vectors
        return vectors if documents is None else vectors | {"documents": documents}

    def copy(self) -> Weights:
        """Copy all of them.

        Returns
        -------
        Weights
            The same numbers in memory of their own.
        """
        return Weights.of(self.word_vectors, self.context_vectors, self.document_vectors)


def initial_rows(
    n_rows: int, vector_size: int, stream: np.random.BitGenerator
) -> Iterator[tuple[int, Matrix]]:
    """Rows drawn evenly from (-0.5, 0.5) / vector_size, in blocks with the number of the first.

    A row follows from the stream and its number alone.
    """
    generator = np.random.Generator(stream)
    for start in range(0, n_rows, _INITIAL_BLOCK):
        shape = min(_INITIAL_BLOCK, n_rows - start), vector_size
        block = generator.random(shape, dtype=np.float32)
        block -= np.float32(0.5)
        block /= np.float32(vector_size)
        yield start, block


def laid_out(matrix: Matrix, vector_size: int) -> Matrix:
    """Copy a matrix (n_rows, parts * vector_size) to `allocate`d memory, a piece at a time."""
    parts = matrix.shape[1] // vector_size
    copy = allocate(len(matrix), vector_size, parts)
    into = copy.reshape(len(matrix), parts, -1)[:, :, :vector_size]
    for start in range(0, len(matrix), _INITIAL_BLOCK):
        piece = matrix[start : start + _INITIAL_BLOCK]
        into[start : start + _INITIAL_BLOCK] = piece.reshape(len(piece), parts, vector_size)
    return copy


def row_floats(vector_size: int) -> int:
    """Floats from the beginning of a row to the next: whole cache lines."""
    return -(-vector_size // ROW_FLOATS) * ROW_FLOATS


def allocate(n_rows: int, vector_size: int, parts: int = 1) -> Matrix:
    """A zero matrix (n_rows, parts * stride), rows on cache lines, in huge pages if there are some.

    Rows are visited at random, so with small pages nearly every visit also misses the address
    translation cache.
    """
    stride = parts * row_floats(vector_size)
    n_bytes = max(n_rows * stride * 4, 1)
    n_bytes = -(-n_bytes // HUGE_PAGE) * HUGE_PAGE if n_bytes >= HUGE_PAGE else n_bytes
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory = mmap.mmap(-1, n_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_HUGEPAGE)
    else:
        memory = mmap.mmap(-1, n_bytes)
    return np.frombuffer(memory, dtype=np.float32, count=n_rows * stride).reshape(n_rows, stride)

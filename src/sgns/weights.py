"""The matrices that training changes, laid out for the kernels."""

from __future__ import annotations

import mmap
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
    """W_t and W_c.

    Attributes
    ----------
    words : float32 array (n_words, stride)
        W_t: a row for each target word, of which the first `vector_size` numbers are its vector
        and the rest, up to a whole number of cache lines, zero.
    contexts : float32 array (n_words, stride)
        W_c: the same for the words as contexts.
    vector_size : int
        Numbers in a vector.
    """

    words: Matrix
    contexts: Matrix
    vector_size: int

    @classmethod
    def initial(cls, n_words: int, vector_size: int, seed: int) -> Weights:
        """Words evenly from (-0.5, 0.5) / vector_size, contexts zero, as in the C word2vec."""
        words = allocate(n_words, vector_size)
        generator = np.random.Generator(np.random.PCG64(seed))
        for start in range(0, n_words, _INITIAL_BLOCK):
            block = words[start : start + _INITIAL_BLOCK, :vector_size]
            block[:] = generator.random(block.shape, dtype=np.float32)
            block -= np.float32(0.5)
            block /= np.float32(vector_size)
        return cls(words, allocate(n_words, vector_size), vector_size)

    @classmethod
    def of(cls, words: Matrix, contexts: Matrix) -> Weights:
        """Copies of two (n_words, vector_size) matrices in the layout of the kernels."""
        n_words, vector_size = words.shape
        weights = cls(allocate(n_words, vector_size), allocate(n_words, vector_size), vector_size)
        weights.words[:, :vector_size] = words
        weights.contexts[:, :vector_size] = contexts
        return weights

    @property
    def word_vectors(self) -> Matrix:
        """W_t without the padding, a view (n_words, vector_size)."""
        return self.words[:, : self.vector_size]

    @property
    def context_vectors(self) -> Matrix:
        """W_c without the padding, a view (n_words, vector_size)."""
        return self.contexts[:, : self.vector_size]

    def copy(self) -> Weights:
        """The same numbers in memory of their own."""
        return Weights.of(self.word_vectors, self.context_vectors)


def allocate(n_rows: int, vector_size: int) -> Matrix:
    """A zero matrix (n_rows, stride) with rows on cache lines, in huge pages where there are some.

    Rows are visited at random, so with small pages nearly every visit also misses the address
    translation cache.
    """
    stride = -(-vector_size // ROW_FLOATS) * ROW_FLOATS
    n_bytes = max(n_rows * stride * 4, 1)
    n_bytes = -(-n_bytes // HUGE_PAGE) * HUGE_PAGE if n_bytes >= HUGE_PAGE else n_bytes
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory = mmap.mmap(-1, n_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_HUGEPAGE)
    else:
        memory = mmap.mmap(-1, n_bytes)
    return np.frombuffer(memory, dtype=np.float32, count=n_rows * stride).reshape(n_rows, stride)

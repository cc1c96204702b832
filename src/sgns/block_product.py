"""Products of many queries with blocks of a matrix, by BLAS or by the kernels of training.

The BLAS that comes with NumPy chooses by the processors that it knew when it was made, and takes
later ones for older: OpenBLAS 0.3.31 runs Zen 5 with half of its registers. The kernels choose by
what the processor says it can do. They are used where registers hold 16 numbers; elsewhere BLAS
is not behind, and on some systems (Accelerate) far ahead. See docs/design/0003-keyed-vectors.md.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sgns import _kernels
from sgns.instruction_set import instruction_set

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.floating]

# Numbers in a register, from which on the kernels are used.
_WIDE = 16


def has_wide_kernel() -> bool:
    """Whether the kernels are to be used."""
    return _kernels.kernel_lanes(instruction_set()) >= _WIDE


class BlasProduct:
    """Products by BLAS, which has threads of its own.

    Parameters
    ----------
    matrix : (n, dim)
        The rows.
    queries : float32 (m, dim)
        What they are multiplied with.
    """

    def __init__(self, matrix: Matrix, queries: Floats) -> None:
        self._matrix, self._queries = matrix, queries

    def of(self, begin: int, end: int) -> Floats:
        """The products (m, end - begin) with some rows."""
        block = self._matrix[begin:end].astype(np.float32, copy=False)
        return np.asarray(self._queries @ block.T)


class KernelProduct:
    """The same by a kernel, in the thread that calls.

    Parameters
    ----------
    matrix : (n, dim)
        The rows.
    queries : float32 (m, width)
        What they are multiplied with, `in_whole_registers`.
    most : int
        Rows that are asked for at a time; the result is overwritten the next time.
    """

    def __init__(self, matrix: Matrix, queries: Floats, most: int) -> None:
        self._kernel, self._matrix, self._queries = instruction_set(), matrix, queries
        self._rows = np.zeros((most, queries.shape[1]), np.float32)
        room = [-(-n // _kernels.TILE) * _kernels.TILE for n in (len(queries), most)]
        self._products = np.empty(room, np.float32)

    def of(self, begin: int, end: int) -> Floats:
        """The products (m, end - begin) with some rows."""
        rows = self._rows[: end - begin]
        rows[:, : self._matrix.shape[1]] = self._matrix[begin:end]
        _kernels.score_all(self._kernel, rows, self._queries, self._products)
        return self._products[: len(self._queries), : end - begin]


def in_whole_registers(queries: Floats) -> Floats:
    """Copy (m, dim) to (m, width), filled up with zeros, as the kernels take them."""
    (m, dim), lanes = queries.shape, _kernels.kernel_lanes(instruction_set())
    filled = np.zeros((m, -(-dim // lanes) * lanes), np.float32)
    filled[:, :dim] = queries
    return filled

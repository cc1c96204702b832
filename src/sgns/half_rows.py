"""Rows of a matrix that the nodes of a cluster merge: their changes, in half the bytes.

Changes travel as bfloat16, the upper half of a float: `kernels/half_rows.h`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sgns import _rows
from sgns.weights import Matrix

# Fewer rows are not worth another thread.
_LEAST_ROWS = 4096
T = TypeVar("T")
# Given rows and how many nodes have changed each, what to multiply the sums of the changes by.
Factors = Callable[[NDArray[np.int64], NDArray[np.integer]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class HalfRows:
    """What is to be added to some rows.

    Attributes
    ----------
    ids : int64 array (n,)
        Their numbers, rising.
    deltas : uint16 array (n, stride)
        Numbers of type bfloat16.
    """

    ids: NDArray[np.int64]
    deltas: NDArray[np.uint16]

    def between(self, start: int, end: int) -> HalfRows:
        """Those from row `start` to `end`, as views."""
        piece = slice(*np.searchsorted(self.ids, (start, end)))
        return HalfRows(self.ids[piece], self.deltas[piece])


class Threads:
    """Runs a function on pieces of rows, on several threads where there are enough rows."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._pool = ThreadPoolExecutor(n, "sgns-rows") if n > 1 else None

    def places(self, n_rows: int) -> list[tuple[int, int]]:
        """Where pieces of so many rows begin and end."""
        n = max(min(self._n, n_rows // _LEAST_ROWS), 1)
        return list(pairwise(np.linspace(0, n_rows, n + 1).astype(int).tolist()))

    def run(self, function: Callable[..., T], pieces: Sequence[tuple[int, int]]) -> list[T]:
        """Call a function with the ends of each piece; the results are in their order."""
        if self._pool is None or len(pieces) == 1:
            return [function(*piece) for piece in pieces]
        return list(self._pool.map(lambda piece: function(*piece), pieces))


class MergedMatrix:
    """A matrix as it was merged last, and the copy of it that is trained.

    Parameters
    ----------
    base, copy : float32 array (n_rows, stride)
        Equal to begin with.
    threads : Threads
        Who takes, merges and adds.

    Attributes
    ----------
    marks : uint8 array (n_rows,)
        Training sets to 1 those of rows that it changes.
    """

    def __init__(self, base: Matrix, copy: Matrix, threads: Threads) -> None:
        self.base, self.copy = base, copy
        self.marks = np.zeros(len(base), np.uint8)
        self._threads = threads
        self._taken, self._merged = _Room(base.shape[1]), _Room(base.shape[1])

    def take(self, end: int) -> HalfRows:
        """What training has changed of the rows before `end`, in memory that is used again."""
        below = np.append(0, np.cumsum(self.marks[:end], dtype=np.int64))
        n = int(below[-1])
        rows = self._taken.rows(n)

        def take(first: int, last: int) -> None:
            ids, deltas = rows.ids[first:last], rows.deltas[first:last]
            start, stop = np.searchsorted(below, (first, last))
            _rows.take_half_rows(
                self.marks, self.base, self.copy, int(start), int(stop), ids, deltas
            )

        self._threads.run(take, self._threads.places(n))
        return rows

    def merge(
        self, changes: Sequence[HalfRows], start: int, end: int, factors: Factors
    ) -> HalfRows:
        """Add what nodes have changed of the rows from `start` to `end`, in memory used again."""
        counts = np.zeros(end - start, np.uint16)
        for change in changes:
            counts[change.ids - start] += 1
        places = np.flatnonzero(counts)
        rows = self._merged.rows(len(places))
        np.add(places, start, out=rows.ids)
        by = factors(rows.ids, counts[places])

        def merge(first: int, last: int) -> None:
            ids = rows.ids[first:last]
            if len(ids):
                found = [change.between(ids[0], ids[-1] + 1) for change in changes]
                _rows.merge_half_rows(
                    [f.ids for f in found],
                    [f.deltas for f in found],
                    ids,
                    by[first:last],
                    rows.deltas[first:last],
                )

        self._threads.run(merge, self._threads.places(len(places)))
        return rows

    def add(self, rows: HalfRows) -> None:
        """Add what was merged to the base, of which the copy gets the same rows."""

        def add(first: int, last: int) -> None:
            ids, deltas = rows.ids[first:last], rows.deltas[first:last]
            _rows.add_half_rows(self.base, self.copy, ids, deltas)

        self._threads.run(add, self._threads.places(len(rows.ids)))

    def replace(self, rows: Matrix) -> None:
        """Put other rows in place of the first ones, which are then merged."""
        self.base[: len(rows)] = self.copy[: len(rows)] = rows
        self.marks[: len(rows)] = 0


class _Room:
    """Arrays that are used again: fresh memory costs more than filling it."""

    def __init__(self, stride: int) -> None:
        self._rows = HalfRows(np.empty(0, np.int64), np.empty((0, stride), np.uint16))

    def rows(self, n: int) -> HalfRows:
        """Room for n rows, which those before had."""
        if len(self._rows.ids) < n:
            room = n + n // 4
            deltas = np.empty((room, self._rows.deltas.shape[1]), np.uint16)
            self._rows = HalfRows(np.empty(room, np.int64), deltas)
        return HalfRows(self._rows.ids[:n], self._rows.deltas[:n])

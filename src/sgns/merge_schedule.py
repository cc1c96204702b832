"""Which rows meet after which round of a cluster, and which node merges which of them.

Words are numbered by falling count, and the word of rank r occurs about 1 / r as often as the first
one (Zipf). So that each is trained about as much between two merges, all rows are merged every
``2 ** levels`` rounds, the first half of them twice as often, the first quarter four times, and so
on down to those that are merged after every round: the ruler sequence. A round then moves, on
average, ``(levels + 2) / 2 ** (levels + 1)`` of what moving all rows would.

The more nodes there are, the shorter rounds have to be for the same vectors; how often all rows are
merged can stay about the same, from three nodes on. See docs/design/0010-cluster.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Rounds of an epoch for each node; two nodes lose little in longer ones.
ROUNDS_PER_NODE = 6
ROUNDS_PER_NODE_OF_TWO = 2


class MergeSchedule:
    """The rows of W_t and W_c that are merged after each round.

    Parameters
    ----------
    n_words : int
        Rows of each matrix.
    n_nodes : int
        How many nodes there are.

    Attributes
    ----------
    n_nodes : int
        The same.
    """

    def __init__(self, n_words: int, n_nodes: int) -> None:
        self.n_nodes = n_nodes
        levels = levels_for(n_nodes)
        self._levels = levels
        # Where the rows begin that are merged half as often as those before.
        self._ends = [max(n_words >> level, 1) for level in range(levels, -1, -1)]
        self._steps = np.zeros(levels + 1)

    def rows_after(self, number: int) -> int:
        """How many rows are merged after the round of a number, counted from 1: the first ones."""
        zeros = (number & -number).bit_length() - 1
        return self._ends[min(zeros, self._levels)]

    @property
    def is_merged(self) -> bool:
        """Whether nothing has been counted since all rows were merged."""
        return not self._steps.any()

    def count(self, step: float) -> None:
        """Let each node have trained a round of so many tokens times the learning rate."""
        self._steps += step

    def steps(self, n_rows: int) -> RowSteps:
        """What has been counted since rows were merged; it is forgotten for the first `n_rows`."""
        n = self._ends.index(n_rows) + 1
        steps = RowSteps(np.array(self._ends[:n]), self._steps[:n].copy())
        self._steps[:n] = 0
        return steps


def levels_for(n_nodes: int) -> int:
    """How often the period of merges doubles.

    With any nodes from three on, all rows are merged six to eleven times an epoch, with two twice.
    """
    return n_nodes.bit_length() - 1


@dataclass(frozen=True, slots=True)
class RowSteps:
    """What a node has trained since rows were merged.

    Attributes
    ----------
    ends : int64 array (n,)
        Where rows end that have the same number, the next ones beginning there.
    steps : float64 array (n,)
        These numbers.
    """

    ends: NDArray[np.int64]
    steps: NDArray[np.float64]

    def of(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """The number of each row."""
        found: NDArray[np.float64] = self.steps[np.searchsorted(self.ends, ids, side="right")]
        return found


def rounds_of_epoch(n_nodes: int) -> int:
    """How many rounds an epoch is to have."""
    return n_nodes * (ROUNDS_PER_NODE_OF_TWO if n_nodes == 2 else ROUNDS_PER_NODE)


def jobs_of_round(n_jobs: int, n_nodes: int, n_threads: int) -> int:
    """How many jobs of an epoch are a round: as many for each of the threads, 1 or more."""
    return max(round(n_jobs / (rounds_of_epoch(n_nodes) * n_threads)), 1) * n_threads


def borders(weight: NDArray[np.float64], n_parts: int) -> NDArray[np.int64]:
    """Cut rows into parts of about the same weight: int64 array (n_parts + 1,), 0 to the end."""
    below = np.cumsum(weight)
    inner = np.searchsorted(below, below[-1] * np.arange(1, n_parts) / n_parts)
    return np.concatenate([[0], inner, [len(weight)]]).astype(np.int64)

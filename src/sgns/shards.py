"""Training a shard: some jobs, from given weights, on a copy; what comes out is the change.

A shard knows nothing of the others, wherever they are trained, so its change is the same bits
whichever thread, process or machine trains it. All that goes in and out are plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sgns import _core, _rows
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.plan import make_plan
from sgns.weights import Matrix, Weights

# Jobs of 128 blocks of so many tokens: long enough that copying rows costs little beside training
# them, short enough that shards do not go far apart.
BLOCKS_PER_EPOCH = 1 << 15
LARGEST_BLOCK = 1 << 9


@dataclass(frozen=True, slots=True)
class Job:
    """A job of an epoch, and the learning rates at its beginning and end."""

    number: int
    alpha: float
    alpha_end: float


@dataclass(frozen=True, slots=True)
class RowChanges:
    """Rows of a matrix that training has met, and so, but for rare cases, changed.

    Attributes
    ----------
    ids : int64 array (n,)
        Their numbers, rising.
    deltas : float32 array (n, stride) or None
        What is to be added to each.
    copy : float32 array (n_rows, stride) or None
        Where `deltas` is None: the copy of the matrix that still has these rows as they were
        trained.
    """

    ids: NDArray[np.int64]
    deltas: Matrix | None
    copy: Matrix | None = None

    def between(self, start: int, end: int) -> RowChanges:
        """Those from row `start` to `end`, as views."""
        piece = slice(*np.searchsorted(self.ids, (start, end)))
        deltas = None if self.deltas is None else self.deltas[piece]
        return RowChanges(self.ids[piece], deltas, self.copy)


@dataclass(frozen=True, slots=True)
class Change:
    """What training a shard has changed, by the name of the matrix, and what it has counted."""

    rows: dict[str, RowChanges]
    tallies: list[_core.JobTally]


class Room:
    """Arrays for changes, used again: fresh memory costs more than filling it."""

    def __init__(self) -> None:
        self._free: dict[str, list[tuple[NDArray[np.int64], Matrix]]] = {}

    def take(self, name: str, n: int, width: int) -> tuple[NDArray[np.int64], Matrix]:
        """Arrays of at least n numbers and rows for a matrix."""
        free = self._free.setdefault(name, [])
        with suppress(IndexError):  # other threads take, too
            arrays = free.pop()
            if len(arrays[0]) >= n:
                return arrays
        n += n // 4  # the next shard may change some more
        return np.empty(n, np.int64), np.empty((n, width), np.float32)

    def give_back(self, change: Change) -> None:
        """Let the arrays of a change, which nobody may use after, be taken again."""
        for name, rows in change.rows.items():
            ids, deltas = rows.ids.base, None if rows.deltas is None else rows.deltas.base
            if ids is not None and deltas is not None:
                self._free.setdefault(name, []).append((ids, deltas))


@dataclass(slots=True)
class Replica:
    """A copy of weights to train shards on, equal to them before each; see `train_shard`.

    Attributes
    ----------
    base : Weights
        Never written to here.
    weights : Weights
        The copy.
    plan : Plan
        Of training the copy.
    room : Room
        Where the arrays of changes are from.
    frozen : frozenset of str
        Names of matrices that training leaves as they are.
    """

    base: Weights
    weights: Weights
    plan: _core.Plan
    room: Room
    frozen: frozenset[str] = frozenset()
    _worker: _core.Worker = field(init=False)
    _marks: dict[str, NDArray[np.uint8]] = field(init=False)

    def __post_init__(self) -> None:
        self._worker = _core.Worker(self.plan)
        matrices = self.weights.matrices()
        self._marks = {name: np.zeros(len(m), np.uint8) for name, m in matrices.items()}
        self.plan.mark(**self._marks)

    @classmethod
    def of(
        cls, corpus: Corpus, config: TrainingConfig, base: Weights, room: Room | None = None
    ) -> Replica:
        """A copy of `base` to be trained on `corpus`."""
        weights = base.copy()
        plan = make_plan(
            corpus,
            config,
            weights,
            blocks_per_epoch=BLOCKS_PER_EPOCH,
            largest_block=LARGEST_BLOCK,
        )
        frozen = frozenset(("words", "contexts") if config.freeze == "words" else ())
        return cls(base, weights, plan, Room() if room is None else room, frozen)

    def take_changes(self) -> dict[str, RowChanges]:
        """What training has changed; the copy is then as before.

        Of every matrix that is not frozen. No thread may be at work.
        """
        base, rows = self.base.matrices(), {}
        for name, copy in self._trained():
            marks = self._marks[name]
            ids, deltas = self.room.take(name, int(np.count_nonzero(marks)), copy.shape[1])
            n = _rows.take_changes(marks, base[name], copy, ids, deltas)
            rows[name] = RowChanges(ids[:n], deltas[:n])
        return rows

    def leave_changes(self) -> dict[str, RowChanges]:
        """The same, but what training has changed stays in the copy, which is not as before."""
        rows = {}
        for name, copy in self._trained():
            ids = np.flatnonzero(self._marks[name])
            self._marks[name][ids] = 0
            rows[name] = RowChanges(ids, None, copy)
        return rows

    def _trained(self) -> list[tuple[str, Matrix]]:
        return [(n, copy) for n, copy in self.weights.matrices().items() if n not in self.frozen]


def train_shard(
    replica: Replica, jobs: Sequence[Job], stays: Callable[[], bool] = lambda: False
) -> Change:
    """Train some jobs from the weights that `replica` is a copy of, and return the change.

    Parameters
    ----------
    replica : Replica
        Its weights are those of its base after as before, unless the change stays in them.
    jobs : sequence of Job
        Trained one after the other, of the epoch that the replica's plan is at.
    stays : callable
        Asked when they are trained: whether the change may stay in the replica, because nothing
        else is trained on it before it gets the rows that all shards have changed.

    Raises
    ------
    MemoryError
        There is no room for buffers.
    """
    tallies = [replica._worker.train_job(job.number, job.alpha, job.alpha_end) for job in jobs]
    return Change(replica.leave_changes() if stays() else replica.take_changes(), tallies)

"""One epoch in shards: the same bits whatever the number of threads and their timing.

An epoch is a list of rounds. In a round each shard trains one job from the same weights, on a copy
(`sgns.shards`); then the changes are added to the weights, shard after shard in each row. Threads
take shards, and rows to add to, as they come: neither order is seen in the result.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sgns import _rows
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.epoch_run import EpochRun
from sgns.merge_rule import MergeRule
from sgns.plan import BLOCKS_PER_JOB, block_size
from sgns.shards import (
    BLOCKS_PER_EPOCH,
    LARGEST_BLOCK,
    Change,
    Job,
    Replica,
    Room,
    RowChanges,
    train_shard,
)
from sgns.weights import Weights

# More shards would serve more cores, and cost quality: each then goes further on its own.
SHARDS = 4
# Fewer shards where an epoch would have fewer rounds.
ROUNDS_PER_EPOCH = 16
# Pieces of a matrix that each thread takes when changes are merged.
_PIECES = 2
_POLL_SECONDS = 0.05


def count_shards(corpus: Corpus) -> int:
    """How many shards a corpus is trained in, which follows from its size alone."""
    block = block_size(corpus.n_tokens, BLOCKS_PER_EPOCH, LARGEST_BLOCK)
    return max(min(SHARDS, corpus.n_tokens // (block * BLOCKS_PER_JOB * ROUNDS_PER_EPOCH)), 1)


class Replicas:
    """Weights, and the copies of them that shards are trained on, one for each thread."""

    def __init__(self, corpus: Corpus, config: TrainingConfig, base: Weights, n: int) -> None:
        self.base = base
        self._room = Room()
        self.replicas = [Replica.of(corpus, config, base, self._room) for _ in range(n)]
        self._rule = MergeRule(corpus, config, len(base.words))
        self._shards = {name: np.zeros(len(m), np.uint8) for name, m in base.matrices().items()}

    def start_epoch(self, *keys: int) -> None:
        """Set the random keys of an epoch; no thread may be at work."""
        for replica in self.replicas:
            replica.plan.start_epoch(*keys)

    def stop(self) -> None:
        """Make every thread leave its job at the next step."""
        for replica in self.replicas:
            replica.plan.stop()

    def merges(self, changes: Sequence[Change], step: float) -> list[Callable[[], None]]:
        """What is to be called, in any order, to add the changes of all shards to the weights.

        All copies get the rows as well. `step` is the pairs that a shard has trained, times the
        learning rate.
        """
        return [
            partial(self._merge, name, [c.rows[name] for c in changes], start, end, step)
            for name, rows in changes[0].rows.items()
            for start, end in self._pieces(len(self._shards[name]), rows.ids)
        ]

    def forget(self, changes: Sequence[Change]) -> None:
        """Let the memory of changes that have been merged be used again."""
        for change in changes:
            self._room.give_back(change)

    def _pieces(self, n_rows: int, ids: NDArray[np.int64]) -> list[tuple[int, int]]:
        """Where to cut a matrix so that about as many of some rows are in each piece."""
        places = np.linspace(0, len(ids), _PIECES * len(self.replicas) + 1)[1:-1].astype(np.int64)
        borders = [0, *(ids[places].tolist() if len(ids) else ()), n_rows]
        return [(start, end) for start, end in pairwise(borders) if start < end]

    def _merge(
        self, name: str, changes: Sequence[RowChanges], start: int, end: int, step: float
    ) -> None:
        """Add the changes of rows from `start` to `end`, in the order of the shards."""
        shards, found = self._shards[name][start:end], [c.between(start, end) for c in changes]
        for rows in found:
            shards[rows.ids - start] += 1
        places = np.flatnonzero(shards)
        ids = places + start
        factors = self._rule.factors(name, ids, shards[places], step)
        shards[places] = 0
        copies = [replica.weights.matrices()[name] for replica in self.replicas]
        parts = [(rows.ids, rows.deltas, rows.copy) for rows in found]
        _rows.merge_changes(self.base.matrices()[name], copies, parts, ids, factors)


@dataclass(slots=True, kw_only=True)
class ShardedRun(EpochRun):
    """The rounds of one epoch, or of what is left of one.

    `jobs_done` is always at the end of a round: what the copies learn in a round that is cut short
    is lost, and the weights are those of before.
    """

    replicas: Replicas
    shards: int
    _pool: ThreadPoolExecutor = field(init=False)

    def run(
        self, report: Callable[[], object], is_time: Callable[[int], bool] = lambda _: False
    ) -> None:
        """Train the rounds that are left; a thread's exception is raised here.

        `is_time` is asked before each round but the first, with the tokens of the epoch so far;
        once it says yes, this returns.
        """
        n = len(self.replicas.replicas)
        with ThreadPoolExecutor(n, thread_name_prefix="sgns-worker") as self._pool:
            began_at = self.jobs_done
            while not self.is_over:
                if self.jobs_done > began_at and is_time(self.tally.tokens):
                    break
                self._round(report)
        report()

    def _round(self, report: Callable[[], object]) -> None:
        self._files.check()
        end = min(self.jobs_done + self.shards, self.plan.n_jobs)
        jobs = [self._job(number) for number in range(self.jobs_done, end)]
        alpha = jobs[0].alpha
        changes = self._train(jobs, report)
        for change, job in zip(changes, jobs, strict=True):
            for tally in change.tallies:
                self._check(tally, job.alpha)
        pairs = sum(t["pairs"] + t["document_pairs"] for c in changes for t in c.tallies)
        self._next_job = end  # from here to the end the weights are those of no place
        tasks = self.replicas.merges(changes, alpha * pairs / len(changes))
        interrupt = self._finish([self._pool.submit(task) for task in tasks])
        for change in changes:
            for tally in change.tallies:
                self.tally.add(tally)
        self.replicas.forget(changes)
        self.jobs_done = end
        if interrupt is not None:
            raise interrupt

    def _job(self, number: int) -> Job:
        return Job(
            number, self.schedule.at(self.epoch, number), self.schedule.at(self.epoch, number + 1)
        )

    def _train(self, jobs: Sequence[Job], report: Callable[[], object]) -> list[Change]:
        """Train each job as a shard; the changes are in the order of the jobs."""
        found: list[Change | None] = [None] * len(jobs)
        left = deque(enumerate(jobs))

        def work(replica: Replica) -> None:
            while not self._stopped:
                try:
                    number, job = left.popleft()
                except IndexError:  # others have taken the last one
                    return
                found[number] = train_shard(replica, [job], stays=lambda: not left)

        try:
            futures = [self._pool.submit(work, replica) for replica in self.replicas.replicas]
            while wait(futures, _POLL_SECONDS).not_done:
                report()
            for future in futures:
                future.result()
        except BaseException:
            self._stop()
            raise
        return [change for change in found if change is not None]

    def _finish(self, futures: Sequence[Future[None]]) -> KeyboardInterrupt | None:
        """Wait for all, Ctrl-C or not; returns it."""
        interrupt = None
        while True:
            try:
                while wait(futures, _POLL_SECONDS).not_done:
                    pass
                for future in futures:
                    future.result()
            except KeyboardInterrupt as error:
                interrupt = error
            else:
                return interrupt

    def _stop(self) -> None:
        """End the jobs at work at their next step; what they did is lost."""
        self._stopped = True
        self.replicas.stop()

"""One epoch in shards: the same bits whatever the number of threads and their timing.

An epoch is a list of rounds. In a round each shard trains one job from the same weights, on a copy
(`sgns.shards`); then the changes are added to the weights, shard after shard in each row. Threads
take shards, and rows to add to, as they come: neither order is seen in the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import count, pairwise

import numpy as np
from numpy.typing import NDArray

from sgns import _rows
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.epoch_run import EpochRun
from sgns.merge_rule import MergeRule
from sgns.plan import BLOCKS_PER_JOB, block_size
from sgns.shards import BLOCKS_PER_EPOCH, LARGEST_BLOCK, Change, Job, Replica, Room, train_shard
from sgns.weights import Weights

# More shards would serve more cores, and cost quality: each then goes further on its own.
SHARDS = 4
# Fewer shards where an epoch would have fewer rounds.
ROUNDS_PER_EPOCH = 16
# Pieces of a matrix that threads take when they add changes.
_PIECES = 16
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
        matrices = base.matrices()
        self._shards = {name: np.zeros(len(m), np.uint8) for name, m in matrices.items()}
        self._factors = {name: np.zeros(len(m), np.float32) for name, m in matrices.items()}
        # Rows that the copies do not have yet.
        self._changed: dict[str, NDArray[np.int64]] = {}

    def start_epoch(self, *keys: int) -> None:
        """Set the random keys of an epoch; no thread may be at work."""
        for replica in self.replicas:
            replica.plan.start_epoch(*keys)

    def stop(self) -> None:
        """Make every thread leave its job at the next step."""
        for replica in self.replicas:
            replica.plan.stop()

    def bring_up_to_date(self, replica: Replica) -> None:
        """Copy what the round before has changed."""
        replica.take(self._changed)

    def additions(self, changes: Sequence[Change], step: float) -> list[Callable[[], None]]:
        """What is to be called, in any order, to add the changes of all shards to the weights."""
        tasks: list[Callable[[], None]] = []
        for name, matrix in self.base.matrices().items():
            shards, factors = self._shards[name], self._factors[name]
            for change in changes:
                shards[change.rows[name].ids] += 1
            ids = np.flatnonzero(shards)
            factors[ids] = self._rule.factors(name, ids, shards[ids], step)
            shards[ids] = 0
            self._changed[name] = ids
            borders = np.linspace(0, len(matrix), _PIECES + 1).astype(np.int64)
            tasks += [
                partial(self._add, name, changes, int(start), int(end))
                for start, end in pairwise(borders)
            ]
        return tasks

    def forget(self, changes: Sequence[Change]) -> None:
        """Use the memory of changes that have been added again."""
        for change in changes:
            self._room.give_back(change)

    def _add(self, name: str, changes: Sequence[Change], start: int, end: int) -> None:
        """Add the changes of rows from `start` to `end`, in the order of the shards."""
        matrix, factors = self.base.matrices()[name], self._factors[name]
        for change in changes:
            rows = change.rows[name]
            piece = slice(*np.searchsorted(rows.ids, (start, end)))
            _rows.add_changes(matrix, factors, rows.ids[piece], rows.deltas[piece])


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
        tasks = self.replicas.additions(changes, alpha * pairs / len(changes))
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
        counter = count()

        def work(replica: Replica) -> None:
            self.replicas.bring_up_to_date(replica)
            while (number := next(counter)) < len(jobs) and not self._stopped:
                found[number] = train_shard(replica, [jobs[number]])

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

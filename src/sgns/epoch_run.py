"""One epoch: threads that take the next job from a common counter, and what they have counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sgns import _core
from sgns.corpus import Corpus
from sgns.errors import DivergedError, FormatError
from sgns.schedule import Schedule
from sgns.tally import Tally

_POLL_SECONDS = 0.05


@dataclass(slots=True)
class EpochRun:
    """The threads of one epoch."""

    corpus: Corpus
    plan: _core.Plan
    schedule: Schedule
    epoch: int
    number: int
    n_workers: int
    highest_loss: float
    tally: Tally = field(default_factory=Tally)
    jobs_done: int = 0
    failure: BaseException | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, report: Callable[[], None]) -> None:
        """Train every job of the epoch; a thread's exception is raised here."""
        jobs = iter(range(self.plan.n_jobs))
        n = min(self.n_workers, self.plan.n_jobs)
        threads = [
            threading.Thread(target=self._work, args=(jobs,), name=f"sgns-worker-{i}", daemon=True)
            for i in range(n)
        ]
        with self._joined(threads):
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(_POLL_SECONDS)
                    report()
        if self.failure is not None:
            raise self.failure
        report()

    @contextmanager
    def _joined(self, threads: list[threading.Thread]) -> Iterator[None]:
        """Whatever happens inside, no thread is left behind."""
        try:
            yield
        except BaseException:
            self.plan.stop()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
            raise

    def _check(self, tally: _core.JobTally, alpha: float) -> None:
        """Stop at damage, and where the loss is no number or far above that of knowing nothing."""
        if tally["damaged"]:
            raise FormatError(
                f"{self.corpus!r}: {tally['damaged']:,} of {tally['tokens']:,} token ids are past "
                f"its vocabulary of {len(self.corpus.vocabulary):,} words; rebuild it"
            )
        pairs = max(tally["sampled_pairs"], 1)
        if not tally["loss"] / pairs <= self.highest_loss:
            raise DivergedError(
                f"training diverged in epoch {self.number} at a learning rate of {alpha:g}: "
                f"the loss per pair is {tally['loss'] / pairs:g}; lower alpha"
            )

    def _work(self, jobs: Iterator[int]) -> None:
        try:
            worker = _core.Worker(self.plan)
            while self.failure is None:
                with self._lock:
                    job = next(jobs, None)
                if job is None:
                    return
                alpha = self.schedule.at(self.epoch, job)
                tally = worker.train_job(job, alpha, self.schedule.at(self.epoch, job + 1))
                self._check(tally, alpha)
                with self._lock:
                    self.tally.add(tally)
                    self.jobs_done += 1
        except BaseException as error:  # handed over to the thread that waits
            self.failure = error
            self.plan.stop()

"""One epoch: threads that take the next job from a common counter, and what they have counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sgns import _core
from sgns.corpus import Corpus
from sgns.errors import DivergedError, FormatError
from sgns.mapped_files import MappedFiles
from sgns.schedule import Schedule
from sgns.tally import Tally
from sgns.threads import wait_until_ended

_POLL_SECONDS = 0.05


@dataclass(slots=True)
class EpochRun:
    """The threads of one epoch, or of what is left of one.

    Attributes
    ----------
    tally : Tally
        Of the jobs done, added in their order whichever ends first.
    jobs_done : int
        Jobs 0 to this one are done and counted, and no other one is begun, once `run` has returned.
    finishes_jobs : bool
        Ctrl-C lets the threads finish their jobs, so that `jobs_done` says all; a second one ends
        them at their next step.
    """

    corpus: Corpus
    plan: _core.Plan
    schedule: Schedule
    epoch: int
    number: int
    n_workers: int
    highest_loss: float
    tally: Tally = field(default_factory=Tally)
    jobs_done: int = 0
    finishes_jobs: bool = False
    failure: BaseException | None = None
    _next_job: int = 0
    _began_at: int = 0
    _pauses: bool = False
    _stopped: bool = False
    _threads: set[threading.Thread] = field(default_factory=set)
    _files: MappedFiles = field(init=False)
    _finished: dict[int, _core.JobTally] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._next_job = self.jobs_done
        self._files = MappedFiles.of(self.corpus)

    @property
    def is_over(self) -> bool:
        """Whether every job is done."""
        return self.jobs_done == self.plan.n_jobs

    @property
    def is_between_jobs(self) -> bool:
        """Whether the weights are those of `jobs_done` whole jobs."""
        return self._next_job == self.jobs_done

    def run(
        self, report: Callable[[], object], is_time: Callable[[int], bool] = lambda _: False
    ) -> None:
        """Train the jobs that are left; a thread's exception is raised here.

        `is_time` is asked before each job but the first, with the tokens of the epoch so far; once
        it says yes, no further job is begun, and this returns when those at work are done.
        """
        self._pauses = False
        self._began_at = self._next_job
        n = min(self.n_workers, self.plan.n_jobs - self.jobs_done)
        self._threads = {
            threading.Thread(
                target=self._work, args=(is_time,), name=f"sgns-worker-{i}", daemon=True
            )
            for i in range(n)
        }
        with self._ended():
            for thread in self._threads:
                thread.start()
            for thread in self._threads:
                while thread.is_alive():
                    thread.join(_POLL_SECONDS)
                    report()
        if self.failure is not None:
            raise self.failure
        report()

    @contextmanager
    def _ended(self) -> Iterator[None]:
        """Whatever happens inside, no thread is left behind."""
        try:
            yield
        except BaseException as error:
            if self.finishes_jobs and isinstance(error, KeyboardInterrupt):
                self._pauses = True
                with suppress(KeyboardInterrupt):
                    wait_until_ended(self._threads)
            self._stop()
            wait_until_ended(self._threads)
            raise

    def _stop(self) -> None:
        """End the jobs at work at their next step; what they did is not counted."""
        self._stopped = True
        self.plan.stop()

    def _check(self, tally: _core.JobTally, alpha: float) -> None:
        """Stop at damage, and where the loss is no number or far above that of knowing nothing."""
        self._files.check()
        if tally["damaged"]:
            raise FormatError(
                f"{self.corpus!r}: {tally['damaged']:,} of {tally['tokens']:,} tokens have an id "
                f"past its vocabulary of {len(self.corpus.vocabulary):,} words, or are in no "
                "document; rebuild it"
            )
        for loss, pairs in (
            (tally["loss"], tally["sampled_pairs"]),
            (tally["document_loss"], tally["sampled_document_pairs"]),
        ):
            per_pair = loss / max(pairs, 1)
            if not per_pair <= self.highest_loss:
                raise DivergedError(
                    f"training diverged in epoch {self.number} at a learning rate of {alpha:g}: "
                    f"the loss per pair is {per_pair:g}; lower alpha"
                )

    def _work(self, is_time: Callable[[int], bool]) -> None:
        if self._pauses or self._stopped:
            return
        try:
            worker = _core.Worker(self.plan)
            while self.failure is None:
                with self._lock:
                    job = self._take(is_time)
                if job is None:
                    return
                alpha = self.schedule.at(self.epoch, job)
                tally = worker.train_job(job, alpha, self.schedule.at(self.epoch, job + 1))
                self._check(tally, alpha)
                with self._lock:
                    if not self._stopped:
                        self._count(job, tally)
        except BaseException as error:  # handed over to the thread that waits
            self.failure = error
            self._stop()

    def _take(self, is_time: Callable[[int], bool]) -> int | None:
        """The next job, or None where there is none or it is time to pause."""
        if self._next_job > self._began_at and is_time(self.tally.tokens):
            self._pauses = True
        if self._pauses or self._next_job == self.plan.n_jobs:
            return None
        self._files.check()
        self._next_job += 1
        return self._next_job - 1

    def _count(self, job: int, tally: _core.JobTally) -> None:
        """Add the tallies up to the first job that is still at work."""
        self._finished[job] = tally
        while self.jobs_done in self._finished:
            self.tally.add(self._finished.pop(self.jobs_done))
            self.jobs_done += 1

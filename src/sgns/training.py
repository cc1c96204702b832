"""Training: epochs, one after the other, and the record of each.

An epoch is a list of jobs; a job is some blocks of the corpus in the epoch's random order. Threads
take the next job from a common counter. What a job does - its tokens, its random numbers, its
learning rates - follows from the seed, the epoch and its own number, never from the thread that
runs it; only the order in which jobs touch the shared weights depends on timing, and with one
worker not even that. So a run can go on from any place between two jobs: see `Position`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sgns import _core
from sgns.cluster_nodes import ClusterNodes
from sgns.cluster_run import ClusterRun
from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.epoch_run import EpochRun
from sgns.errors import DivergedError
from sgns.history import EpochRecord, Progress
from sgns.interval import Interval
from sgns.mapped_files import MappedFiles
from sgns.own_rows import give_own_rows
from sgns.plan import make_plan
from sgns.position import Position
from sgns.progress import ProgressOption, progress_display
from sgns.schedule import Schedule, epoch_keys
from sgns.sharded_run import Replicas, ShardedRun, count_shards
from sgns.shards import BLOCKS_PER_EPOCH, LARGEST_BLOCK
from sgns.weights import Weights

# A loss per pair so many times that of knowing nothing, log 2 for every word, has diverged.
DIVERGED = 100


@dataclass(kw_only=True)
class Training:
    """One call of training: some epochs over a corpus, which may be left and taken up again.

    Attributes
    ----------
    corpus : Corpus
        Its first ``len(weights.words)`` words are trained.
    config : TrainingConfig
        The parameters.
    weights : Weights
        Changed in place.
    history : list of EpochRecord
        Gets the record of each epoch when it ends.
    epochs : int
        Passes, 1 or more. The learning rate falls from `alpha` to `min_alpha` over all of them.
    epochs_before : int
        Passes that these weights had behind them before this call; so that further ones draw other
        numbers.
    workers : int
        Threads.
    shuffle : bool
        Visit the blocks of the corpus in a fresh random order each epoch. A block is 64 to 16,384
        tokens, about a 16,384th of the corpus, and its documents follow each other. False: jobs of
        128 blocks follow each other in the corpus's order; within a job the lanes take turns.
    deterministic : bool
        Train in shards, so that the result does not depend on `workers`: see `sgns.sharded_run`.
    nodes : ClusterNodes or None
        Train on the nodes of a cluster: see `sgns.cluster_run`.
    start : Position
        Where to begin; `history` is then that of the epochs before it.
    keep_every : Interval
        When `keep` is called.
    keep : callable or None
        Called with the position between two jobs, or after an epoch, while no thread is at work.
    validate : callable or None
        Called after each epoch with its number; returns the loss of text that is held out.
    ends_after : callable
        Given the record of each epoch when it is in `history`; true ends the call.
    is_watched : bool
        Whether `validate` or `ends_after` look at the weights, which else stay on the nodes of a
        cluster from one epoch to the next.
    """

    corpus: Corpus
    config: TrainingConfig
    weights: Weights
    history: list[EpochRecord]
    epochs: int
    epochs_before: int
    workers: int
    shuffle: bool = True
    deterministic: bool = False
    nodes: ClusterNodes | None = None
    start: Position = field(default_factory=Position)
    keep_every: Interval = field(default_factory=Interval)
    keep: Callable[[Position], object] | None = None
    validate: Callable[[int], float] | None = None
    ends_after: Callable[[EpochRecord], bool] = lambda _: False
    is_watched: bool = False

    def __post_init__(self) -> None:
        MappedFiles.of(self.corpus).check()
        self.shards = count_shards(self.corpus) if self.deterministic else 1
        in_rounds = self.shards > 1 or self.nodes is not None
        self.plan: _core.Plan = make_plan(
            self.corpus,
            self.config,
            self.weights,
            blocks_per_epoch=BLOCKS_PER_EPOCH if in_rounds else None,
            largest_block=LARGEST_BLOCK if in_rounds else None,
        )
        if not self.deterministic:
            give_own_rows(self.plan, self.corpus, self.config, self.weights, self.workers)
        self._replicas: Replicas | None = None
        self._schedule = Schedule(
            self.config.alpha, self.config.min_alpha, self.epochs, self.plan.n_jobs
        )
        self._run: EpochRun | None = None
        self._epoch_began = 0.0

    def run(self, progress: ProgressOption = None) -> None:
        """Train from `start` to the end, showing progress on standard error.

        Parameters
        ----------
        progress : bool, callable or None
            See `Model.train`.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C, with the threads stopped and the weights as far as they had come.
        DivergedError
            The loss is no longer a finite number, or Ctrl-C came and a weight is none.
        FormatError
            The corpus holds ids past its vocabulary or offsets that do not rise, or a file of it
            was cut short meanwhile.
        """
        self.keep_every.restart(self._tokens_at(self.start))
        with progress_display(progress) as show:
            if self.nodes is not None and self.start.epoch < self.epochs:
                self.nodes.welcome(lambda: None)  # before the clock starts
            began = time.perf_counter()

            def report() -> None:
                show(self._progress(time.perf_counter() - began))

            try:
                self._train_epochs(report)
            except KeyboardInterrupt:
                if self.position() is not None:
                    self._bring_back()
                raise

    def _train_epochs(self, report: Callable[[], None]) -> None:
        for epoch in range(self.start.epoch, self.epochs):
            record = self._train_epoch(epoch, report)
            self.history.append(record)
            if self.ends_after(record):
                return
            is_last = epoch == self.epochs - 1
            if not is_last and (self.keep_every.epoch or self._is_time_to_keep(0)):
                self._keep()

    def _bring_back(self) -> None:
        """Have the weights here, where nodes of a cluster train them."""
        if self.nodes is not None:
            self.nodes.bring_back(lambda: None)

    def position(self) -> Position | None:
        """How far training has come.

        Returns
        -------
        Position or None
            None in the middle of a job.
        """
        done = len(self.history) - self.epochs_before
        run = self._run
        if run is None or run.epoch < done:
            return Position(done) if done > self.start.epoch else self.start
        if not run.is_between_jobs:
            return None
        return Position(run.epoch, run.jobs_done, run.tally.copy(), self._seconds())

    def check_finite(self) -> None:
        """Refuse weights that are no numbers any more.

        Raises
        ------
        DivergedError
            Naming the epoch and the learning rate.
        """
        if not self.weights.are_finite():
            run = self._run
            epoch, job = (0, 0) if run is None else (run.epoch, run.jobs_done)
            raise DivergedError(
                f"training diverged in epoch {self.epochs_before + epoch + 1} at a learning "
                f"rate of {self._schedule.at(epoch, job):g}: there are weights that are no "
                "finite numbers; lower alpha"
            )

    def _train_epoch(self, epoch: int, report: Callable[[], None]) -> EpochRecord:
        at = self.start if epoch == self.start.epoch else Position(epoch)
        number = self.epochs_before + epoch + 1
        self._epoch_began = time.perf_counter() - at.seconds
        run = self._run = self._epoch_run(at, number)
        while True:
            try:
                run.run(report, self._is_time_to_keep)
            except KeyboardInterrupt:
                self.check_finite()  # whoever stops it goes on to use the weights
                raise
            if run.is_over:
                break
            self._keep()
        if self.is_watched or epoch == self.epochs - 1:
            self._bring_back()
        self.check_finite()
        seconds, alpha = self._seconds(), self._schedule.at(epoch + 1, 0)
        validation_loss = math.nan if self.validate is None else self.validate(number)
        return run.tally.record(number, seconds, alpha, validation_loss)

    def _epoch_run(self, at: Position, number: int) -> EpochRun:
        """The threads of an epoch, from a position on."""
        keys = epoch_keys(self.config.seed, number - 1, self.shuffle)
        parts: dict[str, Any] = {
            "corpus": self.corpus,
            "plan": self.plan,
            "schedule": self._schedule,
            "epoch": at.epoch,
            "number": number,
            "n_workers": 1 if self.deterministic else self.workers,
            "highest_loss": DIVERGED * (1 + self.config.negative) * math.log(2),
            "tally": at.tally.copy(),
            "jobs_done": at.job,
            "finishes_jobs": self.keep is not None,
        }
        if self.nodes is not None:
            parts |= {"n_workers": 1, "finishes_jobs": True}
            return ClusterRun(**parts, nodes=self.nodes, keys=keys)
        if self.shards == 1:
            self.plan.start_epoch(*keys)
            return EpochRun(**parts)
        if self._replicas is None:
            n = min(self.workers, self.shards)
            self._replicas = Replicas(self.corpus, self.config, self.weights, n)
        self._replicas.start_epoch(*keys)
        return ShardedRun(**parts, replicas=self._replicas, shards=self.shards)

    def _seconds(self) -> float:
        """Time that the present epoch has taken, in this run and in those it goes on from."""
        return time.perf_counter() - self._epoch_began

    def _keep(self) -> None:
        position = self.position()
        if self.keep is not None and position is not None:
            self._bring_back()
            self.keep(position)
        self.keep_every.restart(self._tokens_at(position or self.start))

    def _is_time_to_keep(self, tokens: int) -> bool:
        """Whether it is, `tokens` of the present epoch having been visited."""
        done = (len(self.history) - self.epochs_before) * self.corpus.n_tokens + tokens
        return self.keep is not None and self.keep_every.is_over(done)

    def _tokens_at(self, position: Position) -> int:
        return position.epoch * self.corpus.n_tokens + position.tally.tokens

    def _progress(self, seconds: float) -> Progress:
        run = self._run
        assert run is not None
        done = run.epoch * self.corpus.n_tokens + run.tally.tokens
        return Progress(
            epoch=run.epoch + 1,
            epochs=self.epochs,
            tokens=done,
            total_tokens=self.epochs * self.corpus.n_tokens,
            seconds=seconds,
            words_per_second=(done - self._tokens_at(self.start)) / max(seconds, 1e-9),
            loss_per_pair=run.tally.loss_per_pair,
            alpha=self._schedule.at(run.epoch, run.jobs_done),
            document_loss_per_pair=run.tally.document_loss_per_pair,
        )

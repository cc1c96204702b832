"""Training: jobs, threads, the learning rate's schedule, the record of each epoch.

An epoch is a list of jobs; a job is some blocks of the corpus in the epoch's random order. Threads
take the next job from a common counter. What a job does - its tokens, its random numbers, its
learning rates - follows from the seed, the epoch and its own number, never from the thread that
runs it; only the order in which jobs touch the shared weights depends on timing, and with one
worker not even that.
"""

from __future__ import annotations

import math
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sgns import _core
from sgns.config import TrainingConfig
from sgns.cores import count_workers as count_workers  # noqa: PLC0414 (imported from here)
from sgns.corpus import Corpus
from sgns.errors import DivergedError, FormatError
from sgns.history import EpochRecord, Progress
from sgns.progress import ProgressOption, progress_display
from sgns.step_shape import step_shape
from sgns.weights import Weights

# Blocks are small enough that lanes which walk them are on unrelated text, and large enough that
# reading a corpus from disk in their order is no random access.
BLOCKS_PER_EPOCH = 1 << 14
SMALLEST_BLOCK, LARGEST_BLOCK = 1 << 6, 1 << 14
BLOCKS_PER_JOB = 128
# How far the proposal of shared noise words goes from the noise distribution (0) to the text's own
# distribution (1), and how many plain draws one of them may count for.
PROPOSAL_EXPONENT = 0.7
LARGEST_NOISE_WEIGHT = 8.0
# The loss of one step in so many is summed, every step where the corpus is small.
LOSS_EVERY = 64
TOKENS_PER_LOSS_STEP = 1 << 17
# A loss per pair so many times that of knowing nothing, log 2 for every word, has diverged.
DIVERGED = 100
# A warning is given where subsampling keeps a smaller share of the tokens.
LEAST_KEPT = 0.05
# Pieces in which the offsets of a corpus are checked.
_OFFSETS_AT_ONCE = 1 << 20
_POLL_SECONDS = 0.05


def train(
    corpus: Corpus,
    config: TrainingConfig,
    weights: Weights,
    *,
    epochs: int,
    workers: int | None = None,
    shuffle: bool = True,
    progress: ProgressOption = None,
    epochs_before: int = 0,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> None:
    """Train `weights` in place by `epochs` passes over the corpus.

    Parameters
    ----------
    corpus : Corpus
        Its first ``len(weights.words)`` words are trained.
    config : TrainingConfig
        The parameters.
    weights : Weights
        Changed in place.
    epochs : int
        Passes, 1 or more. The learning rate falls from `alpha` to `min_alpha` over all of them.
    workers : int or None
        Threads; None: one for every core that this process may use.
    shuffle : bool
        Visit the blocks of the corpus in a fresh random order each epoch. A block is 64 to 16,384
        tokens, about a 16,384th of the corpus, and its documents follow each other. False: jobs of
        128 blocks follow each other in the corpus's order; within a job the lanes take turns.
    progress : bool, callable or None
        Show a progress bar on standard error: always, never, or (None) where that is a terminal or
        a notebook. A callable is given a `Progress` several times a second.
    epochs_before : int
        Passes that these weights have behind them; so that further ones draw other numbers.
    on_epoch : callable, optional
        Given the record of each epoch when it ends.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, with the threads stopped and the weights as far as they had come.
    DivergedError
        The loss is no longer a finite number.
    FormatError
        The corpus holds ids past its vocabulary or offsets that do not rise.
    """
    n_workers = count_workers(workers)
    plan = _plan(corpus, config, weights)
    _warn_of_heavy_subsampling(corpus, config, len(weights.words))
    schedule = _Schedule(config.alpha, config.min_alpha, epochs, plan.n_jobs)
    with progress_display(progress) as show:
        begun = time.perf_counter()
        for epoch in range(epochs):
            plan.start_epoch(*_epoch_keys(config.seed, epochs_before + epoch, shuffle))
            started = time.perf_counter()
            run = _EpochRun(
                corpus,
                plan,
                schedule,
                epoch=epoch,
                number=epochs_before + epoch + 1,
                n_workers=n_workers,
                highest_loss=DIVERGED * (1 + config.negative) * math.log(2),
            )

            def report(run: _EpochRun = run, epoch: int = epoch) -> None:
                done = epoch * corpus.n_tokens + run.tally.tokens
                seconds = time.perf_counter() - begun
                show(
                    Progress(
                        epoch=epoch + 1,
                        epochs=epochs,
                        tokens=done,
                        total_tokens=epochs * corpus.n_tokens,
                        seconds=seconds,
                        words_per_second=done / max(seconds, 1e-9),
                        loss_per_pair=run.tally.loss_per_pair,
                        alpha=schedule.at(epoch, run.jobs_done),
                    )
                )

            run.run(report)
            if on_epoch is not None:
                seconds = time.perf_counter() - started
                alpha = schedule.at(epoch, plan.n_jobs)
                on_epoch(run.tally.record(run.number, seconds, alpha))


def _warn_of_heavy_subsampling(corpus: Corpus, config: TrainingConfig, n_words: int) -> None:
    """In a small corpus every word is frequent, and the usual `sample` leaves nearly nothing."""
    counts = corpus.vocabulary.counts[:n_words]
    keep = corpus.vocabulary.keep_probability(n_words, config.sample)
    kept = float((counts * keep).sum() / counts.sum())
    if kept < LEAST_KEPT:
        warnings.warn(
            f"sample={config.sample:g} keeps only {kept:.1%} of the {counts.sum():,} tokens of "
            f"this corpus in an epoch, as its {n_words:,} words are all frequent; for a small "
            "corpus pass sample=0",
            stacklevel=4,
        )


def _plan(
    corpus: Corpus,
    config: TrainingConfig,
    weights: Weights,
    visits: NDArray[np.int32] | None = None,
) -> _core.Plan:
    """Everything the threads share, for the core."""
    _check_offsets(corpus)
    n_words = len(weights.words)
    vocabulary = corpus.vocabulary
    keep = vocabulary.keep_probability(n_words, config.sample)
    noise = vocabulary.noise_distribution(n_words, config.ns_exponent)
    shape = step_shape(config, float(noise.max()))
    proposal = _proposal(noise, keep * vocabulary.counts[:n_words]) if shape.draw else None
    block = min(max(corpus.n_tokens // BLOCKS_PER_EPOCH, SMALLEST_BLOCK), LARGEST_BLOCK)
    return _core.Plan(
        tokens=corpus.tokens,
        offsets=corpus.offsets,
        keep=np.minimum(keep * 2.0**32, 2.0**32 - 1).astype(np.uint32),
        noise=_core.Noise(noise, proposal),
        words=weights.words,
        contexts=weights.contexts,
        kernel="blas" if config.kernel == "blas" else instruction_set(),
        vector_size=weights.vector_size,
        n_vocabulary=len(vocabulary),
        window=0 if config.window == "document" else config.window,
        shrink_windows=config.shrink_windows,
        negative=config.negative,
        lanes=shape.lanes,
        draw=shape.draw,
        pairs_at_once=shape.pairs_at_once,
        rows_at_once=shape.rows_at_once,
        loss_every=min(max(corpus.n_tokens // TOKENS_PER_LOSS_STEP, 1), LOSS_EVERY),
        block=block,
        blocks_per_job=BLOCKS_PER_JOB,
        visits=visits,
    )


def _proposal(noise: NDArray[np.float64], kept: NDArray[np.float64]) -> NDArray[np.float64]:
    """What shared noise words are drawn from: between the noise distribution and the text's own.

    A noise word moves a target by sigma(score), which is larger the more often the word occurs for
    its share of the noise, so words that do are drawn more often and weigh less: importance
    sampling, with the same expectation and less variance.
    """
    proposal = noise ** (1 - PROPOSAL_EXPONENT) * (kept / kept.sum()) ** PROPOSAL_EXPONENT
    # Every noise word must be drawn now and then: none may weigh more than this many.
    proposal = np.maximum(proposal / proposal.sum(), noise / LARGEST_NOISE_WEIGHT)
    result: NDArray[np.float64] = proposal / proposal.sum()
    return result


def instruction_set() -> str:
    """Name of the instruction set in use: the best of this machine, or that of SGNS_ISA.

    Raises
    ------
    ValueError
        The environment variable SGNS_ISA names one that this machine does not have.
    """
    available = _core.available_kernels()
    wanted = os.environ.get("SGNS_ISA")
    if not wanted:
        return available[-1]
    if wanted not in available:
        raise ValueError(f"SGNS_ISA: expected one of {', '.join(available)}, got {wanted!r}")
    return wanted


def _check_offsets(corpus: Corpus) -> None:
    """Refuse offsets that would lead the core outside the tokens."""
    offsets = corpus.offsets
    for start in range(0, len(offsets) - 1, _OFFSETS_AT_ONCE):
        piece = offsets[start : start + _OFFSETS_AT_ONCE + 1]
        if (np.diff(piece) < 0).any():
            place = start + int(np.argmax(np.diff(piece) < 0))
            raise FormatError(
                f"{corpus!r}: document {place:,} ends before it starts in offsets.npy; rebuild it"
            )
    if offsets[0] != 0 or offsets[-1] != corpus.n_tokens:
        raise FormatError(
            f"{corpus!r}: offsets.npy goes from {offsets[0]:,} to {offsets[-1]:,}, expected 0 to "
            f"{corpus.n_tokens:,}; rebuild it"
        )


def _epoch_keys(seed: int, epoch: int, shuffle: bool) -> tuple[int, int, int]:
    """Random keys of an epoch: of tokens, of the order of blocks (0: none), of noise."""
    key = _core.derive_key(seed, epoch)
    order = _core.derive_key(key, 2) or 1
    return _core.derive_key(key, 1), order if shuffle else 0, _core.derive_key(key, 3)


@dataclass(frozen=True, slots=True)
class _Schedule:
    """The learning rate falls linearly over the jobs of all epochs."""

    alpha: float
    min_alpha: float
    epochs: int
    jobs: int

    def at(self, epoch: int, job: int) -> float:
        progress = (epoch + job / self.jobs) / self.epochs
        return self.alpha - (self.alpha - self.min_alpha) * progress


@dataclass(slots=True)
class _Tally:
    """What the jobs of an epoch have counted so far."""

    loss: float = 0.0
    sampled_targets: int = 0
    sampled_pairs: int = 0
    targets: int = 0
    pairs: int = 0
    tokens: int = 0
    damaged: int = 0

    def add(self, job: _core.JobTally) -> None:
        self.loss += job["loss"]
        self.sampled_targets += job["sampled_targets"]
        self.sampled_pairs += job["sampled_pairs"]
        self.targets += job["targets"]
        self.pairs += job["pairs"]
        self.tokens += job["tokens"]
        self.damaged += job["damaged"]

    @property
    def loss_per_pair(self) -> float:
        return self.loss / self.sampled_pairs if self.sampled_pairs else float("nan")

    def record(self, epoch: int, seconds: float, alpha: float) -> EpochRecord:
        targets = self.sampled_targets
        return EpochRecord(
            epoch=epoch,
            loss_per_pair=self.loss_per_pair,
            loss_per_target=self.loss / targets if targets else float("nan"),
            loss_pairs=self.sampled_pairs,
            pairs=self.pairs,
            targets=self.targets,
            tokens=self.tokens,
            seconds=seconds,
            words_per_second=self.tokens / max(seconds, 1e-9),
            alpha=alpha,
        )


@dataclass(slots=True)
class _EpochRun:
    """The threads of one epoch."""

    corpus: Corpus
    plan: _core.Plan
    schedule: _Schedule
    epoch: int
    number: int
    n_workers: int
    highest_loss: float
    tally: _Tally = field(default_factory=_Tally)
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

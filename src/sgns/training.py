"""Training: epochs, one after the other, and the record of each.

An epoch is a list of jobs; a job is some blocks of the corpus in the epoch's random order. Threads
take the next job from a common counter. What a job does - its tokens, its random numbers, its
learning rates - follows from the seed, the epoch and its own number, never from the thread that
runs it; only the order in which jobs touch the shared weights depends on timing, and with one
worker not even that.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable

from sgns.config import TrainingConfig
from sgns.cores import count_workers
from sgns.corpus import Corpus
from sgns.epoch_run import EpochRun
from sgns.history import EpochRecord, Progress
from sgns.plan import make_plan
from sgns.progress import ProgressOption, progress_display
from sgns.schedule import Schedule, epoch_keys
from sgns.weights import Weights

# A loss per pair so many times that of knowing nothing, log 2 for every word, has diverged.
DIVERGED = 100
# A warning is given where subsampling keeps a smaller share of the tokens.
LEAST_KEPT = 0.05


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
    plan = make_plan(corpus, config, weights)
    _warn_of_heavy_subsampling(corpus, config, len(weights.words))
    schedule = Schedule(config.alpha, config.min_alpha, epochs, plan.n_jobs)
    with progress_display(progress) as show:
        begun = time.perf_counter()
        for epoch in range(epochs):
            plan.start_epoch(*epoch_keys(config.seed, epochs_before + epoch, shuffle))
            started = time.perf_counter()
            run = EpochRun(
                corpus,
                plan,
                schedule,
                epoch=epoch,
                number=epochs_before + epoch + 1,
                n_workers=n_workers,
                highest_loss=DIVERGED * (1 + config.negative) * math.log(2),
            )

            def report(run: EpochRun = run, epoch: int = epoch) -> None:
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

"""A call of `Model.train`: what goes on around the epochs, checkpoints above all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sgns.callbacks import (
    Callback,
    ask,
    checked_callbacks,
    checked_patience,
    is_out_of_patience,
)
from sgns.checkpoint import Checkpoints, RunState, open_checkpoints, read_state
from sgns.cluster_training import open_nodes
from sgns.config import TrainingConfig
from sgns.cores import count_workers
from sgns.corpus import Corpus
from sgns.errors import FormatError
from sgns.held_out import HeldOut, Validation, checked_validation
from sgns.history import EpochRecord
from sgns.interval import Every, Interval
from sgns.model_folder import load_model, write_model
from sgns.position import Position
from sgns.progress import ProgressOption
from sgns.training import Training

if TYPE_CHECKING:
    from sgns.model import Model

# A warning is given where subsampling keeps a smaller share of the tokens.
LEAST_KEPT = 0.05


@dataclass(frozen=True, kw_only=True)
class KeepOptions:
    """Where checkpoints go, how often, and whether to go on from one that is there."""

    checkpoint: Path | None
    every: Interval
    resume: bool

    @classmethod
    def of(
        cls, checkpoint: str | os.PathLike[str] | None, every: Every, resume: object
    ) -> KeepOptions:
        """Read what `Model.train` is given.

        Raises
        ------
        TypeError, ValueError
            Naming the parameter, what was expected and what came.
        """
        if not isinstance(resume, bool):
            raise TypeError(f"resume: expected True or False, got {resume!r}")
        if resume and checkpoint is None:
            raise ValueError("resume: expected a path as checkpoint=, got none")
        if checkpoint is not None and not isinstance(checkpoint, str | os.PathLike):
            raise TypeError(f"checkpoint: expected a path or None, got {checkpoint!r}")
        return cls(
            checkpoint=None if checkpoint is None else Path(checkpoint),
            every=Interval.of(every, name="checkpoint_every"),
            resume=resume,
        )


@dataclass(frozen=True, kw_only=True)
class EndOptions:
    """What is held out of training, and what ends it before its last epoch."""

    validation: Validation
    patience: int | None
    callbacks: list[Callback]

    @classmethod
    def of(
        cls, config: TrainingConfig, validation: Validation, patience: object, callbacks: object
    ) -> EndOptions:
        """Read what `Model.train` is given.

        Raises
        ------
        TypeError, ValueError
            Naming the parameter, what was expected and what came.
        """
        return cls(
            validation=checked_validation(validation, config),
            patience=checked_patience(patience, validation),
            callbacks=checked_callbacks(callbacks),
        )

    def described(self) -> dict[str, Any]:
        """What has to be the same when a run goes on, as JSON has it."""
        held = self.validation
        name = held.fingerprint if isinstance(held, Corpus) else held
        return {"validation": name, "patience": self.patience}


@dataclass(frozen=True, kw_only=True)
class WorkOptions:
    """Who trains, and in what order.

    Attributes
    ----------
    workers : int
        Threads of this machine.
    cluster_workers : int or None
        The same of a cluster, as it was given.
    """

    workers: int
    shuffle: bool
    deterministic: bool
    cluster: Any
    cluster_workers: int | None

    @classmethod
    def of(
        cls, workers: int | None, *, shuffle: bool, deterministic: bool, cluster: Any
    ) -> WorkOptions:
        """Read what `Model.train` is given.

        Raises
        ------
        TypeError, ValueError
            Naming the parameter, what was expected and what came.
        """
        n_workers = count_workers(workers)
        if cluster is not None and deterministic:
            raise ValueError("deterministic: expected False with a cluster, got True")
        return cls(
            workers=n_workers if cluster is None else count_workers(None),
            shuffle=shuffle,
            deterministic=deterministic,
            cluster=cluster,
            cluster_workers=None if workers is None else n_workers,
        )


def train_model(
    model: Model,
    history: list[EpochRecord],
    corpus: Corpus,
    *,
    epochs: int,
    work: WorkOptions,
    progress: ProgressOption,
    keeping: KeepOptions,
    ending: EndOptions,
) -> None:
    """Train the weights of `model` in place and add to its `history`; see `Model.train`."""
    _warn_of_heavy_subsampling(corpus, model.config, len(model.vocabulary))
    _warn_of_single_words(corpus, model.config)
    held_out = None
    if ending.validation is not None:
        held_out = HeldOut(corpus, ending.validation, model.vocabulary)
        held_out.check(model.config, model.weights)
    trained = corpus if held_out is None else held_out.trained
    with open_nodes(
        work.cluster,
        work.cluster_workers,
        corpus=corpus,
        trained=trained,
        config=model.config,
        weights=model.weights,
    ) as nodes:
        training = Training(
            corpus=trained,
            config=model.config,
            weights=model.weights,
            history=history,
            epochs=epochs,
            epochs_before=len(history),
            workers=work.workers,
            shuffle=work.shuffle,
            deterministic=work.deterministic,
            nodes=nodes,
            keep_every=keeping.every,
        )
        if held_out is not None:
            training.validate = lambda epoch: held_out.loss(
                model.config, model.weights, workers=work.workers, epoch=epoch
            )
        _run(model, training, corpus, progress, keeping, ending)


def _run(
    model: Model,
    training: Training,
    corpus: Corpus,
    progress: ProgressOption,
    keeping: KeepOptions,
    ending: EndOptions,
) -> None:
    """Train from the start, or from a checkpoint, and keep checkpoints."""
    history = training.history

    def ends_after(record: EpochRecord) -> bool:
        losses = [record.validation_loss for record in history[training.epochs_before :]]
        # Callbacks are asked in any case.
        return ask(ending.callbacks, model, record) | is_out_of_patience(losses, ending.patience)

    training.ends_after = ends_after
    training.is_watched = bool(ending.callbacks) or training.validate is not None
    if keeping.checkpoint is None:
        training.run(progress)
        return
    with open_checkpoints(keeping.checkpoint) as checkpoints:
        of_this = {"corpus": corpus.fingerprint, **ending.described()}
        kept = _KeptRun(model, training, checkpoints, of_this)
        if kept.go_on(resume=keeping.resume):
            return
        with kept.kept_on_interrupt():
            training.run(progress)
            kept.keep(Position(len(history) - training.epochs_before), finished=True)


class _KeptRun:
    """A run and its checkpoints."""

    def __init__(
        self, model: Model, training: Training, checkpoints: Checkpoints, given: dict[str, Any]
    ) -> None:
        self._model, self._training, self._checkpoints = model, training, checkpoints
        self._given = given
        training.keep = self.keep

    def keep(self, position: Position, *, finished: bool = False) -> None:
        """Write a checkpoint of where the run is."""
        self._training.check_finite()
        state = RunState(self._call(), position, finished)
        self._checkpoints.write(lambda folder: write_model(self._model, folder), state)

    def go_on(self, *, resume: bool) -> bool:
        """Take up the run of the checkpoint that is there; returns whether that had finished.

        Raises
        ------
        FileExistsError
            There is one, and it was not asked for.
        ValueError
            It is one of another call; the message names the difference.
        FormatError
            It is damaged.
        """
        checkpoint = self._checkpoints.latest()
        if checkpoint is None:
            return False
        if not resume:
            raise FileExistsError(
                f"'{self._checkpoints.path}' holds the checkpoint of a run; "
                "pass resume=True to go on with it, or another path"
            )
        state, training = read_state(checkpoint), self._training
        # Mapped: what is copied to the weights takes no memory beside them.
        saved = load_model(type(self._model), checkpoint, mmap=True)
        _compare(checkpoint, saved.config.to_dict(), self._model.config.to_dict())
        _compare(checkpoint, state.call, self._call())
        _compare_histories(checkpoint, saved.history, training.history)
        at = state.position
        if at.epoch > min(training.epochs, len(saved.history)) or at.job > training.plan.n_jobs:
            raise FormatError(
                f"checkpoint '{checkpoint}': no run of {training.epochs} epochs of "
                f"{training.plan.n_jobs} jobs comes to epoch {at.epoch}, job {at.job}"
            )
        if not saved.weights.are_finite():  # none such is ever written
            raise FormatError(f"checkpoint '{checkpoint}': there are weights that are no numbers")
        training.weights.take(saved.weights)
        training.history[:] = saved.history
        training.epochs_before = len(saved.history) - at.epoch
        training.start = at
        return state.finished

    @contextmanager
    def kept_on_interrupt(self) -> Iterator[None]:
        """Let Ctrl-C keep what has been learnt, and say where."""
        try:
            yield
        except KeyboardInterrupt as interrupt:
            position, where = self._training.position(), f"'{self._checkpoints.path}'"
            if position is None:
                text = f"stopped in the middle of a job; an earlier checkpoint may be in {where}"
            else:
                self.keep(position)
                text = f"the checkpoint is in {where}, from which the run can be resumed"
            raise type(interrupt)(text) from interrupt

    def _call(self) -> dict[str, Any]:
        """What has to be the same for the run to go on as if it had not been stopped."""
        training = self._training
        return {
            **self._given,
            "epochs": training.epochs,
            "jobs": training.plan.n_jobs,
            "shuffle": training.shuffle,
            "deterministic": training.deterministic,
            "shards": training.shards,
            **({} if training.nodes is None else {"cluster": True}),
        }


def _compare(checkpoint: Path, saved: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse to go on with anything else than what the run of the checkpoint was told."""
    for name in [*now, *(name for name in saved if name not in now)]:
        if saved.get(name) != now.get(name):
            what = "the fingerprint " if name == "corpus" else ""
            raise ValueError(
                f"checkpoint '{checkpoint}': {name}: expected {what}{saved.get(name)!r}, as in the "
                f"run that it is of, got {now.get(name)!r}"
            )


def _compare_histories(
    checkpoint: Path, saved: Sequence[EpochRecord], now: Sequence[EpochRecord]
) -> None:
    """Refuse to lose epochs that the model has and the checkpoint has not."""
    if list(saved[: len(now)]) != list(now):
        raise ValueError(
            f"checkpoint '{checkpoint}': the model has been trained for {len(now)} epochs that are "
            f"not the first ones of the {len(saved)} of the checkpoint; take a new model"
        )


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
            stacklevel=5,  # past Model and the decorator of its methods
        )


def _warn_of_single_words(corpus: Corpus, config: TrainingConfig) -> None:
    """A list of words in place of a list of documents gives documents of a word each."""
    if config.documents != "dbow" and corpus.n_tokens <= corpus.n_documents:
        warnings.warn(
            f"the {corpus.n_documents:,} documents have one word each or none, so no word has a "
            "context; each string of a list is a document: for one document of all these words "
            "pass [words]",
            stacklevel=5,
        )

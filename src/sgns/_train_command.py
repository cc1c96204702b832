"""`sgns train`: what can go wrong is found before the text is read, and what is learnt is kept."""

from __future__ import annotations

import argparse
import dataclasses
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from sgns._shell_input import (
    given,
    kind_of,
    kind_of_folder,
    open_or_build,
    open_vectors,
    refuse_to_replace,
    shows_progress,
)
from sgns._terminal import on_interrupt, one_line, print_json, print_rows, say
from sgns.termination import raised_on_sigterm

if TYPE_CHECKING:
    from sgns.config import TrainingConfig
    from sgns.corpus import Corpus
    from sgns.keyed_vectors import KeyedVectors
    from sgns.model import Model


def train(options: argparse.Namespace) -> None:
    """Train a model, or train one further, save it, and tell the loss of each epoch."""
    out = Path(options.out)
    with raised_on_sigterm(), on_interrupt(f"nothing was written to '{out}'"):
        _check_place(out, options)
        model, corpus = _model_to_train(options)
        epochs_before = len(model.history)
        trained = False
        try:
            if not options.quiet:
                words = f"{corpus.n_tokens:,} words"
                say(f"sgns: training on {words}; Ctrl-C stops and keeps the model")
            model.train(corpus=corpus, progress=shows_progress(options), **_effort(options))
            trained = True
            _save(model, out, options)
        except KeyboardInterrupt as interrupt:
            if "checkpoint" in options and not trained:
                raise  # it says where the checkpoint is
            _keep_unfinished(model, out, interrupt, trained=trained)
    _print_history(model, epochs_before, as_json=options.json)


def _trains_further(options: argparse.Namespace) -> bool:
    """Tell whether MODEL is trained further, and no run is gone on with from its checkpoint."""
    return bool(options.resume) and "checkpoint" not in options


def _effort(options: argparse.Namespace) -> dict[str, Any]:
    """Return what `Model.train` is given."""
    from sgns.model import Model

    effort = given(options, Model.train)
    if _trains_further(options):
        del effort["resume"]
    return effort


# ---- before the text is read --------------------------------------------------------------------


def _check_place(out: Path, options: argparse.Namespace) -> None:
    """Refuse a place where the model could not be saved in the end."""
    if not _trains_further(options):
        remedy = "pass --force to replace it"
        if "checkpoint" not in options:
            remedy += " or --resume to train it further"
        refuse_to_replace(out, options, remedy, kind="model")
    parent = out.parent
    if not parent.is_dir():
        raise FileNotFoundError(f"cannot save '{out}': there is no folder '{parent}'")
    try:
        # Permissions tell little (read-only disks, root, Windows); a folder that was made does.
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=parent):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(f"cannot save '{out}': folder '{parent}': {reason}") from error


def _model_to_train(options: argparse.Namespace) -> tuple[Model, Corpus]:
    """Return a new model, or the one that is trained further, and the corpus to train it on."""
    from sgns.config import TrainingConfig
    from sgns.model import Model

    parameters = given(options, TrainingConfig)
    if not _trains_further(options):
        _check_machine(TrainingConfig(**parameters))
        _check_storage(options)
        start = _start(options)
        corpus = open_or_build(options)
        storage = getattr(options, "document_storage", None)
        return Model(corpus, **parameters, document_storage=storage, start=start), corpus
    for name in [*parameters, *(["start"] if "start" in options else [])]:
        flag = f"--{name.replace('_', '-')}"
        raise ValueError(f"{flag}: with --resume the parameters are those of '{options.out}'")
    model = Model.load(options.out, document_storage=getattr(options, "document_storage", None))
    _check_machine(model.config)
    return model, open_or_build(options)


def _check_storage(options: argparse.Namespace) -> None:
    """Refuse a file of documents that is there, or that nothing would be in."""
    if "document_storage" not in options:
        return
    if options.__dict__.get("documents") is None:
        raise ValueError("--document-storage: expected with --documents only")
    if os.path.lexists(options.document_storage):
        raise FileExistsError(
            f"--document-storage: '{options.document_storage}' exists; where the run that made it "
            "was killed, remove it: checkpoints and saved models have its vectors"
        )


def _start(options: argparse.Namespace) -> Model | KeyedVectors | None:
    """Open the vectors to begin from: a model with its context vectors, or those of words."""
    from sgns.model import Model

    if "start" not in options:
        return None
    if kind_of(Path(options.start)) == "model":
        return Model.load(options.start, mmap=True)
    return open_vectors(options.start)


def _check_machine(config: TrainingConfig) -> None:
    """Refuse a wrong SGNS_ISA, where the kernel reads it."""
    from sgns.instruction_set import instruction_set

    if config.kernel != "blas":
        instruction_set()


# ---- after training -----------------------------------------------------------------------------


def _save(model: Model, out: Path, options: argparse.Namespace) -> None:
    """Save to `out`; where that fails, beside it, and say so."""
    try:
        model.save(out, overwrite=options.force or _trains_further(options))
    except Exception as error:
        beside = _beside(out)
        try:
            model.save(beside, overwrite=True)
        except Exception:
            raise error from None
        raise OSError(f"{one_line(error)}; the model is in '{beside}'") from error


def _keep_unfinished(
    model: Model, out: Path, interrupt: KeyboardInterrupt, *, trained: bool
) -> NoReturn:
    """Save a model that was interrupted while trained or saved, without replacing another."""
    place = _beside(out) if os.path.lexists(out) else out
    model.save(place, overwrite=place != out)
    done = len(model.history)
    state = f"as it was when it was stopped, in epoch {done + 1},"
    if trained:
        state = f"as it is after epoch {done}"
    raise type(interrupt)(f"the model {state} is in '{place}'")


def _beside(out: Path) -> Path:
    """Return where an unfinished model goes: it may replace another such, and nothing else."""
    place, number = out.with_name(f"{out.name}.interrupted"), 1
    while os.path.lexists(place) and kind_of_folder(place) != "model":
        number += 1
        place = out.with_name(f"{out.name}.interrupted-{number}")
    return place


def _print_history(model: Model, epochs_before: int, *, as_json: bool) -> None:
    records = [dataclasses.asdict(record) for record in model.history[epochs_before:]]
    if as_json:
        for record in records:
            print_json(record)
        return
    names = ["epoch", "loss_per_pair", "words_per_second", "seconds", "alpha"]
    if model.config.has_document_targets:
        names.insert(2, "document_loss_per_pair")
    if any(record["validation_loss"] == record["validation_loss"] for record in records):
        names.insert(2, "validation_loss")
    print_rows([names, *(tuple(record[name] for name in names) for record in records)])

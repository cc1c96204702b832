"""The shell commands.

Results go to standard output, as lines of tab-separated columns or as JSON; progress and errors
go to standard error. Each command imports what it needs, so `sgns --help` is quick.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import warnings
from collections.abc import Collection, Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sgns._evaluate_command import evaluate
from sgns._export_command import export
from sgns._infer_command import infer
from sgns._map_command import write_map_page
from sgns._plot_command import plot
from sgns._report_command import report
from sgns._shell_input import (
    given,
    kind_of,
    open_vectors,
    refuse_to_replace,
    shows_progress,
    source,
)
from sgns._similar_command import neighbours, similar
from sgns._terminal import on_interrupt, one_line, print_json, print_rows, say, show_warning
from sgns._train_command import train
from sgns.arguments import USAGE_ERROR, command_parser
from sgns.termination import TerminatedError

if TYPE_CHECKING:
    from sgns.corpus import Corpus
    from sgns.keyed_vectors import KeyedVectors
    from sgns.model import Model

# 128 and the number of the signal, as shells have it.
INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143
# What the library raises for wrong arguments and files, and the machine for what it cannot give.
# ArithmeticError: training diverged. RuntimeError: no more threads.
_TOLD = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    ImportError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0, 2 for an error, 130 for Ctrl-C, 143 for SIGTERM."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with warnings.catch_warnings():
            warnings.showwarning = show_warning
            options = command_parser().parse_args(arguments)
            _COMMANDS[options.command](options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has what it wanted; nothing may be flushed to it when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt as interrupt:
        is_terminated = isinstance(interrupt, TerminatedError)
        what = "terminated" if is_terminated else "interrupted"
        say(f"sgns: {what}; {interrupt}" if str(interrupt) else f"sgns: {what}")
        return TERMINATED if is_terminated else INTERRUPTED
    except _TOLD as error:
        say(f"sgns: error: {one_line(error, _parameters())}")
        return USAGE_ERROR
    return 0


def _parameters() -> Collection[str]:
    """Names of parameters whose options have the same name."""
    from sgns.config import TrainingConfig

    of_calls = {"epochs", "workers", "validation", "patience", "cluster", "shards"}
    return {field.name for field in dataclasses.fields(TrainingConfig)} | of_calls


# ---- commands -----------------------------------------------------------------------------------


def _build(options: argparse.Namespace) -> None:
    from sgns.corpus import Corpus

    refuse_to_replace(options.out, options, kind="corpus")
    with on_interrupt(f"nothing was written to '{options.out}'"):
        corpus = Corpus.build(
            source(options.source),
            options.out,
            overwrite=options.force,
            progress=shows_progress(options),
            **given(options, Corpus.build),
        )
    with corpus:
        print_rows(_corpus_facts(corpus).items())


def _analogy(options: argparse.Namespace) -> None:
    vectors = open_vectors(options.vectors)
    answer = vectors.most_similar(
        positive=[options.b, options.c], negative=[options.a], topn=options.topn
    )
    if options.json:
        print_json(neighbours(answer))
        return
    print_rows((other, f"{cosine:.4f}") for other, cosine in answer)


def _info(options: argparse.Namespace) -> None:
    from sgns.corpus import Corpus
    from sgns.model import Model

    path = Path(options.path)
    kind = kind_of(path)
    facts: dict[str, Any]
    if kind == "corpus":
        with Corpus.open(path) as corpus:
            facts = _corpus_facts(corpus)
    elif kind == "model":
        facts = _model_facts(Model.load(path, mmap=True))
    else:
        facts = {"kind": "vectors", **_vector_facts(open_vectors(path))}
    if options.json:
        print_json(facts)
    else:
        print_rows(facts.items())


def _config(options: argparse.Namespace) -> None:
    del options
    from sgns import show_config

    show_config()


def _demo(options: argparse.Namespace) -> None:
    from sgns import demo

    with on_interrupt(f"what was written is in '{options.folder}'"):
        for line in demo.run(options.folder, **given(options, demo.run)):
            print(line, flush=True)


_COMMANDS = {
    "analogy": _analogy,
    "build": _build,
    "config": _config,
    "demo": _demo,
    "evaluate": evaluate,
    "export": export,
    "infer": infer,
    "info": _info,
    "map": write_map_page,
    "plot": plot,
    "report": report,
    "similar": similar,
    "train": train,
}


# ---- what is told -------------------------------------------------------------------------------


def _corpus_facts(corpus: Corpus) -> dict[str, Any]:
    from sgns.corpus_meta import SHARDS

    facts = {
        "kind": "corpus",
        "words": corpus.n_tokens,
        "documents": corpus.n_documents,
        "vocabulary": len(corpus.vocabulary),
        "tags": None if corpus.tags is None else len(corpus.tags.keys),
        "tokenizer": corpus.meta.get("tokenizer"),
        "fingerprint": corpus.fingerprint,
    }
    return facts | ({"shards": len(corpus.meta[SHARDS])} if SHARDS in corpus.meta else {})


def _vector_facts(vectors: KeyedVectors) -> dict[str, Any]:
    return {
        "vectors": len(vectors),
        "vector_size": vectors.vector_size,
        "dtype": vectors.vectors.dtype.name,
        "first_keys": vectors.index_to_key[:5],
    }


def _model_facts(model: Model) -> dict[str, Any]:
    facts = {"kind": "model", **_vector_facts(model.learnt_words), "epochs": len(model.history)}
    if model.tags is not None:
        facts["document_vectors"] = len(model.tags)
    for name in ("loss_per_pair", "document_loss_per_pair") if model.history else ():
        loss = getattr(model.history[-1], name)
        if name == "loss_per_pair" or not isnan(loss):
            facts[name] = loss
    return {**facts, **dataclasses.asdict(model.config)}

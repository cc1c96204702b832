"""The shell commands.

Results go to standard output, as lines of tab-separated columns or as JSON; progress and errors
go to standard error. Each command imports what it needs, so `sgns --help` is quick.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import warnings
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sgns._shell_input import (
    given,
    kind_of,
    open_vectors,
    refuse_to_replace,
    shows_progress,
    source,
)
from sgns._terminal import on_interrupt, one_line, print_json, print_rows, say, show_warning
from sgns._train_command import train
from sgns.arguments import USAGE_ERROR, command_parser

if TYPE_CHECKING:
    from sgns.corpus import Corpus
    from sgns.keyed_vectors import KeyedVectors
    from sgns.model import Model

INTERRUPTED, PIPE_CLOSED = 130, 141  # 128 and the number of the signal, as shells have it
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
    """Run one command and return the exit code: 0, 2 for an error, 130 for Ctrl-C."""
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
        say(f"sgns: interrupted; {interrupt}" if str(interrupt) else "sgns: interrupted")
        return INTERRUPTED
    except _TOLD as error:
        say(f"sgns: error: {one_line(error, _parameters())}")
        return USAGE_ERROR
    return 0


def _parameters() -> Collection[str]:
    """Names of parameters whose options have the same name."""
    from sgns.config import TrainingConfig

    return {field.name for field in dataclasses.fields(TrainingConfig)} | {"epochs", "workers"}


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


def _similar(options: argparse.Namespace) -> None:
    answers = open_vectors(options.vectors).most_similar_batch(options.words, topn=options.topn)
    if options.json:
        print_json(
            [
                {"word": word, "similar": _neighbours(answer)}
                for word, answer in zip(options.words, answers, strict=True)
            ]
        )
        return
    print_rows(
        (word, other, f"{cosine:.4f}")
        for word, answer in zip(options.words, answers, strict=True)
        for other, cosine in answer
    )


def _analogy(options: argparse.Namespace) -> None:
    vectors = open_vectors(options.vectors)
    answer = vectors.most_similar(
        positive=[options.b, options.c], negative=[options.a], topn=options.topn
    )
    if options.json:
        print_json(_neighbours(answer))
        return
    print_rows((other, f"{cosine:.4f}") for other, cosine in answer)


def _export(options: argparse.Namespace) -> None:
    out = Path(options.out)
    is_matrix = out.suffix == ".npy"
    if is_matrix and options.binary:
        raise ValueError(f"--binary is about word2vec's format, and '{out}' is to be a .npy file")
    keys_path = Path(f"{out}.keys.json")
    for path in (out, keys_path) if is_matrix else (out,):
        refuse_to_replace(path, options)
    with on_interrupt(f"'{out}' was not written"):
        vectors = open_vectors(options.vectors)
        if is_matrix:
            _write_matrix(vectors, out, keys_path)
        else:
            vectors.save_word2vec_format(out, binary=options.binary)


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
    "export": _export,
    "info": _info,
    "similar": _similar,
    "train": train,
}


# ---- what is told -------------------------------------------------------------------------------


def _corpus_facts(corpus: Corpus) -> dict[str, Any]:
    return {
        "kind": "corpus",
        "words": corpus.n_tokens,
        "documents": corpus.n_documents,
        "vocabulary": len(corpus.vocabulary),
        "tokenizer": corpus.meta.get("tokenizer"),
        "fingerprint": corpus.fingerprint,
    }


def _vector_facts(vectors: KeyedVectors) -> dict[str, Any]:
    return {
        "vectors": len(vectors),
        "vector_size": vectors.vector_size,
        "dtype": vectors.vectors.dtype.name,
        "first_keys": vectors.index_to_key[:5],
    }


def _model_facts(model: Model) -> dict[str, Any]:
    facts = {"kind": "model", **_vector_facts(model.wv), "epochs": len(model.history)}
    if model.history:
        facts["loss_per_pair"] = model.history[-1].loss_per_pair
    return {**facts, **dataclasses.asdict(model.config)}


def _neighbours(answer: Iterable[tuple[Any, float]]) -> list[dict[str, Any]]:
    return [{"word": word, "cosine": cosine} for word, cosine in answer]


# ---- what is written ----------------------------------------------------------------------------


def _write_matrix(vectors: KeyedVectors, out: Path, keys_path: Path) -> None:
    import numpy as np

    from sgns._files import atomic_write

    with atomic_write(keys_path) as file:
        file.write(json.dumps(list(vectors.index_to_key), ensure_ascii=False).encode())
    with atomic_write(out) as file:
        np.save(file, vectors.vectors, allow_pickle=False)

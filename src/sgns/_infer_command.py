"""`sgns infer`: vectors of documents that a model was not trained on."""

from __future__ import annotations

import argparse
from pathlib import Path

from sgns._shared_arguments import (
    add_force,
    add_quiet,
    add_reading,
    add_source,
    positive,
    positive_or_none,
)
from sgns._shell_input import given, kind_of_folder, open_or_build, refuse_to_replace
from sgns._shown_vectors import open_model
from sgns._signature_options import add_option
from sgns._terminal import on_interrupt, print_rows


def add_infer(parser: argparse.ArgumentParser) -> None:
    """Add what `sgns infer` takes."""
    from sgns.model import Model

    parser.add_argument("model", metavar="MODEL", help="a model trained with --documents")
    add_source(parser, "CORPUS_OR_TEXT", "documents: a corpus made by `sgns build`; or text, - for")
    parser.add_argument(
        "-o",
        "--out",
        metavar="OUT",
        required=True,
        help="the matrix, a .npy file: row i is the vector of document i, counted from 0",
    )
    add_force(parser, "OUT")
    add_quiet(parser)
    add_option(parser, Model.infer, "epochs", int, "passes over each document", convert=positive)
    workers = "threads; none is every core"
    add_option(parser, Model.infer, "workers", int | None, workers, convert=positive_or_none)
    rate = "learning rate of the first pass; none is that of training"
    add_option(parser, Model.infer, "alpha", float | None, rate)
    add_option(parser, Model.infer, "min_alpha", float | None, "and of the last; none likewise")
    seed = "of every random number; none is that of training"
    add_option(parser, Model.infer, "seed", int | None, seed)
    add_reading(parser.add_argument_group("reading text (not for a corpus)"))


def infer(options: argparse.Namespace) -> None:
    """Infer the vectors of all documents and write them to a file."""
    from sgns._files import atomic_write, write_npy
    from sgns.model import Model

    out = Path(options.out)
    refuse_to_replace(out, options)
    model = open_model(options.model)
    if model.tags is None:
        raise ValueError(f"'{options.model}' has no document vectors; train one with --documents")
    is_corpus = len(options.source) == 1 and kind_of_folder(Path(options.source[0])) == "corpus"
    if "tokenizer" not in options and model.tokenizer is not None and not is_corpus:
        options.tokenizer = model.tokenizer
    effort = given(options, Model.infer)
    effort.pop("tokenizer", None)
    with on_interrupt(f"'{out}' was not written"), open_or_build(options) as corpus:
        vectors = model.infer(corpus, **effort)
        with atomic_write(out) as file:
            write_npy(file, vectors)
    print_rows([("documents", len(vectors)), ("vector_size", model.config.vector_size)])

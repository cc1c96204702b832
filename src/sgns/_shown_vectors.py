"""Which vectors pictures, maps and reports show, and how: what these commands share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sgns._shared_arguments import positive
from sgns._shell_input import kind_of, open_vectors
from sgns._signature_options import add_option

if TYPE_CHECKING:
    from sgns.keyed_vectors import KeyedVectors
    from sgns.model import Model


def add_map_options(parser: argparse._ActionsContainer, function: Callable[..., Any]) -> None:
    """Add the options that a function drawing a map takes; those not given are left to it."""
    from sgns._map_projection import MapMethod

    add_option(parser, function, "n_words", int, "how many of the first words", convert=positive)
    add_option(parser, function, "method", MapMethod, "how to come to the plane")
    add_list(parser, "highlight", "WORD", "words to make stand out")
    parser.add_argument(
        "--labels",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="a word and its group on each line, which gives its colour (default: clusters)",
    )
    clusters = "how many clusters to colour, none for one in 25 words"
    add_option(parser, function, "clusters", int | None, clusters)
    add_option(parser, function, "seed", int, "of t-SNE, UMAP and clusters")


def add_title(parser: argparse._ActionsContainer) -> None:
    """Add the title."""
    parser.add_argument("--title", default=argparse.SUPPRESS, help="what to write above")


def add_list(parser: argparse._ActionsContainer, name: str, metavar: str, text: str) -> None:
    """Add an option that takes one value or more, and is absent unless given."""
    parser.add_argument(
        f"--{name}", nargs="+", metavar=metavar, default=argparse.SUPPRESS, help=text
    )


def add_documents(parser: argparse._ActionsContainer) -> None:
    """Add the wish to see documents instead of words."""
    parser.add_argument(
        "--documents", action="store_true", help="the vectors of documents, not of words"
    )


def shown_vectors(options: argparse.Namespace) -> KeyedVectors:
    """Open the vectors of words, or with --documents those of documents."""
    if not options.documents:
        return open_vectors(options.vectors)
    vectors: KeyedVectors | None = getattr(open_model(options.vectors), "dv", None)
    if vectors is None:
        raise ValueError(f"--documents: '{options.vectors}' has vectors of words only")
    return vectors


def open_model(path: str | os.PathLike[str]) -> Model:
    """Open a model, for what vectors alone do not tell."""
    from sgns.model import Model

    if kind_of(Path(path)) != "model":
        raise ValueError(f"expected a model made by `sgns train`, got '{path}'")
    return Model.load(path, mmap=True)


def read_labels(path: str) -> dict[str, str]:
    """Read a word and its label from each line."""
    from sgns.evaluation_files import read_categories

    groups = read_categories(path)
    return {word: label for label, words in groups.items() for word in words}


def with_keys(vectors: KeyedVectors, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments whose words are the keys that are meant: numbers, where keys are numbers."""
    if not vectors.has_int_keys:
        return arguments

    def key(text: str) -> Any:
        return int(text) if text.isdecimal() else text  # what is no number is told as unknown

    meant = dict(arguments)
    for name in meant.keys() & {"words", "highlight"}:
        meant[name] = [key(text) for text in meant[name]]
    if "labels" in meant:
        meant["labels"] = {key(text): label for text, label in meant["labels"].items()}
    return meant

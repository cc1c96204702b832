"""Arguments that several commands take."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from sgns._signature_options import add_option
from sgns.config import NEIGHBOURS


def add_source(parser: argparse.ArgumentParser, metavar: str, text: str) -> None:
    """Add what is read: one name or several."""
    parser.add_argument("source", metavar=metavar, nargs="+", help=f"{text} standard input")


def add_reading(parser: argparse._ActionsContainer) -> None:
    """Add how text is read."""
    from sgns.corpus import Corpus

    tokenizers = Literal["whitespace", "words"]
    split = "split at white space, or into lower-cased words without punctuation"
    add_option(parser, Corpus.build, "tokenizer", tokenizers, split)
    unit = "what a document is"
    add_option(parser, Corpus.build, "document_unit", Literal["line", "file"], unit)
    invalid = "stop at invalid UTF-8, put U+FFFD in its place, or leave it out"
    add_option(parser, Corpus.build, "errors", Literal["strict", "replace", "ignore"], invalid)
    parser.add_argument(
        "--tags",
        action="store_const",
        const="column",
        default=argparse.SUPPRESS,
        help="each line begins with the tag of its document and a tab (default: no tags)",
    )


def add_force(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the leave to replace what is there."""
    parser.add_argument("--force", action="store_true", help=f"replace {what} if it exists")


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Add the wish to see no progress."""
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def add_vectors(parser: argparse.ArgumentParser) -> None:
    """Add the model, or the vectors in whatever form."""
    parser.add_argument(
        "vectors", metavar="MODEL", help="a model, saved vectors, or a file in word2vec's format"
    )


def add_topn(parser: argparse.ArgumentParser) -> None:
    """Add how many words an answer has."""
    parser.add_argument(
        "--topn",
        type=positive,
        metavar="N",
        default=NEIGHBOURS,
        help="how many words to list (default: %(default)s)",
    )


def add_effort(parser: argparse.ArgumentParser, function: Callable[..., Any]) -> None:
    """Add epochs and workers, whose values are checked before a long text is read."""
    add_option(parser, function, "epochs", int, "passes over the text", convert=positive)
    text = "threads; none is every core"
    add_option(parser, function, "workers", int | None, text, convert=positive_or_none)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the wish for JSON."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def positive(text: str) -> int:
    """Turn text into a whole number of 1 or more."""
    with suppress(ValueError):
        if int(text) >= 1:
            return int(text)
    raise argparse.ArgumentTypeError(f"expected a whole number of 1 or more, got '{text}'")


def positive_or_none(text: str) -> int | None:
    """Turn text into a whole number of 1 or more, or None."""
    if text.lower() == "none":
        return None
    with suppress(argparse.ArgumentTypeError):
        return positive(text)
    raise argparse.ArgumentTypeError(
        f"expected a whole number of 1 or more or 'none', got '{text}'"
    )

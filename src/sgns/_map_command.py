"""`sgns map`: a page with a map of vectors, to zoom and to search."""

from __future__ import annotations

import argparse

from sgns._shared_arguments import add_force, add_vectors, positive
from sgns._shell_input import given, refuse_to_replace
from sgns._shown_vectors import (
    add_documents,
    add_list,
    add_map_options,
    add_title,
    read_labels,
    shown_vectors,
    with_keys,
)
from sgns._signature_options import add_option
from sgns._terminal import on_interrupt


def add_map(parser: argparse.ArgumentParser) -> None:
    """Add what `sgns map` takes."""
    from sgns.interactive_map import write_map

    add_vectors(parser)
    parser.add_argument("out", metavar="OUT", help="the page, a file that any browser opens")
    add_list(parser, "words", "WORD", "which words to draw (default: the first)")
    add_map_options(parser, write_map)
    add_option(parser, write_map, "topn", int, "how many neighbours to show", convert=positive)
    add_documents(parser)
    add_title(parser)
    add_force(parser, "OUT")


def write_map_page(options: argparse.Namespace) -> None:
    """Write the page."""
    from sgns.interactive_map import write_map

    refuse_to_replace(options.out, options)
    arguments = given(options, write_map)
    if "labels" in arguments:
        arguments["labels"] = read_labels(arguments["labels"])
    with on_interrupt(f"'{options.out}' was not written"):
        vectors = shown_vectors(options)
        write_map(vectors, options.out, **with_keys(vectors, arguments))

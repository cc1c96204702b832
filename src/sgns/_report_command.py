"""`sgns report`: a page on a model."""

from __future__ import annotations

import argparse
from typing import Any

from sgns._evaluate_command import add_judges, check_files
from sgns._shared_arguments import add_force, positive
from sgns._shell_input import given, refuse_to_replace
from sgns._shown_vectors import add_list, add_title, open_model
from sgns._signature_options import add_option
from sgns._terminal import on_interrupt


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add what `sgns report` takes."""
    from sgns._map_projection import MapMethod
    from sgns.report import write_report

    parser.add_argument("model", metavar="MODEL", help="a model made by `sgns train`")
    parser.add_argument("out", metavar="OUT", help="the page, a file that any browser opens")
    add_judges(parser)
    add_list(parser, "words", "WORD", "words whose neighbours to show (default: those of probes)")
    topn = "how many neighbours of each word"
    add_option(parser, write_report, "topn", int, topn, convert=positive)
    first = "how many words the map shows"
    add_option(parser, write_report, "n_words", int, first, convert=positive)
    add_option(parser, write_report, "method", MapMethod, "how the map comes to the plane")
    rare = "words past so many are unknown in pairs and analogies"
    add_option(parser, write_report, "restrict_vocab", int | None, rare)
    add_option(parser, write_report, "seed", int, "of t-SNE, UMAP and clusters")
    add_title(parser)
    add_force(parser, "OUT")


def report(options: argparse.Namespace) -> None:
    """Judge the model and write the page."""
    from sgns.evaluation import evaluate_clustering, evaluate_outliers
    from sgns.report import write_report

    refuse_to_replace(options.out, options)
    check_files(options)
    kv = open_model(options.model).learnt_words
    judged: list[Any] = [evaluate_clustering(kv, file) for file in options.categories_files]
    judged += [evaluate_outliers(kv, file) for file in options.groups_files]
    arguments = given(options, write_report)
    for name in ("model", "probes"):
        arguments.pop(name)
    with on_interrupt(f"'{options.out}' was not written"):
        write_report(
            options.model,
            options.out,
            pairs=options.pairs_files,
            analogies=options.analogies_files,
            results=judged,
            probes=options.probes or None,
            **arguments,
        )

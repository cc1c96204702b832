"""`sgns evaluate`: what it takes, and what it tells."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sgns._shared_arguments import add_json, add_vectors
from sgns._shell_input import given, open_vectors
from sgns._signature_options import add_option
from sgns._terminal import print_json, print_text

if TYPE_CHECKING:
    from sgns._evaluation_facts import Result
    from sgns.keyed_vectors import KeyedVectors


# What judges the vectors by files of each kind, by its name in `sgns.evaluation`.
_JUDGES = {
    "pairs": "evaluate_word_pairs",
    "analogies": "evaluate_word_analogies",
    "categories": "evaluate_clustering",
    "groups": "evaluate_outliers",
}


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Add what `sgns evaluate` takes."""
    from sgns.evaluation import SimilarityFunction, evaluate_word_analogies

    add_vectors(parser)
    add_judges(parser)
    function = evaluate_word_analogies
    first = "words past so many are unknown; without it all count for categories, groups, probes"
    add_option(parser, function, "restrict_vocab", int | None, first)
    case = "compare words by their upper case; without it, probes do not"
    add_option(parser, function, "case_insensitive", bool, case)
    unknown = "pairs with an unknown word are similar by 0, questions with one answered wrongly"
    add_option(parser, function, "dummy4unknown", bool, unknown)
    formula = "how analogies are answered: by 3CosAdd or by 3CosMul"
    add_option(parser, function, "similarity_function", SimilarityFunction, formula)
    add_option(parser, function, "bootstrap", int, "resamples behind the intervals; 0 for none")
    add_option(parser, function, "seed", int, "of the resampling, and of the random pairs")
    add_json(parser)


def add_judges(parser: argparse._ActionsContainer) -> None:
    """Add what vectors are judged by: files, and pairs of words."""
    for name, metavar, text in (
        ("pairs", "FILE", "word pairs with a score on each line"),
        ("analogies", "FILE", "four words on each line, under headings ': name'"),
        ("categories", "FILE", "a word and its category on each line: the purity of clusters"),
        ("groups", "PATH", "words, an empty line, outliers; a file, or a folder of .txt files"),
    ):
        parser.add_argument(
            f"--{name}", dest=f"{name}_files", nargs="+", metavar=metavar, default=[], help=text
        )
    parser.add_argument(
        "--probes",
        nargs="*",
        type=word_pair,
        metavar="WORD,WORD",
        help="pairs whose similarity and rank to tell; without any, some of common English words",
    )


def word_pair(text: str) -> tuple[str, str]:
    """Turn ``movie,movies`` into its two words."""
    first, comma, second = (part.strip() for part in text.partition(","))
    if not (first and comma and second) or "," in second:
        raise argparse.ArgumentTypeError(f"expected two words and a comma between, got '{text}'")
    return first, second


def evaluate(options: argparse.Namespace) -> None:
    """Judge vectors by all that is named, or by probes of English words if nothing is."""
    check_files(options)
    if options.probes is None and not any(_files(options)):
        options.probes = []
    found = results(open_vectors(options.vectors), options)
    if options.json:
        from sgns._evaluation_facts import facts

        answer: dict[str, Any] = {}
        for kind, file, result in found:
            if file is None:
                answer |= facts(result)
            else:
                answer.setdefault(kind, []).append({"file": file, **facts(result)})
        print_json(answer)
        return
    print_text("\n\n".join(_told(file, result) for _, file, result in found))


def check_files(options: argparse.Namespace) -> None:
    """Find a missing file before anything long begins."""
    for kind, file in _files(options):
        if not Path(file).exists():
            raise FileNotFoundError(f"--{kind}: no file named '{file}'")


def results(
    vectors: KeyedVectors, options: argparse.Namespace
) -> Iterator[tuple[str, str | None, Result]]:
    """Yield kind, file and result of everything that vectors are to be judged by."""
    from sgns import evaluation

    for kind, file in _files(options):
        judge = getattr(evaluation, _JUDGES[kind])
        yield kind, file, judge(vectors, file, **given(options, judge))
    if options.probes is not None:
        pairs: Sequence[tuple[str, str]] = options.probes or evaluation.ENGLISH_PROBES
        probe = evaluation.probe_pairs
        yield "probes", None, probe(vectors, pairs, **given(options, probe))


def _files(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    for kind in _JUDGES:
        for file in getattr(options, f"{kind}_files"):
            yield kind, file


def _told(file: str | None, result: Result) -> str:
    """Return a result as text that names what it is of."""
    name = getattr(result, "name", None)
    return str(result) if file is None or name is not None else f"{Path(file).name}: {result}"

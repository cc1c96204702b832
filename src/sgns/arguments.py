"""What the shell commands take: one function a command, called when that command is chosen.

Defaults are those of the functions and of the configuration behind the commands, read from there:
an argument that is not given is not passed on.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from sgns._evaluate_command import add_evaluate
from sgns._infer_command import add_infer
from sgns._map_command import add_map
from sgns._plot_command import add_plot
from sgns._report_command import add_report
from sgns._shared_arguments import (
    add_effort,
    add_force,
    add_json,
    add_quiet,
    add_reading,
    add_source,
    add_topn,
    add_vectors,
    positive,
    positive_or_none,
)
from sgns._shown_vectors import add_documents
from sgns._signature_options import add_fields, add_option
from sgns._similar_command import add_similar
from sgns.gensim_names import RENAMED

USAGE_ERROR = 2

_Fill = Callable[["CommandParser"], None]


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors are one line, and which gets its arguments when it first parses."""

    def __init__(self, *args: Any, fill: _Fill | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)
        self._fill = fill
        self._is_command = fill is not None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Add the arguments of this command, once, and parse; a command knows all of them."""
        if self._fill is not None:
            fill, self._fill = self._fill, None
            fill(self)
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown and self._is_command:
            self.error(f"unrecognized arguments: {' '.join(unknown)}{self._meant(unknown)}")
        return parsed, unknown

    def _meant(self, unknown: Sequence[str]) -> str:
        """Say what the first option may mean that is not there."""
        name = next((word[2:].partition("=")[0] for word in unknown if word.startswith("--")), "")
        flags = [flag[2:] for flag in self._option_string_actions if flag.startswith("--")]
        renamed = RENAMED.get(name.replace("-", "_"), "").replace("_", "-")
        near = [renamed] if renamed in flags else difflib.get_close_matches(name, flags, n=1)
        return f"; did you mean --{near[0]}?" if near else ""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments in one line, and leave."""
        self.exit(USAGE_ERROR, f"sgns: error: {message} (try `{self.prog} --help`)\n")


class _ShowVersion(argparse.Action):
    """Like argparse's own, but looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"sgns {version('sgns')}\n")
        parser.exit()


def command_parser() -> CommandParser:
    """Return the parser of all commands; the name of the chosen one is in `command`."""
    parser = CommandParser(
        prog="sgns",
        description="Word vectors by skip-gram with negative sampling.",
        epilog="`sgns COMMAND --help` explains a command, with an example.",
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="print it and leave")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=CommandParser
    )
    for name, (fill, summary, examples) in COMMANDS.items():
        lines = "\n".join(f"  {example}" for example in examples)
        commands.add_parser(
            name,
            fill=fill,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}{'' if summary.endswith('?') else '.'}",
            epilog=f"example{'s'[: len(examples) - 1]}:\n{lines}",
        )
    return parser


# ---- commands -----------------------------------------------------------------------------------


def _build(parser: CommandParser) -> None:
    from sgns.corpus import Corpus

    add_source(parser, "TEXT", "a file (plain, .gz, .bz2, .xz), a folder, a pattern, or - for")
    parser.add_argument("out", metavar="OUT", help="the corpus, a new folder")
    add_force(parser, "OUT")
    add_quiet(parser)
    add_reading(parser)
    _add_cluster(parser, "read files in parallel, in shards,")
    most = "shards at most; none is one for each worker of the cluster"
    add_option(parser, Corpus.build, "shards", int | None, most, convert=positive_or_none)
    processes = "processes of `--cluster local`, else threads; none is every core"
    add_option(parser, Corpus.build, "workers", int | None, processes, convert=positive_or_none)


def _add_cluster(parser: CommandParser, what: str) -> None:
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS|local",
        default=argparse.SUPPRESS,
        help=f"{what} by the workers of the Dask scheduler at this address, or by processes of "
        "this machine (default: none)",
    )


def _train(parser: CommandParser) -> None:
    from sgns.config import TrainingConfig
    from sgns.model import Model

    add_source(parser, "CORPUS_OR_TEXT", "a corpus made by `sgns build`; or text, - for")
    parser.add_argument("out", metavar="MODEL", help="the model, a new folder")
    add_force(parser, "MODEL")
    _add_checkpoint(parser)
    add_quiet(parser)
    add_json(parser)
    add_effort(parser, Model.train)
    _add_cluster(parser, "train replicas, whose changes are merged,")
    add_option(parser, Model.train, "shuffle", bool, "visit documents in a new order each epoch")
    same = "the same bits for the same seed, whatever --workers is"
    add_option(parser, Model.train, "deterministic", bool, same)
    share = "share of the text, its last documents, to measure the loss of and not to train"
    add_option(parser, Model.train, "validation", float, share)
    patience = "end when that loss has not fallen for so many epochs"
    add_option(parser, Model.train, "patience", int, patience, convert=positive)
    add_fields(parser.add_argument_group("training parameters"), TrainingConfig)
    _add_beginning(parser.add_argument_group("documents, and beginning from other vectors"))
    add_reading(parser.add_argument_group("reading text (not for a corpus)"))


def _add_beginning(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--document-storage",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="keep the matrix of documents in this new file while training (default: in memory)",
    )
    parser.add_argument(
        "--start",
        metavar="MODEL",
        default=argparse.SUPPRESS,
        help="begin from the vectors of this model, or from word vectors in any format "
        "(default: from random ones)",
    )


def _add_checkpoint(parser: CommandParser) -> None:
    from sgns.model import Model

    parser.add_argument(
        "--resume",
        action="store_true",
        help="train MODEL, which exists, further; with --checkpoint, go on with the run of the "
        "checkpoint in DIR, or start where there is none",
    )
    parser.add_argument(
        "--checkpoint",
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="keep in this folder how far training has come, at Ctrl-C and SIGTERM too",
    )
    often = "how often: epoch, a time such as 30s, 5min or 2h, or a number of tokens"
    add_option(parser, Model.train, "checkpoint_every", int | str, often, convert=_interval)


def _interval(text: str) -> int | str:
    from sgns.interval import Interval

    every = int(text) if text.isdecimal() else text
    try:
        Interval.of(every, name="interval")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("interval: ")) from None
    return every


def _analogy(parser: CommandParser) -> None:
    add_vectors(parser)
    for name, text in (
        ("a", "the word that B belongs to: man"),
        ("b", "what belongs to A: king"),
        ("c", "the word that the answer belongs to, as B does to A: woman (answer: queen)"),
    ):
        parser.add_argument(name, metavar=name.upper(), help=text)
    add_topn(parser)
    add_json(parser)


def _export(parser: CommandParser) -> None:
    from sgns._export_command import FORMATS

    add_vectors(parser)
    parser.add_argument("out", metavar="OUT", help="a file, or a folder, as the format has it")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="; ".join(f"{name}: {text}" for name, text in FORMATS.items())
        + " (default: text, or what the ending .npy or .safetensors of OUT says)",
    )
    parser.add_argument("--binary", action="store_true", help="the same as --format binary")
    parser.add_argument(
        "--limit",
        type=positive,
        metavar="N",
        help="only the first N words (default: all of them)",
    )
    add_documents(parser)
    add_force(parser, "OUT")


def _info(parser: CommandParser) -> None:
    parser.add_argument("path", metavar="PATH", help="a model, a corpus, or vectors in any format")
    add_json(parser)


def _config(parser: CommandParser) -> None:
    del parser


def _demo(parser: CommandParser) -> None:
    from sgns import demo

    parser.add_argument(
        "--folder", default="sgns-demo", help="where the files go (default: %(default)s)"
    )
    add_effort(parser, demo.run)
    add_option(parser, demo.run, "seed", int, "of every random number")


COMMANDS: dict[str, tuple[_Fill, str, tuple[str, ...]]] = {
    "build": (
        _build,
        "read text once into a corpus that every training run can map",
        (
            "sgns build reviews.txt reviews.corpus",
            "zcat dump.gz | sgns build - dump.corpus --tokenizer words",
            "sgns build reviews.tsv reviews.corpus --tags",
            "sgns build texts reviews.corpus --cluster tcp://10.0.0.1:8786 --shards 64",
        ),
    ),
    "train": (
        _train,
        "train word vectors and show the loss of every epoch",
        (
            "sgns train reviews.corpus reviews.model --vector-size 200 --epochs 10",
            "sgns train reviews.txt reviews.model --tokenizer words",
            "sgns train reviews.corpus reviews.model --resume --epochs 5",
            "sgns train reviews.corpus reviews.model --checkpoint reviews.kept --resume",
            "sgns train reviews.corpus reviews.model --documents joint --epochs 20",
        ),
    ),
    "infer": (
        add_infer,
        "infer the vectors of documents that a model was not trained on",
        ("sgns infer reviews.model new.txt -o vectors.npy",),
    ),
    "similar": (
        add_similar,
        "list the words nearest to each given word, or documents, with the cosine of the angle",
        (
            "sgns similar reviews.model movie actor --topn 5",
            "sgns similar reviews.model --document review-42",
            "sgns similar reviews.model camera --among documents",
        ),
    ),
    "analogy": (
        _analogy,
        "answer: A is to B as C is to what?",
        ("sgns analogy wiki.model man king woman",),
    ),
    "evaluate": (
        add_evaluate,
        "judge vectors by word pairs, analogies, categories, outliers and probes",
        (
            "sgns evaluate reviews.model --pairs wordsim353.tsv --analogies questions-words.txt",
            "sgns evaluate reviews.model --probes movie,movies banana,sky --json",
        ),
    ),
    "export": (
        _export,
        "write vectors of words, or of documents, for other programs",
        (
            "sgns export reviews.model vectors.txt.gz",
            "sgns export reviews.model vectors.bin --binary",
            "sgns export reviews.model vectors.npy",
            "sgns export reviews.model projector --format projector --limit 10000",
        ),
    ),
    "plot": (
        add_plot,
        "draw a map of words, the loss, similarities or neighbours",
        (
            "sgns plot reviews.model map.png --highlight movie actor",
            "sgns plot reviews.model loss.pdf --kind loss",
            "sgns plot reviews.model near.svg --kind neighbours --words movie actor --topn 5",
        ),
    ),
    "map": (
        add_map,
        "write a page with a map of words, to zoom and to search",
        (
            "sgns map reviews.model map.html",
            "sgns map reviews.model map.html --n-words 20000 --method pca",
        ),
    ),
    "report": (
        add_report,
        "write a page on a model: training, similarities, neighbours, evaluation, map",
        (
            "sgns report reviews.model report.html --pairs wordsim353.tsv --words movie actor",
            "sgns report reviews.model report.html --probes movie,movies banana,sky",
        ),
    ),
    "info": (
        _info,
        "tell what a model, a corpus or a file of vectors holds",
        ("sgns info reviews.model",),
    ),
    "config": (
        _config,
        "tell how this installation was built and what it uses",
        ("sgns config",),
    ),
    "demo": (
        _demo,
        "train on the documentation that comes with Python, numpy and scipy",
        ("sgns demo --folder /tmp/sgns-demo",),
    ),
}

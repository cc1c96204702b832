"""What the shell commands take: one function a command, called when that command is chosen.

Defaults are those of the functions and of the configuration behind the commands, read from there:
an argument that is not given is not passed on.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import sys
import types
import typing
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, NoReturn, Union

USAGE_ERROR = 2

_Fill = Callable[["CommandParser"], None]


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors are one line, and which gets its arguments when it first parses."""

    def __init__(self, *args: Any, fill: _Fill | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)
        self._fill = fill

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Add the arguments of this command, once, and parse."""
        if self._fill is not None:
            fill, self._fill = self._fill, None
            fill(self)
        return super().parse_known_args(args, namespace)

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
    _add_source(parser, "TEXT", "a file (plain, .gz, .bz2, .xz), a folder, a pattern, or - for")
    parser.add_argument("out", metavar="OUT", help="the corpus, a new folder")
    _add_force(parser, "OUT")
    _add_quiet(parser)
    _add_reading(parser)


def _train(parser: CommandParser) -> None:
    from sgns.config import TrainingConfig
    from sgns.model import Model

    _add_source(parser, "CORPUS_OR_TEXT", "a corpus made by `sgns build`; or text, - for")
    parser.add_argument("out", metavar="MODEL", help="the model, a new folder")
    _add_force(parser, "MODEL")
    parser.add_argument("--resume", action="store_true", help="train MODEL, which exists, further")
    _add_quiet(parser)
    _add_json(parser)
    _add_effort(parser, Model.train)
    add_option(parser, Model.train, "shuffle", bool, "visit documents in a new order each epoch")
    add_fields(parser.add_argument_group("training parameters"), TrainingConfig)
    _add_reading(parser.add_argument_group("reading text (not for a corpus)"))


def _similar(parser: CommandParser) -> None:
    _add_vectors(parser)
    parser.add_argument("words", metavar="WORD", nargs="+", help="each is a query of its own")
    _add_topn(parser)
    _add_json(parser)


def _analogy(parser: CommandParser) -> None:
    _add_vectors(parser)
    for name, text in (
        ("a", "the word that B belongs to: man"),
        ("b", "what belongs to A: king"),
        ("c", "the word that the answer belongs to, as B does to A: woman (answer: queen)"),
    ):
        parser.add_argument(name, metavar=name.upper(), help=text)
    _add_topn(parser)
    _add_json(parser)


def _export(parser: CommandParser) -> None:
    _add_vectors(parser)
    parser.add_argument(
        "out",
        metavar="OUT",
        help="a file in the format of word2vec, compressed if it ends in .gz; or, if it ends in "
        ".npy, the matrix alone, with the words as a JSON list in OUT.keys.json",
    )
    parser.add_argument("--binary", action="store_true", help="the binary format of word2vec")
    _add_force(parser, "OUT")


def _info(parser: CommandParser) -> None:
    parser.add_argument("path", metavar="PATH", help="a model, a corpus, or vectors in any format")
    _add_json(parser)


def _config(parser: CommandParser) -> None:
    del parser


def _demo(parser: CommandParser) -> None:
    from sgns import demo

    parser.add_argument(
        "--folder", default="sgns-demo", help="where the files go (default: %(default)s)"
    )
    _add_effort(parser, demo.run)
    add_option(parser, demo.run, "seed", int, "of every random number")


COMMANDS: dict[str, tuple[_Fill, str, tuple[str, ...]]] = {
    "build": (
        _build,
        "read text once into a corpus that every training run can map",
        (
            "sgns build reviews.txt reviews.corpus",
            "zcat dump.gz | sgns build - dump.corpus --tokenizer words",
        ),
    ),
    "train": (
        _train,
        "train word vectors and show the loss of every epoch",
        (
            "sgns train reviews.corpus reviews.model --vector-size 200 --epochs 10",
            "sgns train reviews.txt reviews.model --tokenizer words",
            "sgns train reviews.corpus reviews.model --resume --epochs 5",
        ),
    ),
    "similar": (
        _similar,
        "list the words nearest to each given word, with the cosine of the angle",
        ("sgns similar reviews.model movie actor --topn 5",),
    ),
    "analogy": (
        _analogy,
        "answer: A is to B as C is to what?",
        ("sgns analogy wiki.model man king woman",),
    ),
    "export": (
        _export,
        "write word vectors for other programs",
        (
            "sgns export reviews.model vectors.txt.gz",
            "sgns export reviews.model vectors.bin --binary",
            "sgns export reviews.model vectors.npy",
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


# ---- arguments that commands share --------------------------------------------------------------


def _add_source(parser: CommandParser, metavar: str, text: str) -> None:
    parser.add_argument("source", metavar=metavar, nargs="+", help=f"{text} standard input")


def _add_reading(parser: argparse._ActionsContainer) -> None:
    from sgns.corpus import Corpus

    tokenizers = Literal["whitespace", "words"]
    split = "split at white space, or into lower-cased words without punctuation"
    add_option(parser, Corpus.build, "tokenizer", tokenizers, split)
    unit = "what a document is"
    add_option(parser, Corpus.build, "document_unit", Literal["line", "file"], unit)
    invalid = "stop at invalid UTF-8, put U+FFFD in its place, or leave it out"
    add_option(parser, Corpus.build, "errors", Literal["strict", "replace", "ignore"], invalid)


def _add_force(parser: CommandParser, what: str) -> None:
    parser.add_argument("--force", action="store_true", help=f"replace {what} if it exists")


def _add_quiet(parser: CommandParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _add_vectors(parser: CommandParser) -> None:
    parser.add_argument(
        "vectors", metavar="MODEL", help="a model, saved vectors, or a file in word2vec's format"
    )


def _add_topn(parser: CommandParser) -> None:
    parser.add_argument(
        "--topn",
        type=_positive,
        metavar="N",
        default=10,
        help="how many words to list (default: %(default)s)",
    )


def _add_effort(parser: CommandParser, function: Callable[..., Any]) -> None:
    """Add epochs and workers, whose values are checked before a long text is read."""
    add_option(parser, function, "epochs", int, "passes over the text", convert=_positive)
    text = "threads; none is every core"
    add_option(parser, function, "workers", int | None, text, convert=_positive_or_none)


def _add_json(parser: CommandParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _positive(text: str) -> int:
    with suppress(ValueError):
        if int(text) >= 1:
            return int(text)
    raise argparse.ArgumentTypeError(f"expected a whole number of 1 or more, got '{text}'")


def _positive_or_none(text: str) -> int | None:
    if text.lower() == "none":
        return None
    with suppress(argparse.ArgumentTypeError):
        return _positive(text)
    raise argparse.ArgumentTypeError(
        f"expected a whole number of 1 or more or 'none', got '{text}'"
    )


# ---- options from signatures and configurations -------------------------------------------------


def add_fields(parser: argparse._ActionsContainer, configuration: type) -> None:
    """Add an option for every field of a dataclass, explained by its docstring."""
    hints = typing.get_type_hints(configuration)
    texts = described_parameters(inspect.getdoc(configuration) or "")
    for field in dataclasses.fields(configuration):
        text = texts.get(field.name, "")
        _add(parser, field.name, hints[field.name], text[:1].lower() + text[1:], field.default)


def add_option(
    parser: argparse._ActionsContainer,
    function: Callable[..., Any],
    name: str,
    hint: Any,
    text: str,
    convert: Callable[[str], Any] | None = None,
) -> None:
    """Add an option for a parameter of a function, with its default in the help.

    `convert` takes the place of what turns text into the type `hint`.
    """
    default = inspect.signature(function).parameters[name].default
    _add(parser, name, hint, text, default, convert)


def _add(
    parser: argparse._ActionsContainer,
    name: str,
    hint: Any,
    text: str,
    default: object,
    convert: Callable[[str], Any] | None = None,
) -> None:
    shown = str(default).lower() if default is None or isinstance(default, bool) else default
    options: dict[str, Any] = {
        "default": argparse.SUPPRESS,
        "help": f"{text} (default: {shown})".strip().replace("``", "`").replace("%", "%%"),
    }
    if hint is bool:
        options["action"] = argparse.BooleanOptionalAction
    elif typing.get_origin(hint) is Literal:
        options["choices"] = typing.get_args(hint)
    else:
        words, kinds = alternatives(hint)
        options["type"] = convert or converter(hint)
        options["metavar"] = "|".join([*(_METAVARS[kind] for kind in kinds), *words])
    parser.add_argument(f"--{name.replace('_', '-')}", **options)


def converter(hint: Any) -> Callable[[str], Any]:
    """Return a function that turns text into a value of the type `hint`.

    The members of a union are tried in the order: literals and None (written ``none``), int,
    float, str.
    """
    words, kinds = alternatives(hint)

    def convert(text: str) -> Any:
        if text.lower() in words:
            return words[text.lower()]
        for kind in kinds:
            with suppress(ValueError):
                return kind(text)
        names = [*(_KIND_NAMES[kind] for kind in kinds), *(f"'{word}'" for word in words)]
        raise argparse.ArgumentTypeError(f"expected {' or '.join(names)}, got '{text}'")

    return convert


def alternatives(hint: Any) -> tuple[dict[str, Any], list[type]]:
    """Take a type apart into words with their values, and the types that parse the rest."""
    is_union = typing.get_origin(hint) in (Union, types.UnionType)
    members = typing.get_args(hint) if is_union else (hint,)
    words: dict[str, Any] = {}
    for member in members:
        if member is types.NoneType:
            words["none"] = None
        elif typing.get_origin(member) is Literal:
            words.update({str(value): value for value in typing.get_args(member)})
    return words, [kind for kind in _KIND_NAMES if kind in members]


_KIND_NAMES: dict[type, str] = {int: "a whole number", float: "a number", str: "text"}
_METAVARS: dict[type, str] = {int: "N", float: "X", str: "TEXT"}


def described_parameters(docstring: str) -> dict[str, str]:
    """Return the first sentence on each parameter of a NumPy-style docstring.

    Names that share a description, as in ``alpha, min_alpha``, each get it.
    """
    texts: dict[str, str] = {}
    section, names, lines = "", [""], docstring.splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if below and set(below) == {"-"}:
            section, names = line.strip(), []
        elif section in ("Parameters", "Attributes") and line and not line.startswith((" ", "-")):
            names = [name.strip() for name in line.partition(":")[0].split(",")]
            texts.update(dict.fromkeys(names, ""))
        elif section in ("Parameters", "Attributes") and names and line.startswith(" "):
            for name in names:
                texts[name] = f"{texts[name]} {line.strip()}".strip()
    return {name: text.partition(". ")[0].removesuffix(".") for name, text in texts.items()}

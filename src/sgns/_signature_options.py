"""Options from signatures and configurations, with the defaults that those have."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import types
import typing
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, Union


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

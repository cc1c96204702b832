"""What the shell commands print: rows, JSON, errors and warnings, each on its line."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

# What the messages of functions call by its name in Python, and what the shell calls it.
_SPOKEN = (
    (re.compile(r"\bpass overwrite=True\b"), "pass --force"),
    (re.compile(r"\bpass resume=True\b"), "pass --resume"),
    (re.compile(r"; lower alpha$"), "; lower --alpha"),
    (re.compile(r"\bor None\b"), "or none"),
)


def say(line: str) -> None:
    """Print a line to standard error."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Show a warning on one line, without the place in the source; for `warnings.showwarning`."""
    say(f"sgns: warning: {' '.join(str(message).split())}")


def one_line(error: BaseException, options: Collection[str] = ()) -> str:
    """Return what an exception says, on one line and in the words of the shell.

    A message that begins with the name of a parameter, one of `options`, begins with its option.
    """
    if isinstance(error, OSError) and error.strerror and error.filename:
        text = f"'{error.filename}': {error.strerror}"
    elif type(error) is KeyError and error.args:
        text = str(error.args[0])  # str(error) would be the repr of it
    else:
        text = str(error)
    text = " ".join(text.split()) or type(error).__name__
    for pattern, spoken in _SPOKEN:
        text = pattern.sub(spoken, text)
    name = text.partition(":")[0]
    return f"--{name.replace('_', '-')}{text[len(name) :]}" if name in options else text


@contextmanager
def on_interrupt(state: str) -> Iterator[None]:
    """Let Ctrl-C carry a word on the state that things are left in."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise type(interrupt)(str(interrupt) or state) from None


def print_text(text: str) -> None:
    """Print lines that a person reads."""
    sys.stdout.write(f"{text}\n")


def print_json(value: Any) -> None:
    """Print a value as JSON on one line; numbers that JSON has not (NaN, infinity) as null."""
    text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False)
    sys.stdout.write(f"{text}\n")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(member) for member in value]
    return value


def print_rows(rows: Iterable[Sequence[Any]]) -> None:
    """Print rows of columns that are separated by tabs."""
    for row in rows:
        sys.stdout.write("\t".join(map(_cell, row)) + "\n")


def _cell(value: Any) -> str:
    """Return a value as text that stays in its column."""
    if isinstance(value, list):
        return " ".join(map(_cell, value))
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")

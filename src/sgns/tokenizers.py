"""Tokenizers: how text becomes tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Tokenizer = Callable[[str], Iterable[str]]

NAMED = ("whitespace", "words")
DEFAULT: Literal["whitespace"] = "whitespace"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a source is read: checked once, here.

    Parameters
    ----------
    tokenizer
        ``"whitespace"`` splits at the ASCII white space characters (space, tab, line feed,
        vertical tab, form feed, carriage return), as ``bytes.split`` does; the no-break space
        and its Unicode kin stay inside of words. ``"words"``: see `split_words`. A callable takes
        a text and returns its tokens.
    document_unit
        What a document of a file is: a ``"line"`` or the ``"file"``.
    errors
        What malformed UTF-8 is: ``"strict"`` an error, ``"replace"`` U+FFFD, ``"ignore"`` nothing.
    """

    tokenizer: str | Tokenizer = DEFAULT
    document_unit: str = "line"
    errors: str = "strict"

    def __post_init__(self) -> None:
        if not callable(self.tokenizer) and self.tokenizer not in NAMED:
            raise ValueError(
                f"tokenizer: expected 'whitespace', 'words' or a callable, got {self.tokenizer!r}"
            )
        if self.document_unit not in ("line", "file"):
            raise ValueError(
                f"document_unit: expected 'line' or 'file', got {self.document_unit!r}"
            )
        if self.errors not in ("strict", "replace", "ignore"):
            raise ValueError(
                f"errors: expected 'strict', 'replace' or 'ignore', got {self.errors!r}"
            )

    @property
    def name(self) -> str:
        """The tokenizer in words."""
        if callable(self.tokenizer):
            return str(getattr(self.tokenizer, "__qualname__", type(self.tokenizer).__qualname__))
        return self.tokenizer


def split_words(text: str) -> list[str]:
    """Return the lower-cased runs of letters, marks, digits and inner apostrophes of `text`.

    Letters, marks and digits are what Unicode calls L, M and N; an apostrophe is U+0027 or
    U+2019 between two of them.
    """
    text = text.lower().replace("_", " ")
    marks = "".join(sorted(c for c in set(text) if unicodedata.category(c)[0] == "M"))
    return _pattern(marks).findall(text)


def spaced_words(text: str) -> bytes:
    """Return what `split_words` leaves of each line, its words separated by spaces, as UTF-8."""
    if text.isascii():
        data = text.encode("ascii").translate(_ASCII)
        return _OUTER_APOSTROPHES.sub(b" ", data) if b"'" in data else data
    if "\n" in text:
        return b"\n".join(map(spaced_words, text.split("\n")))
    return " ".join(split_words(text)).encode("utf-8", "surrogatepass")


@lru_cache(maxsize=256)
def _pattern(marks: str) -> re.Pattern[str]:
    r"""Words of a text that has no underscores and, of all marks, only these.

    \w has letters, numbers and the underscore, but no marks. A pattern with all 2,500 of them
    would look through them at every space.
    """
    run = f"[\\w{marks}]+" if marks else "\\w+"
    return re.compile(f"{run}(?:['\u2019]{run})*")


# The same by two passes over bytes: lower case and spaces, then apostrophes that are not inside.
_ASCII = bytes(
    ord(chr(c).lower()) if c < 128 and (chr(c).isalnum() or chr(c) in "'\n") else ord(" ")
    for c in range(256)
)
# It begins with the apostrophe, so that the search skips to one.
_OUTER_APOSTROPHES = re.compile(rb"'(?:(?<![a-z0-9]')|(?![a-z0-9]))")

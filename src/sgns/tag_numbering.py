"""TagNumbering: tags get numbers in the order of their first appearance, and are handed on as such.

Memory holds the different tags, once each, and a batch of those that came last. An integer tag is
8 bytes like any other, however large.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from sgns._encode import WordTable
from sgns.string_array import StringArray
from sgns.tags import DocumentTags, Keys, table_keys

BATCH = 1 << 12


class Appends(Protocol):
    """What takes one array after the other: a list, or a file that grows."""

    def append(self, values: NDArray[Any], /) -> None:
        """Take `values`, which stay as they are."""


class TagNumbering:
    """Numbers the tags of one document after the other.

    Parameters
    ----------
    ids, offsets
        Take arrays in turn: numbers of tags (uint32); and 0, then for each document how many tags
        there are up to its last one (int64).
    """

    def __init__(self, ids: Appends, offsets: Appends) -> None:
        self.n_documents = 0
        self.n_tags = 0
        self._kind: type[str] | type[int] | None = None
        self._ids = ids
        self._offsets = offsets
        self._offsets.append(np.zeros(1, dtype=np.int64))
        self._table = WordTable()
        self._waiting: list[Any] = []
        self._waiting_ends: list[int] = []

    def add(self, tags: object) -> None:
        """Take the tags of the next document: a string, an integer, or several of them.

        Raises
        ------
        TypeError, ValueError
            A tag is neither string nor integer, of another kind than the first, or an empty
            string; an integer does not fit into 64 bits; or there are none.
        """
        found = [tags] if isinstance(tags, (str, int, np.integer)) else self._listed(tags)
        if not found:
            raise ValueError(f"{self._place}: expected at least one, got none")
        for i, tag in enumerate(found):
            if type(tag) is not self._kind or not tag:
                found[i] = self._checked(tag)
        self._waiting.extend(found)
        self.n_tags += len(found)
        self.n_documents += 1
        self._waiting_ends.append(self.n_tags)
        if len(self._waiting) >= BATCH:
            self._flush()

    def add_column(self, column: bytes, ends: NDArray[np.int64]) -> None:
        """Take one string for each document, as `take_column` returns them: UTF-8, none empty."""
        self._kind = str
        self._ids.append(self._numbers(column, ends, 1))
        self._offsets.append(self.n_tags + 1 + np.arange(len(ends), dtype=np.int64))
        self.n_tags += len(ends)
        self.n_documents += len(ends)

    def add_numbered(self, tags: DocumentTags) -> None:
        """Take strings of many documents that have numbers of their own already."""
        self._kind = str
        keys = cast(StringArray, tags.keys)
        numbers = self._numbers(keys.data.data, keys.offsets[1:], 0)
        self._ids.append(numbers[tags.ids])
        self._offsets.append(self.n_tags + tags.offsets[1:])
        self.n_tags += len(tags.ids)
        self.n_documents += len(tags)

    def finish(self) -> Keys:
        """Hand on what still waits; return the different tags in the order of their numbers."""
        self._flush()
        return table_keys(self._table, as_strings=self._kind is str)

    @property
    def _place(self) -> str:
        return f"tags of document {self.n_documents:,}"

    def _listed(self, tags: object) -> list[Any]:
        # A set has no order that would be the same twice.
        if isinstance(tags, (bytes, bytearray, set, frozenset)) or not isinstance(tags, Iterable):
            raise TypeError(
                f"{self._place}: expected a string, an integer or a list of them, "
                f"got {type(tags).__name__}"
            )
        return list(tags)

    def _checked(self, tag: object) -> str | int:
        """Return a tag that is not plainly of the kind that the first one was."""
        if isinstance(tag, str):
            kind: type[str] | type[int] = str
        elif isinstance(tag, (int, np.integer)) and not isinstance(tag, bool):
            kind, tag = int, int(tag)
        else:
            raise TypeError(f"{self._place}: expected strings or integers, got {tag!r}")
        if tag == "":
            raise ValueError(f"{self._place}: expected a name, got an empty string")
        if self._kind not in (None, kind):
            first = "strings" if kind is int else "integers"
            raise TypeError(
                f"{self._place}: expected all tags to be {first} like the first, got {tag!r}"
            )
        self._kind = kind
        return tag

    def _flush(self) -> None:
        """Number what waits."""
        if self._kind is str:
            pieces = [tag.encode("utf-8", "surrogatepass") for tag in self._waiting]
            ends = np.array(list(accumulate(map(len, pieces))), dtype=np.int64)
            ids = self._numbers(b"".join(pieces), ends, 0)
        else:
            try:
                integers = np.array(self._waiting, dtype="<i8")
            except OverflowError:
                raise self._too_large() from None
            ends = 8 * np.arange(1, len(integers) + 1, dtype=np.int64)
            ids = self._numbers(integers.tobytes(), ends, 0)
        self._ids.append(ids)
        self._offsets.append(np.array(self._waiting_ends, dtype=np.int64))
        self._waiting, self._waiting_ends = [], []

    def _numbers(
        self, data: bytes | memoryview, ends: NDArray[np.int64], gap: int
    ) -> NDArray[np.uint32]:
        try:
            return self._table.encode_tokens(data, ends, gap)
        except OverflowError:
            raise OverflowError("more than 2^32 - 1 different tags") from None

    def _too_large(self) -> ValueError:
        i = next(i for i, tag in enumerate(self._waiting) if not -(2**63) <= tag < 2**63)
        n_before = self.n_tags - len(self._waiting)
        first = self.n_documents - len(self._waiting_ends)
        document = first + bisect_right(self._waiting_ends, n_before + i)
        return ValueError(
            f"tags of document {document:,}: expected an integer of 64 bits, got {self._waiting[i]}"
        )

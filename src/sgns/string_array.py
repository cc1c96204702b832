"""A list of strings as two arrays: the UTF-8 bytes of all of them, and where each begins.

Any Python string survives: spaces, newlines, NUL, emoji, even lone surrogates (which are encoded
with Python's `surrogatepass`). The arrays can be memory-mapped, so a vocabulary of millions of
words opens at once and is decoded when it is asked for.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from sgns._files import write_array
from sgns.array_files import load_array
from sgns.errors import FormatError


class StringArray(Sequence[str]):
    """An immutable sequence of strings that decodes an item when it is asked for.

    Parameters
    ----------
    data : uint8 array (n_bytes,)
        The UTF-8 bytes of all strings, one after the other.
    offsets : int64 array (n + 1,)
        String i is `data[offsets[i]:offsets[i + 1]]`.
    source : str
        Where the bytes come from, for messages.

    Raises
    ------
    FormatError
        The offsets do not start at 0, fall somewhere, or do not end at the length of `data`.
    """

    __slots__ = ("data", "offsets", "source")

    def __init__(
        self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], source: str = ""
    ) -> None:
        if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(data):
            raise FormatError(
                f"expected string offsets from 0 to {len(data):,}, the number of bytes; "
                f"found {offsets[0] if len(offsets) else 'none'} to "
                f"{offsets[-1] if len(offsets) else 'none'}"
            )
        falls = np.flatnonzero(offsets[1:] < offsets[:-1])
        if len(falls):
            raise FormatError(f"string offsets fall after item {falls[0]:,}; expected them rising")
        self.data = data
        self.offsets = offsets
        self.source = source

    @classmethod
    def from_strings(cls, strings: Iterable[str]) -> StringArray:
        """Encode `strings`; a StringArray is returned as it is."""
        if isinstance(strings, cls):
            return strings
        encoded = [string.encode("utf-8", "surrogatepass") for string in strings]
        offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets)

    def __repr__(self) -> str:
        shown = ", ".join([repr(string) for string in self[:5]] + ["..."] * (len(self) > 5))
        return f"<StringArray of {len(self):,}: [{shown}]>"

    def __eq__(self, other: object) -> bool:
        """Whether `other` is a sequence (no string) of the same strings in the same order."""
        if isinstance(other, StringArray):
            return np.array_equal(self.offsets, other.offsets) and np.array_equal(
                self.data, other.data
            )
        if isinstance(other, (str, bytes)) or not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(operator.eq, self, other))

    # Equal to lists, which have no hash either.
    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1:
                return list(self._decoded(start, max(start, stop)))
            return [self[i] for i in range(start, stop, step)]
        position = range(len(self))[index]  # negative numbers, and IndexError past the end
        return next(self._decoded(position, position + 1))

    def __iter__(self) -> Iterator[str]:
        return self._decoded(0, len(self))

    def tolist(self) -> list[str]:
        """Every string, decoded."""
        return list(self)

    def _decoded(self, start: int, stop: int) -> Iterator[str]:
        begins = self.offsets[start : stop + 1].tolist()
        first = begins[0]
        data = self.data[first : begins[-1]].tobytes()
        for number, (begin, end) in enumerate(pairwise(begins), start):
            try:
                yield data[begin - first : end - first].decode("utf-8", "surrogatepass")
            except UnicodeDecodeError as error:
                where = f"'{self.source}': " if self.source else ""
                raise FormatError(
                    f"{where}string {number:,} (bytes {begin:,} to {end:,}) is not valid UTF-8: "
                    f"{error.reason}"
                ) from None


def save_strings(folder: Path, name: str, strings: Iterable[str]) -> None:
    """Write `strings` as `<name>.bytes.npy` and `<name>.offsets.npy` into an existing folder."""
    array = StringArray.from_strings(strings)
    write_array(folder / f"{name}.bytes.npy", array.data)
    write_array(folder / f"{name}.offsets.npy", array.offsets)


def load_strings(
    folder: str | os.PathLike[str], name: str, count: int | None = None, *, mmap: bool = False
) -> StringArray:
    """Open what `save_strings` wrote; `count` is the expected number of strings, if it is known.

    Raises
    ------
    FormatError
        A file is missing or damaged, or does not hold `count` strings. Invalid UTF-8 is found
        only when the string is decoded.
    """
    place = Path(folder)
    entries = None if count is None else count + 1
    offsets = load_array(place / f"{name}.offsets.npy", np.int64, (entries,), mmap=mmap)
    data = load_array(place / f"{name}.bytes.npy", np.uint8, (None,), mmap=mmap)
    try:
        return StringArray(data, offsets, f"{place / name}.bytes.npy")
    except FormatError as error:
        raise FormatError(f"'{place / name}.offsets.npy': {error}") from None

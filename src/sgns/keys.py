"""Keys of vectors: what a key is, lists of them, and that they are of one kind and differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from sgns.integer_keys import IntegerKeys
from sgns.string_array import StringArray

Key = str | int | np.integer
# What counts as one key in a query (NumPy's integers as well as Python's).
KEY_TYPES = (str, int, np.integer)
# Sequences of keys that are kept as they are and find a row, or are decoded, when asked to.
INDEXED_LATER = (range, StringArray, IntegerKeys)


class KeyList(list[Any]):
    """A list of keys that equals, slices and adds up as lists do, but cannot be changed.

    Keys are handed out by the million without a copy, and numbers of rows depend on them.
    """

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("the keys of vectors cannot be changed; make a copy with list(...)")

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (list(self),)


def checked_keys(keys: Any) -> Sequence[Any]:
    """Return `keys` as a range, a StringArray, or a list of str or of int."""
    if isinstance(keys, INDEXED_LATER):
        return keys
    if isinstance(keys, str | bytes):
        raise TypeError(f"Expected a sequence of keys, got the single key {keys!r}")
    listed = keys.tolist() if isinstance(keys, np.ndarray) else list(keys)
    kinds = set(map(type, listed))
    if kinds <= {str} or kinds <= {int}:
        return KeyList(listed)
    # Subclasses of both (NumPy's strings and integers, enumerations) become the plain types.
    for kind, types in ((str, (str,)), (int, (int, np.integer))):
        if all(issubclass(found, types) and found is not bool for found in kinds):
            return KeyList(kind(key) for key in listed)
    expected = str if isinstance(listed[0], str) else int
    types = (str,) if expected is str else (int, np.integer)
    for number, key in enumerate(listed):
        if not isinstance(key, types) or isinstance(key, bool):
            raise TypeError(
                f"Expected all keys to be str or all to be int; "
                f"got {type(listed[0]).__name__} {listed[0]!r} first and "
                f"{type(key).__name__} {key!r} at position {number}"
            )
    raise AssertionError("unreachable")


def duplicate(keys: Sequence[Any]) -> str:
    """Say which key comes twice, for an error."""
    seen: dict[Any, int] = {}
    for row, key in enumerate(keys):
        if key in seen:
            return f"Expected different keys, got {key!r} in rows {seen[key]} and {row}"
        seen[key] = row
    return "Expected different keys"


def as_list(keys: Any) -> list[Any]:
    """Return as a list what is one key or vector, several, the rows of a matrix, or None."""
    if keys is None:
        return []
    if isinstance(keys, KEY_TYPES) or (isinstance(keys, np.ndarray) and _is_vector(keys)):
        return [keys]
    return listed_keys(keys)


def listed_keys(keys: Any) -> list[Any]:
    """Return the items of `keys`, which is no single key."""
    try:
        return list(keys)
    except TypeError:
        raise TypeError(f"Expected a key (str or int) or a list of keys, got {keys!r}") from None


def _is_vector(array: npt.NDArray[Any]) -> bool:
    # One-dimensional arrays of integers or strings are lists of keys.
    return array.ndim == 1 and array.dtype.kind == "f"

"""IntegerKeys: millions of integers as the keys of vectors, found by bisection.

A list of integers and a dictionary of their rows take about 100 bytes a key; the array and its
sorted copy take 8 to 20, which matters beside the vectors of ten million documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, SupportsIndex, overload

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

_BLOCK = 1 << 16  # keys that iteration turns into Python's integers at a time


class IntegerKeys(Sequence[int]):
    """An immutable sequence of different integers of 64 bits.

    Parameters
    ----------
    integers : int64 array (n,)
        Not copied; whoever owns it must not change it.
    """

    __slots__ = ("_array", "_row_of")

    def __init__(self, integers: npt.ArrayLike) -> None:
        self._array: Integers = np.asarray(integers, dtype=np.int64).view()
        self._array.flags.writeable = False
        self._row_of: RowOfInteger | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._array,)

    @property
    def row_of(self) -> RowOfInteger:
        """The row of each key; made at first use.

        Raises
        ------
        ValueError
            A key comes twice.
        """
        if self._row_of is None:
            self._row_of = RowOfInteger(self._array)
        return self._row_of

    def __len__(self) -> int:
        return len(self._array)

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> int | list[int]:
        found: int | list[int] = self._array[index].tolist()
        return found

    def __iter__(self) -> Iterator[int]:
        for start in range(0, len(self), _BLOCK):
            yield from self._array[start : start + _BLOCK].tolist()

    def __contains__(self, key: object) -> bool:
        return key in self.row_of

    def __eq__(self, other: object) -> bool:
        """Whether `other` is a sequence of the same integers in the same order."""
        if isinstance(other, IntegerKeys):
            return np.array_equal(self._array, other._array)
        if isinstance(other, str | bytes) or not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        # A false `copy` would have to raise where the type differs; NumPy does so.
        if copy:
            return np.array(self._array, dtype=dtype)
        return np.asarray(self._array, dtype=dtype)

    def __repr__(self) -> str:
        shown = ", ".join([repr(key) for key in self[:5]] + ["..."] * (len(self) > 5))
        return f"<IntegerKeys of {len(self):,}: [{shown}]>"


class RowOfInteger(Mapping[Any, int]):
    """The row number of each of n integers; as a dictionary has it, but by bisection.

    Raises
    ------
    ValueError
        An integer comes twice.
    """

    __slots__ = ("_keys", "_rows", "_sorted")

    def __init__(self, keys: Integers) -> None:
        self._keys = keys
        self._sorted = keys
        self._rows: npt.NDArray[np.unsignedinteger[Any]] | None = None
        if np.all(keys[1:] > keys[:-1]):
            return
        order = np.argsort(keys, kind="stable")
        self._sorted = keys[order]
        equal = np.flatnonzero(self._sorted[1:] == self._sorted[:-1])
        if len(equal):
            first = equal[np.argmin(order[equal + 1])]
            raise ValueError(
                f"Expected different keys, got {self._sorted[first]} in rows {order[first]} "
                f"and {order[first + 1]}"
            )
        self._rows = order.astype(np.uint32 if len(order) < 2**32 else np.uint64)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the row of `key`, or `default` where there is none."""
        if not isinstance(key, int | np.integer) or not -(2**63) <= key < 2**63:
            return default
        place = int(np.searchsorted(self._sorted, np.int64(key)))
        if place == len(self._sorted) or self._sorted[place] != key:
            return default
        return place if self._rows is None else int(self._rows[place])

    def __getitem__(self, key: Any) -> int:
        row: int | None = self.get(key)
        if row is None:
            raise KeyError(key)
        return row

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys.tolist())

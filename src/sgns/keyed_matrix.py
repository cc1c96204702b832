"""KeyedMatrix: keys and the rows of a matrix that they name; immutable."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from sgns.nearest import Floats, Indices, Matrix, divisors, row_blocks, row_norms
from sgns.spelling import UnknownKeyError, nearest_spellings
from sgns.string_array import StringArray

Key = str | int | np.integer
# What counts as one key in a query (NumPy's integers as well as Python's).
KEY_TYPES = (str, int, np.integer)


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


class KeyedMatrix:
    """Keys, and one vector for each: look-up by key or by row number.

    Parameters
    ----------
    keys : sequence of n str, or of n int
        All different and of one kind. A `range` or a `StringArray` is kept as it is, and
        turned into a dictionary only when a look-up needs one.
    vectors : array_like (n, dim)
        One row for each key. A float32 or float16 array is not copied, may have padded rows and
        may be memory-mapped; any other type is converted to float32.
    counts : array_like of int64 (n,), optional
        How often each key occurred.

    Raises
    ------
    TypeError
        A key is neither str nor int, or both kinds are mixed.
    ValueError
        Lengths or shapes do not fit, or a key comes twice. For a `StringArray` duplicates are
        found at the first look-up.

    Notes
    -----
    Safe to use from many threads. Whoever owns the matrix must not change it afterwards: norms
    are kept once they are computed.
    """

    def __init__(
        self,
        keys: Sequence[str] | Sequence[int] | npt.NDArray[np.integer],
        vectors: npt.ArrayLike,
        *,
        counts: npt.ArrayLike | None = None,
    ) -> None:
        self._keys: Sequence[Any] = _checked_keys(keys)
        self._vectors = _checked_vectors(vectors, len(self._keys))
        self._counts = None if counts is None else _checked_counts(counts, len(self._keys))
        self._norms: Floats | None = None
        self._index: dict[Any, int] | None = None
        self._lock = threading.RLock()
        self._int_keys = len(self._keys) > 0 and not isinstance(self._keys[0], str)
        if not isinstance(self._keys, range | StringArray):
            self._key_index()

    def __reduce__(self) -> tuple[Any, ...]:
        keys = list(self._keys) if isinstance(self._keys, KeyList) else self._keys
        return _rebuild, (type(self), keys, self._vectors, self._counts)

    @property
    def vectors(self) -> Matrix:
        """The matrix (n, dim), read-only: float32, or float16 where that was given."""
        return self._vectors

    @property
    def vector_size(self) -> int:
        """Numbers in a vector."""
        return int(self._vectors.shape[1])

    @property
    def counts(self) -> Indices | None:
        """How often each key occurred (n,), read-only, or None where it is not known."""
        return self._counts

    @property
    def norms(self) -> Floats:
        """Euclidean lengths of the vectors (n,), read-only; computed at first use and kept."""
        with self._lock:
            if self._norms is None:
                norms = row_norms(self._vectors)
                norms.flags.writeable = False
                self._norms = norms
            return self._norms

    @property
    def index_to_key(self) -> Sequence[Any]:
        """The keys in order of row number: a list that refuses to be changed, or a range."""
        with self._lock:
            if isinstance(self._keys, StringArray):
                self._keys = KeyList(self._keys.tolist())
            return self._keys

    @property
    def stored_keys(self) -> Sequence[Any]:
        """The keys as they are kept: a `KeyList`, or a range or StringArray not yet decoded."""
        return self._keys

    @property
    def has_int_keys(self) -> bool:
        """Whether the keys are integers; false where there are none."""
        return self._int_keys

    @property
    def key_to_index(self) -> Mapping[Any, int]:
        """The row number of each key, read-only; built at first use."""
        return MappingProxyType(self._key_index())

    def _key_index(self) -> dict[Any, int]:
        # Read without the lock first: every look-up comes through here.
        if self._index is None:
            with self._lock:
                if self._index is None:
                    keys = self.index_to_key
                    index = dict(zip(keys, range(len(keys)), strict=True))
                    if len(index) < len(keys):
                        raise ValueError(_duplicate(keys))
                    self._index = index
        return self._index

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.index_to_key)

    def __contains__(self, key: object) -> bool:
        return self._find(key) is not None

    def __repr__(self) -> str:
        return f"{type(self).__name__}<vector_size={self.vector_size}, {len(self)} keys>"

    def _find(self, key: object) -> int | None:
        """Row number of a key, or of itself where keys are strings and `key` an integer."""
        if not isinstance(key, KEY_TYPES):
            if isinstance(key, list | set | dict | np.ndarray):
                raise TypeError(f"Expected a key (str or int), got {_shown(key)}")
            return None
        if isinstance(self._keys, range):
            if isinstance(key, str) or key not in self._keys:
                return None
            return self._keys.index(int(key))
        row = self._key_index().get(key)
        if row is None and not self._int_keys and not isinstance(key, str):
            return int(key) if 0 <= key < len(self) else None
        return row

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Row number of `key`; `default`, if given, for an unknown key.

        As in gensim, an integer that is not a key is taken for a row number. Unlike there, it is
        not where the keys are integers themselves: an unknown number is then an unknown key.

        Raises
        ------
        KeyError
            The key is unknown and there is no default; the message names the nearest spellings.
        TypeError
            The key is a list, set, dictionary or array.
        """
        row = self._find(key)
        if row is not None:
            return row
        if default is not None:
            return default
        raise self._unknown(key)

    def _unknown(self, key: object) -> UnknownKeyError:
        if not isinstance(key, str) or self._int_keys:
            return UnknownKeyError(key)
        return UnknownKeyError(
            key, lambda: nearest_spellings(key, self._key_index().get, self.index_to_key)
        )

    def has_index_for(self, key: Key) -> bool:
        """Whether there is a vector for `key`; the same as `key in vectors`."""
        return key in self

    def get_vecattr(self, key: Key, attr: str) -> int:
        """Value of an attribute of `key`; the only attribute is `"count"`.

        Raises
        ------
        KeyError
            The key is unknown, the attribute is another one, or counts are not known.
        """
        row = self.get_index(key)
        if attr != "count" or self._counts is None:
            raise KeyError(f"no attribute {attr!r}; expected 'count', where counts are known")
        return int(self._counts[row])

    def get_vector(self, key: Key, norm: bool = False) -> Floats:
        """Return the vector of `key`, float32 (dim,), read-only; at unit length with `norm=True`.

        A vector of zeros stays zeros with `norm=True`.
        """
        row = self.get_index(key)
        vector = np.asarray(self._vectors[row], dtype=np.float32)
        if norm:
            with np.errstate(invalid="ignore"):
                vector = vector / divisors(self.norms[row])
        vector.flags.writeable = False
        return vector

    def __getitem__(self, key_or_keys: Any) -> Floats:
        """Vector (dim,) of one key, or a new matrix (m, dim) of the vectors of m keys."""
        if isinstance(key_or_keys, KEY_TYPES):
            return self.get_vector(key_or_keys)
        listed = _listed(key_or_keys)
        rows = np.array([self.get_index(key) for key in listed], dtype=np.int64)
        return np.asarray(self._vectors[rows], dtype=np.float32)

    def get_normed_vectors(self) -> Floats:
        """Copy the whole matrix, float32 (n, dim), with every row at unit length."""
        normed = np.empty(self._vectors.shape, dtype=np.float32)
        lengths = divisors(self.norms)
        with np.errstate(invalid="ignore"):
            for block in row_blocks(len(self), 4096):
                np.divide(self._vectors[block], lengths[block, None], out=normed[block])
        return normed


def as_list(keys: Any) -> list[Any]:
    """Keys and vectors as a list, from a single one, several, the rows of a matrix, or None."""
    if keys is None:
        return []
    if isinstance(keys, KEY_TYPES) or (isinstance(keys, np.ndarray) and _is_vector(keys)):
        return [keys]
    return _listed(keys)


def _listed(keys: Any) -> list[Any]:
    try:
        return list(keys)
    except TypeError:
        raise TypeError(f"Expected a key (str or int) or a list of keys, got {keys!r}") from None


def _shown(value: object) -> str:
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)


def _is_vector(array: npt.NDArray[Any]) -> bool:
    # One-dimensional arrays of integers or strings are lists of keys.
    return array.ndim == 1 and array.dtype.kind == "f"


def _rebuild(
    kind: type[KeyedMatrix], keys: Any, vectors: npt.ArrayLike, counts: npt.ArrayLike | None
) -> KeyedMatrix:
    return kind(keys, vectors, counts=counts)


def _checked_keys(keys: Any) -> Sequence[Any]:
    """`keys` as a range, a StringArray, or a list of str or of int."""
    if isinstance(keys, range | StringArray):
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


def _checked_vectors(vectors: npt.ArrayLike, n_keys: int) -> Matrix:
    """View `vectors` read-only and as a plain array; convert it only where the type asks for it."""
    array = np.asarray(vectors)
    if array.dtype not in (np.float32, np.float16):
        if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
            raise TypeError(f"Expected vectors of real numbers, got {array.dtype}")
        array = array.astype(np.float32)
    if array.ndim != 2 or len(array) != n_keys:
        raise ValueError(
            f"Expected vectors of shape ({n_keys}, dim) for {n_keys} keys, got {array.shape}"
        )
    view: Matrix = array.view()
    view.flags.writeable = False
    return view


def _checked_counts(counts: npt.ArrayLike, n_keys: int) -> Indices:
    array = np.asarray(counts)
    if array.shape != (n_keys,) or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"Expected counts as {n_keys} integers, got {array.dtype} of shape {array.shape}"
        )
    view = array.astype(np.int64, copy=False).view()
    view.flags.writeable = False
    return view


def _duplicate(keys: Sequence[Any]) -> str:
    seen: dict[Any, int] = {}
    for row, key in enumerate(keys):
        if key in seen:
            return f"Expected different keys, got {key!r} in rows {seen[key]} and {row}"
        seen[key] = row
    return "Expected different keys"

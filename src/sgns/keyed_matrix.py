"""KeyedMatrix: keys and the rows of a matrix that they name; immutable."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from sgns.integer_keys import IntegerKeys
from sgns.keys import INDEXED_LATER, KEY_TYPES, Key, KeyList, checked_keys, duplicate, listed_keys
from sgns.nearest import Floats, Indices, Matrix, divisors, row_blocks, row_norms
from sgns.spelling import UnknownKeyError, nearest_spellings
from sgns.string_array import StringArray


class KeyedMatrix:
    """Keys, and one vector for each: look-up by key or by row number.

    Parameters
    ----------
    keys : sequence of n str, or of n int
        All different and of one kind. A `range`, `StringArray` or `IntegerKeys` is kept as it is;
        where a look-up needs more, it is made then.
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
        Lengths or shapes do not fit, or a key comes twice. In a `StringArray` or
        `IntegerKeys` duplicates are found at the first look-up.

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
        self._keys: Sequence[Any] = checked_keys(keys)
        self._vectors = _checked_vectors(vectors, len(self._keys))
        self._counts = None if counts is None else _checked_counts(counts, len(self._keys))
        self._norms: Floats | None = None
        self._index: dict[Any, int] | None = None
        self._lock = threading.RLock()
        self._int_keys = len(self._keys) > 0 and not isinstance(self._keys[0], str)
        if not isinstance(self._keys, INDEXED_LATER):
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
        """The keys in order of row number: a list that refuses to be changed, or the like."""
        with self._lock:
            if isinstance(self._keys, StringArray):
                self._keys = KeyList(self._keys.tolist())
            return self._keys

    @property
    def stored_keys(self) -> Sequence[Any]:
        """The keys as they are kept: a `KeyList`, or what `KeyedVectors` keeps as it is."""
        return self._keys

    @property
    def has_int_keys(self) -> bool:
        """Whether the keys are integers; false where there are none."""
        return self._int_keys

    @property
    def key_to_index(self) -> Mapping[Any, int]:
        """The row number of each key, read-only; built at first use."""
        return MappingProxyType(self._key_index())

    def _key_index(self) -> Mapping[Any, int]:
        if isinstance(self._keys, IntegerKeys):
            return self._keys.row_of
        # Read without the lock first: every look-up comes through here.
        if self._index is None:
            with self._lock:
                if self._index is None:
                    keys = self.index_to_key
                    index = dict(zip(keys, range(len(keys)), strict=True))
                    if len(index) < len(keys):
                        raise ValueError(duplicate(keys))
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
        """Row number of a key.

        Parameters
        ----------
        key : str or int
            As in gensim, an integer that is not a key is taken for a row number. Unlike there, it
            is not where the keys are integers themselves: an unknown number is then an unknown key.
        default : int, optional
            The answer for an unknown key.

        Returns
        -------
        int
            0 to n - 1, or `default`.

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
        if not isinstance(key, str):
            return UnknownKeyError(key)
        if self._int_keys:
            meant = int(key) if key.isdecimal() else key
            return UnknownKeyError(key, lambda: [meant] if meant in self else [])
        return UnknownKeyError(
            key, lambda: nearest_spellings(key, self._key_index().get, self.index_to_key)
        )

    def has_index_for(self, key: Key) -> bool:
        """Whether there is a vector for a key; the same as `key in vectors`.

        Parameters
        ----------
        key : str or int
            As for `get_index`.

        Returns
        -------
        bool
            False for what is no key at all.
        """
        return key in self

    def get_vecattr(self, key: Key, attr: str) -> int:
        """Value of an attribute of a key.

        Parameters
        ----------
        key : str or int
            As for `get_index`.
        attr : "count"
            The only attribute.

        Returns
        -------
        int
            How often the key occurred.

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
        """Return the vector of a key.

        Parameters
        ----------
        key : str or int
            As for `get_index`.
        norm : bool
            Scale it to unit length; a vector of zeros stays zeros.

        Returns
        -------
        float32 array (dim,)
            Read-only.

        Raises
        ------
        KeyError
            The key is unknown; the message names the nearest spellings.
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
        listed = listed_keys(key_or_keys)
        rows = np.array([self.get_index(key) for key in listed], dtype=np.int64)
        return np.asarray(self._vectors[rows], dtype=np.float32)

    def get_normed_vectors(self) -> Floats:
        """Copy the whole matrix with every row at unit length.

        Returns
        -------
        float32 array (n, dim)
            Rows of zeros stay zeros.
        """
        normed = np.empty(self._vectors.shape, dtype=np.float32)
        lengths = divisors(self.norms)
        with np.errstate(invalid="ignore"):
            for block in row_blocks(len(self), 4096):
                np.divide(self._vectors[block], lengths[block, None], out=normed[block])
        return normed


def _shown(value: object) -> str:
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)


def _rebuild(
    kind: type[KeyedMatrix], keys: Any, vectors: npt.ArrayLike, counts: npt.ArrayLike | None
) -> KeyedMatrix:
    return kind(keys, vectors, counts=counts)


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

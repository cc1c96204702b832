"""KeyedVectors as a folder: `vectors.npy`, keys, counts and `meta.json`; no pickle.

meta.json            format, version, kind of keys, sizes
vectors.npy          float32 or float16 (n, dim), without padding; can be memory-mapped
keys.bytes.npy       uint8: the keys in UTF-8, one after the other      (keys that are str)
keys.offsets.npy     int64 (n + 1,): where each key begins
keys.npy             int64 (n,)                                         (keys that are int)
counts.npy           int64 (n,), if counts are known
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from sgns._files import write_array
from sgns.array_files import load_array
from sgns.errors import FormatError
from sgns.integer_keys import IntegerKeys
from sgns.keyed_vectors import KeyedVectors
from sgns.meta_file import VECTORS, kind_folder, read_meta, write_meta
from sgns.string_array import load_strings, save_strings


def save_vectors(
    vectors: KeyedVectors, path: str | os.PathLike[str], *, overwrite: bool = False
) -> None:
    """Write vectors to a folder, all of it or nothing.

    Parameters
    ----------
    vectors : KeyedVectors
        Keys, vectors and, if they are known, counts.
    path : path
        The folder.
    overwrite : bool
        Replace saved vectors at `path`.

    Raises
    ------
    FileExistsError
        `path` exists and `overwrite` is false, or what is there are not saved vectors.
    """
    integers = vectors.has_int_keys
    with kind_folder(path, VECTORS, overwrite=overwrite) as folder:
        write_array(folder / "vectors.npy", vectors.vectors)
        if integers:
            keys = np.asarray(vectors.stored_keys, dtype=np.int64)
            write_array(folder / "keys.npy", keys)
        else:
            save_strings(folder, "keys", vectors.stored_keys)
        if vectors.counts is not None:
            write_array(folder / "counts.npy", vectors.counts)
        meta = {
            "keys": "int" if integers else "str",
            "n_keys": len(vectors),
            "vector_size": vectors.vector_size,
            "dtype": vectors.vectors.dtype.name,
            "counts": vectors.counts is not None,
        }
        write_meta(folder, VECTORS, meta)


def load_vectors(path: str | os.PathLike[str], *, mmap: bool = False) -> KeyedVectors:
    """Open a folder written by `save_vectors`.

    Parameters
    ----------
    path : path
        The folder.
    mmap : bool
        Map the arrays instead of reading them: opening takes milliseconds at any size, and
        processes that open the same folder share its memory. Keys are decoded, and duplicates
        among them found, at the first look-up.

    Returns
    -------
    KeyedVectors
        As they were saved.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    FormatError
        The folder is not one of vectors, is of a newer version, or a file in it is damaged.
    """
    folder = Path(path)
    meta = _read_meta(folder)
    n_keys, vector_size = meta["n_keys"], meta["vector_size"]
    vectors = load_array(folder / "vectors.npy", meta["dtype"], (n_keys, vector_size), mmap=mmap)
    counts = load_array(folder / "counts.npy", np.int64, (n_keys,)) if meta["counts"] else None
    if meta["keys"] == "str":
        return KeyedVectors(load_strings(folder, "keys", n_keys, mmap=mmap), vectors, counts=counts)
    keys = load_array(folder / "keys.npy", np.int64, (n_keys,))
    if np.array_equal(keys, np.arange(n_keys)):
        return KeyedVectors(range(n_keys), vectors, counts=counts)
    try:
        found = IntegerKeys(keys)
        found.row_of  # noqa: B018 - finds duplicates
        return KeyedVectors(found, vectors, counts=counts)
    except ValueError as error:
        raise FormatError(f"'{folder / 'keys.npy'}': {error}") from None


def _read_meta(folder: Path) -> dict[str, Any]:
    """`meta.json` with every field checked."""
    file = folder / "meta.json"
    meta = read_meta(folder, VECTORS)
    fits = {
        "keys": meta.get("keys") in ("str", "int"),
        "n_keys": _is_size(meta.get("n_keys")),
        "vector_size": _is_size(meta.get("vector_size")),
        "dtype": meta.get("dtype") in ("float32", "float16"),
        "counts": isinstance(meta.get("counts"), bool),
    }
    for field, good in fits.items():
        if not good:
            raise FormatError(f"'{file}': field {field!r} is damaged: {meta.get(field)!r}")
    return meta


def _is_size(value: object) -> bool:
    return type(value) is int and value >= 0

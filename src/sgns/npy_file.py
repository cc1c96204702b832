"""The matrix of vectors as a plain `.npy` file, with the keys as JSON beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sgns._files import atomic_write, write_npy
from sgns.keyed_vectors import KeyedVectors


def npy_keys_path(path: str | os.PathLike[str]) -> Path:
    """Where `save_npy` writes the keys."""
    return Path(f"{os.fspath(path)}.keys.json")


def save_npy(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write the matrix (n, dim) to `path` and its keys, a JSON list, to `path` + `.keys.json`.

    Both replace older ones when they are complete.

    Parameters
    ----------
    vectors : KeyedVectors
        Keys and vectors, float32 or float16.
    path : path
        The file.
    """
    keys = json.dumps(list(vectors.index_to_key), ensure_ascii=False).encode()
    with atomic_write(path) as file:
        write_npy(file, vectors.vectors)
        file.flush()  # so that a full disk is met before the keys are replaced
        with atomic_write(npy_keys_path(path)) as beside:
            beside.write(keys)

"""Vectors as a safetensors file, which PyTorch, JAX, Rust and others map into memory.

Eight bytes with the length of the header, the header in JSON (type, shape and place of each
tensor, and `__metadata__`, text by name), the numbers, little-endian in C order. Written here with
NumPy alone: https://huggingface.co/docs/safetensors has the format.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from sgns._files import atomic_write
from sgns.keyed_vectors import KeyedVectors
from sgns.nearest import row_blocks

# What the reference implementation reads at most.
LONGEST_HEADER = 100_000_000
ALIGNMENT = 8
_NAMES = {"float16": "F16", "float32": "F32", "int64": "I64"}
_ROWS = 4096


def save_safetensors(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write `vectors` to a safetensors file; it replaces `path` when it is complete.

    The tensor ``vectors`` is (n, dim), float32 or float16; ``counts`` is int64 (n,), where counts
    are known. The metadata have ``keys``, a JSON list in order of row number.

    Parameters
    ----------
    vectors : KeyedVectors
        Keys and vectors.
    path : path
        The file.

    Raises
    ------
    ValueError
        The keys take more than the 100 MB that a header may have, or hold lone surrogates.
    """
    tensors: dict[str, npt.NDArray[Any]] = {"vectors": vectors.vectors}
    if vectors.counts is not None:
        tensors["counts"] = vectors.counts
    keys = json.dumps(list(vectors.index_to_key), ensure_ascii=False)
    with atomic_write(path) as file:
        write_tensors(file, tensors, {"format": "sgns vectors", "keys": keys})


def write_tensors(
    file: BinaryIO, tensors: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]
) -> None:
    """Write named arrays of float16, float32 or int64, and texts, in the safetensors format."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    # Widest numbers first, so that every tensor is aligned to its own.
    order = sorted(tensors, key=lambda name: -tensors[name].itemsize)
    end = 0
    for name in order:
        array = tensors[name]
        begin, end = end, end + array.size * array.itemsize
        shape = list(array.shape)
        header[name] = {
            "dtype": _NAMES[array.dtype.name], "shape": shape, "data_offsets": [begin, end]
        }  # fmt: skip
    try:
        text = json.dumps(header, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"Expected keys that UTF-8 can encode: {error.reason}") from None
    text += b" " * (-len(text) % ALIGNMENT)
    if len(text) > LONGEST_HEADER:
        raise ValueError(
            f"Expected a header of at most {LONGEST_HEADER:,} bytes, as safetensors reads it; "
            f"the keys of these vectors make it {len(text):,}"
        )
    file.write(len(text).to_bytes(8, "little"))
    file.write(text)
    for name in order:
        array = tensors[name]
        little = array.dtype.newbyteorder("<")
        for rows in row_blocks(len(array), _ROWS):
            file.write(np.ascontiguousarray(array[rows], dtype=little).tobytes())

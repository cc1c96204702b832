"""`.npy` files that are checked before they are trusted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sgns.errors import FormatError


def load_array(
    path: str | os.PathLike[str],
    dtype: npt.DTypeLike,
    shape: tuple[int | None, ...],
    *,
    mmap: bool = False,
) -> npt.NDArray[Any]:
    """Read or map one `.npy` file that must hold exactly `dtype` and `shape`.

    The header is compared with the size of the file before anything is allocated, so a damaged
    or foreign file costs no memory. Pickled objects are never read.

    Parameters
    ----------
    path
        The file.
    dtype
        Expected element type, byte order included.
    shape
        Expected shape; `None` stands for any length of that axis.
    mmap
        Map the file read-only instead of reading it.

    Raises
    ------
    FormatError
        The file is missing, cut short, too long, not `.npy`, or holds another type or shape.
    """
    file = Path(path)
    try:
        found = _header(file)
    except FileNotFoundError:
        raise FormatError(
            f"'{file}' is missing; expected an array of {_text(dtype, shape)}"
        ) from None
    except (ValueError, EOFError, SyntaxError, TypeError, OverflowError) as error:
        raise FormatError(f"'{file}' is not a readable .npy file: {error}") from None
    found_shape, fortran, found_dtype, start = found
    same_axes = len(found_shape) == len(shape) and all(
        want is None or want == have for want, have in zip(shape, found_shape, strict=True)
    )
    if found_dtype != np.dtype(dtype) or not same_axes or (fortran and len(shape) > 1):
        order = " in Fortran order" if fortran else ""
        raise FormatError(
            f"'{file}': expected an array of {_text(dtype, shape)}, "
            f"found {_text(found_dtype, found_shape)}{order}"
        )
    # Python integers: a header may claim sizes that overflow int64.
    count = 1
    for length in found_shape:
        count *= length
    expected = start + count * found_dtype.itemsize
    size = file.stat().st_size
    if size != expected:
        what = "ends at" if size < expected else "goes on to"
        raise FormatError(
            f"'{file}' {what} byte {size:,}; expected {expected:,} bytes "
            f"for {_text(found_dtype, found_shape)}"
        )
    if mmap and count:
        return np.memmap(file, dtype=found_dtype, mode="r", offset=start, shape=found_shape)
    with file.open("rb") as opened:
        opened.seek(start)
        return np.fromfile(opened, dtype=found_dtype, count=count).reshape(found_shape)


def _header(file: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, Fortran order, element type and start of the data of a `.npy` file."""
    with file.open("rb") as opened:
        version = np.lib.format.read_magic(opened)
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(opened)
        elif version == (2, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(opened)
        else:
            raise ValueError(f"version {version} of the .npy format is not supported")
        if dtype.hasobject:
            raise ValueError("it holds pickled Python objects")
        if any(length < 0 for length in shape):
            raise ValueError(f"negative length in shape {shape}")
        return shape, fortran, dtype, opened.tell()


def _text(dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> str:
    """`float32 (any, 100)`, for messages."""
    axes = ", ".join("any" if length is None else f"{length}" for length in shape)
    return f"{np.dtype(dtype)} ({axes})"

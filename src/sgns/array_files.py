"""`.npy` files that are checked before they are trusted."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sgns.errors import FormatError
from sgns.regular_file import refuse_special

# The version 1 and 2 header of an array of a type without fields or objects.
HEADER = re.compile(
    rb"\{'descr': '([<>|][a-zA-NP-Z]\d+)', 'fortran_order': (True|False), "
    rb"'shape': \((|\d+,|\d+(?:, \d+)+)\), \} *\n"
)
LONGEST_HEADER = 10_000


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
        The file is missing or no file, cut short, too long, not `.npy`, or holds another type or
        shape.
    """
    file = Path(path)
    try:
        refuse_special(file)
        found = _header(file)
    except FileNotFoundError:
        raise FormatError(
            f"'{file}' is missing; expected an array of {_text(dtype, shape)}"
        ) from None
    except FormatError:
        raise
    except (ValueError, TypeError) as error:
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
        array = np.fromfile(opened, dtype=found_dtype, count=count).reshape(found_shape)
    array.flags.writeable = not mmap  # nothing at all cannot be mapped
    return array


def _header(file: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, Fortran order, element type and start of the data of a `.npy` file.

    Raises ValueError for anything but the plain header that NumPy writes for simple types. It
    is matched, not evaluated: NumPy's own reader fails on damage in a dozen ways.
    """
    with file.open("rb") as opened:
        start = opened.read(8)
        if start[:6] != b"\x93NUMPY" or start[6:] not in (b"\x01\x00", b"\x02\x00"):
            raise ValueError(f"expected the .npy format, version 1 or 2, found {start!r}")
        width = 2 * start[6]
        length = int.from_bytes(opened.read(width), "little")
        text = opened.read(min(length, LONGEST_HEADER))
        found = HEADER.fullmatch(text)
        if len(text) != length or found is None:
            raise ValueError(f"expected a header of a plain array, found {text[:100]!r}")
        shape = tuple(int(axis) for axis in found[3].split(b",") if axis.strip())
        return shape, found[2] == b"True", np.dtype(found[1].decode()), 8 + width + length


def _text(dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> str:
    """`float32 (any, 100)`, for messages."""
    axes = ", ".join("any" if length is None else f"{length}" for length in shape)
    return f"{np.dtype(dtype)} ({axes})"

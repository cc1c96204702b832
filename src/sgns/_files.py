"""Files that are either the old version or the new one, and arrays that are what they claim."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sgns.errors import FormatError

ARRAY_HEADER_BYTES = 128
"""Length of the headers written here: the same for every shape, so they can be filled in last."""


def sync_folder(path: Path) -> None:
    """Make renames inside `path` durable (a no-op where folders cannot be opened)."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a binary file that replaces `path` only when the block ends without an error.

    The bytes go to a temporary file in the same folder, are synced to the disk, and take the
    name in one rename. On any exception the temporary file goes away and `path` stays as it was.

    Raises
    ------
    OSError
        Naming `path`: its folder is missing or may not be written to, or it is a folder itself.
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    with _naming(target):
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with _naming(target):
            temporary.chmod(_default_mode())
            temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(target.parent)


@contextmanager
def _naming(target: Path) -> Iterator[None]:
    """Let errors of the system name `target`: nobody knows the temporary beside it."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise type(error)(error.errno, error.strerror, str(target)) from None


@contextmanager
def atomic_folder(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Fill a temporary sibling folder that takes the name `path` when the block succeeds.

    Every file in the folder is synced to the disk before the rename. On any exception the
    temporary folder goes away, with the folders that were made for it to be in, and `path` stays
    as it was.

    Raises
    ------
    FileExistsError
        `path` exists and `overwrite` is false.
    OSError
        Naming `path`: it cannot be made where it is to be.
    """
    target = Path(path)
    _refuse_existing(target, overwrite)
    with _parents(target):
        yield from _filled(target, overwrite)
    sync_folder(target.parent)


@contextmanager
def _parents(target: Path) -> Iterator[None]:
    """Make the folders that `target` is to be in; those made go away if the block fails."""
    missing = [folder for folder in target.parents if not folder.exists()]
    try:
        with _naming(target):
            if not (missing[-1].parent if missing else target.parent).is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        with suppress(OSError):  # somebody else may have put something there
            for folder in missing:
                folder.rmdir()
        raise


def _filled(target: Path, overwrite: bool) -> Iterator[Path]:
    with _naming(target):
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield temporary
        for file in sorted(temporary.rglob("*")):
            if file.is_file():
                # Windows syncs only what is open for writing.
                with file.open("r+b") as opened:
                    os.fsync(opened.fileno())
        sync_folder(temporary)
        temporary.chmod(_default_mode(folder=True))
        _refuse_existing(target, overwrite)
        with _naming(target):
            _take_the_name(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _refuse_existing(target: Path, overwrite: bool) -> None:
    if os.path.lexists(target) and not overwrite:
        raise FileExistsError(f"'{target}' exists; pass overwrite=True to replace it")


def _take_the_name(temporary: Path, target: Path) -> None:
    """Rename `temporary` to `target`; what had the name before comes back if that fails."""
    if not os.path.lexists(target):
        temporary.replace(target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    try:
        target.replace(aside / "old")
        try:
            temporary.replace(target)
        except BaseException:
            (aside / "old").replace(target)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _default_mode(*, folder: bool = False) -> int:
    """Permissions that a plainly created file or folder would have got."""
    mask = os.umask(0)
    os.umask(mask)
    return (0o777 if folder else 0o666) & ~mask


def array_header(dtype: np.dtype[Any], length: int) -> bytes:
    """Return the .npy header of a one-dimensional array, always `ARRAY_HEADER_BYTES` long."""
    text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': ({length},), }}"
    room = ARRAY_HEADER_BYTES - 10
    return b"\x93NUMPY\x01\x00" + room.to_bytes(2, "little") + text.ljust(room - 1).encode() + b"\n"


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write a one-dimensional array as a little-endian .npy file."""
    array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    with path.open("wb") as file:
        file.write(array_header(array.dtype, len(array)))
        file.write(array.view(np.uint8).data)


def open_array(path: Path, dtype: Any, *, unit: str, owner: str, remedy: str) -> NDArray[Any]:
    """Map a one-dimensional .npy file read-only, after checking its header against its size.

    Parameters
    ----------
    path, dtype
        The file and the element type that it must have.
    unit
        What an element is, in the plural, for messages: ``"tokens"``.
    owner, remedy
        Begin and end of every message: what the array belongs to, and what to do about it.

    Raises
    ------
    FormatError
        The file is missing, foreign, of another type or shape, truncated or too long.
    """
    wanted = np.dtype(dtype).newbyteorder("<")

    def fault(what: str) -> FormatError:
        return FormatError(f"{owner}: {path.name} {what}; {remedy}")

    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            shape, found = _read_header(file)
            start = file.tell()
    except FileNotFoundError:
        raise fault("is missing") from None
    except OSError:
        raise
    except Exception as error:  # whatever the parser of headers trips over
        raise fault(f"does not begin with the header of a .npy array ({error})") from None
    if found != wanted or len(shape) != 1:
        raise fault(
            f"holds {found} of shape {shape} where a one-dimensional {wanted} array is expected"
        )
    present, rest = divmod(size - start, wanted.itemsize)
    if present < shape[0]:
        raise fault(f"ends at {max(present, 0):,} of {shape[0]:,} {unit}")
    if present > shape[0] or rest:
        extra = size - start - shape[0] * wanted.itemsize
        raise fault(f"goes on for {extra:,} bytes after its {shape[0]:,} {unit}")
    return np.memmap(path, dtype=wanted, mode="r", offset=start, shape=shape)


def _read_header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read a .npy header of version 1 or 2 without trusting anything in it."""
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(file)
    else:
        raise ValueError(f"version {version}")
    if any(length < 0 for length in shape):
        raise ValueError(f"shape {shape}")
    return (() if fortran and len(shape) > 1 else shape), dtype

"""Files and folders that are either the old version or the new one, and arrays as files."""

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

ARRAY_HEADER_BYTES = 128
"""Length of the headers written here: the same for every shape, so they can be filled in last."""


def sync_folder(path: Path) -> None:
    """Make renames inside `path` durable; a no-op where the system cannot open or sync folders.

    Raises
    ------
    OSError
        The disk failed.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
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

"""Files and folders that are either the old version or the new one, and arrays as files."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

# <fcntl.h> and <stdio.h> of Linux
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2

# The mask of new files is one of the whole process, and only setting it tells it.
_MASK = threading.Lock()

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PIECE_BYTES = 1 << 20

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
        with _naming_when_full(target), os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with _naming(target):
            temporary.chmod(default_mode())
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
def _naming_when_full(target: Path) -> Iterator[None]:
    """Let errors of a full disk name `target`; others may be of what is read meanwhile."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise type(error)(error.errno, error.strerror, str(target)) from error


@contextmanager
def atomic_folder(
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    check: Callable[[], None] | None = None,
) -> Iterator[Path]:
    """Fill a temporary sibling folder that takes the name `path` when the block succeeds.

    Every file in the folder is synced to the disk before the rename. On any exception the
    temporary folder goes away, with the folders that were made for it to be in, and `path` stays
    as it was. `check` is called just before the rename and may refuse what is at `path` then:
    filling the folder may have taken hours.

    Raises
    ------
    FileExistsError
        `path` exists and `overwrite` is false.
    OSError
        Naming `path`: it cannot be made where it is to be.
    """
    target = Path(path)
    _refuse_existing(target, overwrite)
    with _parents(target), _naming_when_full(target):
        yield from _filled(target, overwrite, check)
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


def _filled(target: Path, overwrite: bool, check: Callable[[], None] | None) -> Iterator[Path]:
    with _naming(target):
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield temporary
        for file in sorted(temporary.rglob("*")):
            if file.is_file():
                # Windows syncs only what is open for writing.
                with file.open("r+b") as opened:
                    os.fsync(opened.fileno())
            else:
                sync_folder(file)
        sync_folder(temporary)
        temporary.chmod(default_mode(folder=True))
        if check is not None:
            check()
        _refuse_existing(target, overwrite)
        with _naming(target):
            _take_the_name(temporary, target, overwrite)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _refuse_existing(target: Path, overwrite: bool) -> None:
    if os.path.lexists(target) and not overwrite:
        raise FileExistsError(f"'{target}' exists; pass overwrite=True to replace it")


def _take_the_name(temporary: Path, target: Path, overwrite: bool) -> None:
    """Rename `temporary` to `target`; what had the name before comes back if that fails."""
    if not os.path.lexists(target):
        try:
            temporary.replace(target)
        except OSError as error:
            # Somebody else was faster.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            _refuse_existing(target, overwrite)
        else:
            return
    if _exchanged(temporary, target):
        _remove(temporary)
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


def _remove(path: Path) -> None:
    """Remove a file or folder as far as that is possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two names in one step, where the system can (Linux); tell whether it did.

    A process that is killed between two renames would leave nothing at the name.
    """
    if sys.platform != "linux":
        return False
    import ctypes

    exchange = getattr(ctypes.CDLL(None), "renameat2", None)
    names = os.fsencode(one), os.fsencode(other)
    here, flag = _AT_FDCWD, _RENAME_EXCHANGE
    return exchange is not None and exchange(here, names[0], here, names[1], flag) == 0


def default_mode(*, folder: bool = False) -> int:
    """Permissions that a plainly created file or folder would have got."""
    with _MASK:
        mask = os.umask(0)
        os.umask(mask)
    return (0o777 if folder else 0o666) & ~mask


def array_header(dtype: np.dtype[Any], *shape: int) -> bytes:
    """Return the .npy header of an array in C order, always `ARRAY_HEADER_BYTES` long."""
    text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    room = ARRAY_HEADER_BYTES - 10
    return b"\x93NUMPY\x01\x00" + room.to_bytes(2, "little") + text.ljust(room - 1).encode() + b"\n"


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array of numbers as a little-endian .npy file in C order."""
    with path.open("wb") as file:
        write_npy(file, array)


def write_npy(file: BinaryIO, array: NDArray[Any]) -> None:
    """Write what `write_array` does to an open file, a piece at a time, however the array lies.

    Not by `np.save`, which writes transposed arrays transposed and forgets why a write has failed.
    """
    dtype = array.dtype.newbyteorder("<")
    file.write(array_header(dtype, *array.shape))
    rows = max(1, _PIECE_BYTES * len(array) // max(array.nbytes, 1))
    for start in range(0, len(array) if array.size else 0, rows):
        piece = np.ascontiguousarray(array[start : start + rows], dtype=dtype)
        file.write(piece.reshape(-1).view(np.uint8).data)


class GrowingArray:
    """A one-dimensional little-endian .npy file that is written piece by piece, and then closed."""

    def __init__(self, path: Path, dtype: npt.DTypeLike) -> None:
        self._dtype = np.dtype(dtype).newbyteorder("<")
        self._length = 0
        self._file = path.open("wb")
        self._file.seek(ARRAY_HEADER_BYTES)

    def append(self, values: NDArray[Any]) -> None:
        """Write `values` after those before."""
        if len(values):
            self._file.write(np.ascontiguousarray(values, self._dtype).view(np.uint8).data)
            self._length += len(values)

    def close(self) -> None:
        """Write the header, which knows the length only now; the second time, do nothing."""
        if self._file.closed:
            return
        with self._file:
            self._file.seek(0)
            self._file.write(array_header(self._dtype, self._length))

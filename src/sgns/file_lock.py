"""A lock that the system lets go of when the process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


# What systems say of a lock that another one holds, and of file systems that know no locks.
_TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock that `file` stands for, which is made for it and goes away after.

    A process that is killed leaves the file but no lock. On file systems that know no locks this
    is no protection.

    Raises
    ------
    BlockingIOError
        Somebody else holds it; the error names the folder of `file`.
    OSError
        The file cannot be made.
    """
    descriptor = _open_locked(file)
    try:
        yield
    finally:
        if sys.platform == "win32":  # what is open cannot be removed there
            os.close(descriptor)
            with suppress(OSError):
                file.unlink()
        else:  # nobody must take the lock of a file that is about to vanish
            with suppress(OSError):
                file.unlink()
            os.close(descriptor)


def _open_locked(file: Path) -> int:
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _take(descriptor)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                os.close(descriptor)
                if error.errno in _TAKEN:
                    reason = "in use by another run, which holds its lock"
                    raise BlockingIOError(errno.EAGAIN, reason, str(file.parent)) from None
                raise
        except BaseException:
            os.close(descriptor)
            raise
        # Its last holder may have removed the file between our opening and our locking it.
        with suppress(FileNotFoundError):
            if sys.platform == "win32" or os.path.samestat(os.fstat(descriptor), file.stat()):
                return descriptor
        os.close(descriptor)

"""Files that are opened by name inside of folders of strangers: that they are files."""

from __future__ import annotations

import stat
from pathlib import Path

from sgns.errors import FormatError


def refuse_special(file: Path) -> None:
    """Refuse what is there by the name of a file and is none, before it is opened.

    Opening a pipe waits for somebody who writes to it, and what a device gives has no end. Links
    to files are files.

    Raises
    ------
    FileNotFoundError
        Nothing is there.
    FormatError
        It is a folder, a pipe, a device, or a link that leads to itself.
    """
    try:
        mode = file.stat().st_mode
    except (FileNotFoundError, PermissionError):
        raise
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FormatError(f"'{file}': expected a file, found none: {reason}") from None
    if not stat.S_ISREG(mode):
        found = "a folder" if stat.S_ISDIR(mode) else "a pipe, a device or the like"
        raise FormatError(f"'{file}': expected a file, found {found}")

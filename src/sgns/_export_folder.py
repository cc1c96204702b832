"""Folders for other programs: written whole or not at all, and only over folders of their kind."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from sgns._files import atomic_folder


@contextmanager
def export_folder(
    path: str | os.PathLike[str], names: Collection[str], *, overwrite: bool
) -> Iterator[Path]:
    """Fill a folder with files of these `names`; it takes the name `path` at the end of the block.

    Raises
    ------
    FileExistsError
        `path` exists, and `overwrite` is false or there is something else than such a folder.
    """
    target = Path(path)
    if overwrite and os.path.lexists(target):
        _refuse_foreign(target, names)
    with atomic_folder(target, overwrite=overwrite) as folder:
        yield folder


def _refuse_foreign(target: Path, names: Collection[str]) -> None:
    """Others' folders have no `meta.json` to be known by, so what is in them decides."""
    if target.is_symlink() or not target.is_dir():
        raise FileExistsError(f"'{target}' exists and is no folder; it is kept")
    foreign = sorted(entry.name for entry in target.iterdir() if entry.name not in names)
    if foreign:
        raise FileExistsError(
            f"'{target}' exists and holds '{foreign[0]}', which is not replaced; expected only "
            + ", ".join(names)
        )

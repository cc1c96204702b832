"""`meta.json`: what a folder written by this package says of itself.

It names the format and version of the folder, and is what tells a folder of ours from any other:
only such a folder is opened, and only such a folder is replaced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sgns._files import atomic_folder
from sgns.errors import FormatError
from sgns.regular_file import refuse_special

NAME = "meta.json"


@dataclass(frozen=True)
class Kind:
    """A kind of folder.

    Attributes
    ----------
    format
        What ``meta.json`` says under ``"format"``.
    version
        The newest version that is read, and the one that is written.
    title
        What messages call such a folder.
    opener
        The call that opens one.
    remedy
        End of every message about damage: what to do about it.
    reader_of_files
        The call that reads files with the same contents, if there is one.
    """

    format: str
    version: int
    title: str
    opener: str
    remedy: str = ""
    reader_of_files: str | None = None


CORPUS = Kind("sgns corpus", 1, "corpus folder", "Corpus.open", "; rebuild it with `sgns build`")
MODEL = Kind("sgns model", 1, "model folder", "Model.load")
VECTORS = Kind(
    "sgns.vectors",
    1,
    "folder of vectors",
    "KeyedVectors.load",
    reader_of_files="KeyedVectors.load_word2vec_format",
)


def kind_of(folder: Path) -> Kind | None:
    """Return the kind that ``meta.json`` names, of any version; None where there is none."""
    try:
        refuse_special(folder / NAME)
        meta = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    named = meta.get("format") if isinstance(meta, dict) else None
    return next((kind for kind in (CORPUS, MODEL, VECTORS) if kind.format == named), None)


def check_target(path: Path, kind: Kind, *, overwrite: bool) -> None:
    """Refuse to write a folder of `kind` to `path` where that would destroy something else.

    Raises
    ------
    FileExistsError
        `path` exists, and `overwrite` is false or what is there is no folder of that kind.
    """
    if not os.path.lexists(path):
        return
    if kind_of(path) is not kind:
        raise FileExistsError(f"'{path}' exists and is no {kind.title}; it is kept")
    if not overwrite:
        raise FileExistsError(f"'{path}' exists; pass overwrite=True to replace it")


@contextmanager
def kind_folder(path: str | os.PathLike[str], kind: Kind, *, overwrite: bool) -> Iterator[Path]:
    """Fill a folder of `kind` that takes the name `path` when the block succeeds.

    What is at `path` is looked at before the block and again before it is replaced, as it may be
    something else by then.

    Raises
    ------
    FileExistsError
        As `check_target` does.
    """
    target = Path(path)

    def check() -> None:
        check_target(target, kind, overwrite=overwrite)

    check()
    with atomic_folder(target, overwrite=overwrite, check=check) as folder:
        yield folder


def read_meta(folder: Path, kind: Kind) -> dict[str, Any]:
    """Return what ``meta.json`` of a folder of `kind` says, its format and version checked.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    FormatError
        The folder is of another kind or a newer version, or its ``meta.json`` is damaged.
    """
    file = folder / NAME
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        if folder.exists() and kind.reader_of_files is not None:
            found += f"; {kind.reader_of_files} reads files"
        raise FileNotFoundError(f"expected a {kind.title} at '{folder}', found {found}")
    try:
        refuse_special(file)
        meta = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise FormatError(f"'{folder}' is no {kind.title}: {NAME} is missing") from None
    except FormatError as error:
        raise FormatError(f"{error}{kind.remedy}") from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"'{file}' is not valid JSON: {error}{kind.remedy}") from None
    if not isinstance(meta, dict) or meta.get("format") != kind.format:
        other = meta.get("format") if isinstance(meta, dict) else meta
        ours = kind_of(folder)
        hint = "" if ours is None else f"; open it with {ours.opener}"
        raise FormatError(f"'{file}': expected format {kind.format!r}, found {other!r}{hint}")
    version = meta.get("version")
    if type(version) is not int or not 1 <= version <= kind.version:
        raise FormatError(
            f"'{file}': expected version 1 to {kind.version}, found {version!r}; "
            "a newer sgns may read it"
        )
    return meta


def write_meta(folder: Path, kind: Kind, entries: Mapping[str, Any]) -> None:
    """Write ``meta.json`` of a folder of `kind`: its format and version, then `entries`.

    Raises
    ------
    ValueError
        A number is not finite, which JSON cannot say.
    """
    meta = {"format": kind.format, "version": kind.version, **entries}
    text = json.dumps(meta, indent=2, allow_nan=False) + "\n"
    (folder / NAME).write_text(text, encoding="ascii")

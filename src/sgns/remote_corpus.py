"""A corpus at an address, such as ``s3://bucket/reviews.corpus``: copied once, then opened.

fsspec knows the addresses. Whatever a store says that its files are called, only names that a
corpus has are copied, so nothing is written but into the copy.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

from sgns._files import atomic_folder
from sgns.corpus_files import open_arrays
from sgns.errors import FormatError
from sgns.meta_file import NAME

CACHE_VARIABLE = "SGNS_CACHE"
"""The environment variable that names the folder of copies."""

FILES = re.compile(r"(shard-\d{5}/)?[a-z_]+(\.bytes|\.offsets)?\.npy|(shard-\d{5}/)?meta\.json")


def copy_folder() -> Path:
    """The folder of copies: `SGNS_CACHE`, or ``sgns`` where programs keep such things."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    places = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    return (Path(places) if places else Path.home() / ".cache") / "sgns"


def local_copy(address: str) -> Path:
    """Return the folder of a copy of the corpus at `address`, which is made if there is none.

    A copy belongs to an address and to what ``meta.json`` says there, so a corpus that is replaced
    is copied again. It takes its name when it is whole.

    Raises
    ------
    FileNotFoundError
        There is no such corpus.
    FormatError
        What is there is no whole corpus, or was replaced while it was copied.
    ImportError
        fsspec, or what it needs for such an address, is not installed.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ImportError(f"'{address}': needs fsspec; pip install \"sgns[remote]\"") from error
    store, root = url_to_fs(address)
    root = root.rstrip("/")
    try:
        meta = store.cat_file(f"{root}/{NAME}")
    except FileNotFoundError:
        raise FileNotFoundError(
            f"expected a corpus folder at '{address}', found no {NAME} there"
        ) from None
    key = hashlib.blake2b(address.encode() + b"\0" + meta, digest_size=16).hexdigest()
    target = copy_folder() / key
    if not target.exists():
        try:
            with atomic_folder(target) as folder:
                _copy(store, root, folder)
                _check(folder, meta, address)
        except FileExistsError:  # another process was faster
            if not target.exists():
                raise
    return target


def _copy(store: Any, root: str, folder: Path) -> None:
    for found in store.find(root):
        name = found.removeprefix(root).lstrip("/")
        if FILES.fullmatch(name):
            (folder / name).parent.mkdir(exist_ok=True)
            store.get_file(found, str(folder / name))


def _check(folder: Path, meta: bytes, address: str) -> None:
    if (folder / NAME).read_bytes() != meta:
        raise FormatError(f"corpus at '{address}': it was replaced while it was copied; open again")
    try:
        open_arrays(folder)
    except FormatError as error:
        raise FormatError(str(error).replace(str(folder), address)) from None

"""What `meta.json` of a corpus says, checked before anything relies on it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from sgns.errors import FormatError
from sgns.meta_file import CORPUS, kind_of
from sgns.meta_file import read_meta as read_meta_file
from sgns.tags import LAYOUTS

REMEDY = "rebuild it with `sgns build`"
SHARDS = "shards"
"""The entry of a corpus that lies in shards: a list with an object for each of them."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)  # two letters: no drive of Windows
# What it says of each shard.
SIZES = ("n_tokens", "n_documents")


def is_address(path: object) -> bool:
    """Whether `path` is a string that names more than this machine's files."""
    return isinstance(path, str) and _ADDRESS.match(path) is not None


def is_corpus(path: object) -> bool:
    """Whether `path` is that of a folder whose ``meta.json`` says it is a corpus."""
    return isinstance(path, (str, os.PathLike)) and kind_of(Path(os.fsdecode(path))) is CORPUS


def read_meta(folder: Path) -> dict[str, Any]:
    """Read ``meta.json`` and check everything that the rest of opening relies on."""
    owner = f"Corpus '{folder}'"
    meta = read_meta_file(folder, CORPUS)
    for name in ("n_tokens", "n_documents", "n_words"):
        if not _is_number(meta.get(name)):
            raise FormatError(
                f"{owner}: meta.json: {name}: expected a number, got {meta.get(name)!r}; {REMEDY}"
            )
    _check_entries(meta, owner)
    if SHARDS in meta:
        _check_shards(meta, owner)
    return meta


def _check_entries(meta: dict[str, Any], owner: str) -> None:
    tags = meta.setdefault("tags", None)
    if tags is not None and tags not in LAYOUTS:
        raise FormatError(
            f"{owner}: meta.json: tags: expected strings or integers, one or several a document, "
            f"got {tags!r}; {REMEDY}"
        )
    if not isinstance(meta.get("fingerprint"), str):
        raise FormatError(
            f"{owner}: meta.json: fingerprint: expected a string, "
            f"got {meta.get('fingerprint')!r}; {REMEDY}"
        )


def _check_shards(meta: dict[str, Any], owner: str) -> None:
    shards = meta[SHARDS]
    if not isinstance(shards, list) or not shards:
        raise FormatError(
            f"{owner}: meta.json: {SHARDS}: expected a list, got {shards!r}; {REMEDY}"
        )
    for i, shard in enumerate(shards):
        whole = isinstance(shard, dict) and isinstance(shard.get("fingerprint"), str)
        if not whole or not all(_is_number(shard.get(name)) for name in SIZES):
            raise FormatError(
                f"{owner}: meta.json: {SHARDS}: expected numbers of tokens and documents and a "
                f"fingerprint of shard {i}, got {shard!r}; {REMEDY}"
            )
    for name in SIZES:
        total = sum(shard[name] for shard in shards)
        if total != meta[name]:
            raise FormatError(
                f"{owner}: meta.json: {name}: expected {total:,}, the sum of its shards, "
                f"got {meta[name]:,}; {REMEDY}"
            )


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0

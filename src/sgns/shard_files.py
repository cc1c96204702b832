"""The shards of a corpus: which folders they are, and that they belong to it.

The folder of a corpus that was built in shards has the files of any corpus (see
`sgns.corpus_files`) but ``tokens.npy``. The tokens lie in folders ``shard-00000``, ``shard-00001``
and so on, in the order of the text. Each is a corpus of its own, of some of the documents, in the
words, numbers and counts of the whole; its tags are numbered by themselves. ``meta.json`` of the
whole has an entry ``shards``: ``n_tokens``, ``n_documents`` and ``fingerprint`` of each, in their
order. It names no folders, so nothing in it can lead out of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns.array_files import load_array
from sgns.corpus_meta import REMEDY, SHARDS, read_meta
from sgns.errors import FormatError
from sgns.token_pieces import TokenPieces


def shard_name(number: int) -> str:
    """Name of the folder of a shard."""
    return f"shard-{number:05d}"


def open_tokens(folder: Path, meta: dict[str, Any], offsets: NDArray[np.int64]) -> TokenPieces:
    """Map the tokens of all shards of the corpus in `folder`.

    Parameters
    ----------
    meta
        Its ``meta.json``, checked.
    offsets
        int64 (n_documents + 1,), where the documents of the whole begin.

    Raises
    ------
    FormatError
        A shard is missing or damaged, or is not the one that this corpus was built with; the
        message names it.
    """
    arrays: list[NDArray[np.uint32]] = []
    n_tokens = n_documents = 0
    for number, facts in enumerate(meta[SHARDS]):
        shard = folder / shard_name(number)
        if offsets[n_documents] != n_tokens:
            raise FormatError(
                f"Corpus '{folder}': offsets.npy: expected document {n_documents:,}, the first of "
                f"{shard.name}, at {n_tokens:,}, found it at {offsets[n_documents]:,}; {REMEDY}"
            )
        try:
            _check_shard(shard, facts)
            arrays.append(
                load_array(shard / "tokens.npy", np.uint32, (facts["n_tokens"],), mmap=True)
            )
        except FormatError as error:
            what = str(error).removesuffix(f"; {REMEDY}")
            raise FormatError(f"Corpus '{folder}': {shard.name}: {what}; {REMEDY}") from None
        except FileNotFoundError:
            raise FormatError(
                f"Corpus '{folder}': {shard.name} is missing, one of {len(meta[SHARDS]):,} shards; "
                f"{REMEDY}"
            ) from None
        n_tokens += facts["n_tokens"]
        n_documents += facts["n_documents"]
    return TokenPieces(*arrays)


def _check_shard(shard: Path, facts: dict[str, Any]) -> None:
    meta = read_meta(shard)
    for name in ("fingerprint", "n_tokens", "n_documents"):
        if meta[name] != facts[name]:
            raise FormatError(
                f"expected the shard with {name} {facts[name]}, found one with {meta[name]}"
            )

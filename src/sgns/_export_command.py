"""`sgns export`: vectors in the formats of other programs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sgns._shell_input import refuse_to_replace
from sgns._shown_vectors import shown_vectors
from sgns._terminal import on_interrupt

if TYPE_CHECKING:
    from sgns.keyed_vectors import KeyedVectors

#: What each format is, as the help tells it.
FORMATS = {
    "text": "word2vec's text, compressed if OUT ends in .gz",
    "binary": "word2vec's binary format",
    "npy": "the matrix alone, with the words as a JSON list in OUT.keys.json",
    "safetensors": "a file with the words as JSON among its metadata",
    "projector": "a folder for the Embedding Projector of TensorBoard",
    "sentence-transformers": "a folder with a static model of sentence-transformers",
}
_BY_ENDING = {".npy": "npy", ".safetensors": "safetensors"}
_FOLDERS = ("projector", "sentence-transformers")


def export(options: argparse.Namespace) -> None:
    """Write vectors, or the first of them, in the chosen format."""
    from sgns.npy_file import npy_keys_path

    out = Path(options.out)
    name = _chosen_format(out, options)
    for path in (out, npy_keys_path(out)) if name == "npy" else (out,):
        refuse_to_replace(path, options)
    with on_interrupt(f"'{out}' was not written"):
        vectors = _first(shown_vectors(options), options.limit)
        _writer(name, overwrite=options.force)(vectors, out)


def _chosen_format(out: Path, options: argparse.Namespace) -> str:
    """The format that is asked for, or else the one that the name of the file speaks of."""
    spoken = _BY_ENDING.get(out.suffix)
    asked: str | None = options.format
    if options.binary:
        if asked not in (None, "binary"):
            raise ValueError(f"--binary is about word2vec's format, and --format is {asked}")
        asked = "binary"
    if asked is not None and spoken is not None and asked != spoken:
        flag = "--binary" if options.binary else f"--format {asked}"
        raise ValueError(f"{flag} does not go with '{out}', which is to be a {out.suffix} file")
    return asked or spoken or "text"


def _first(vectors: KeyedVectors, limit: int | None) -> KeyedVectors:
    from sgns.keyed_vectors import KeyedVectors

    if limit is None or limit >= len(vectors):
        return vectors
    counts = None if vectors.counts is None else vectors.counts[:limit]
    return KeyedVectors(vectors.index_to_key[:limit], vectors.vectors[:limit], counts=counts)


def _writer(name: str, *, overwrite: bool) -> Callable[[KeyedVectors, Path], None]:
    """The function that writes a format; files are replaced, folders with `overwrite` only."""
    from functools import partial

    from sgns import formats

    writers: dict[str, Callable[..., Any]] = {
        "text": formats.save_word2vec_format,
        "binary": partial(formats.save_word2vec_format, binary=True),
        "npy": formats.save_npy,
        "safetensors": formats.save_safetensors,
        "projector": formats.save_projector,
        "sentence-transformers": formats.save_sentence_transformers,
    }
    return partial(writers[name], overwrite=overwrite) if name in _FOLDERS else writers[name]

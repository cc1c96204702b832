"""Vectors as the Embedding Projector of TensorBoard reads them.

vectors.tsv            a line for each key: its numbers with tabs between, no header
metadata.tsv           a line for each key: the key alone, without header; or, where counts are
                       known, the header `key<TAB>count` and both
projector_config.pbtxt which names the two files to TensorBoard
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from sgns._export_folder import export_folder
from sgns.keyed_vectors import KeyedVectors
from sgns.nearest import row_blocks

FILES = ("vectors.tsv", "metadata.tsv", "projector_config.pbtxt")
CONFIG = 'embeddings {\n  tensor_path: "vectors.tsv"\n  metadata_path: "metadata.tsv"\n}\n'
WRITE_NUMBERS = 1 << 16


def save_projector(
    vectors: KeyedVectors, path: str | os.PathLike[str], *, overwrite: bool = False
) -> None:
    """Write `vectors` to a folder for the Embedding Projector.

    ``tensorboard --logdir PATH`` shows it; https://projector.tensorflow.org loads the two .tsv
    files. Browsers handle some ten thousand vectors well: `sgns export --limit` takes the first.

    Parameters
    ----------
    vectors : KeyedVectors
        Keys and vectors; each float32 is written so that it can be read back exactly.
    path : path
        The folder.
    overwrite : bool
        Replace the folder if there is nothing else in it than such files.

    Raises
    ------
    FileExistsError
        `path` exists, and `overwrite` is false or it holds something else.
    ValueError
        A key is blank or holds a tab, line feed or carriage return, or cannot be encoded in UTF-8.
    """
    labels = list(_labels(vectors))
    with export_folder(path, FILES, overwrite=overwrite) as folder:
        (folder / "metadata.tsv").write_bytes(b"".join(labels))
        with (folder / "vectors.tsv").open("wb") as file:
            width = vectors.vector_size
            record = b"\t".join([b"%.9g"] * width) + b"\n"
            for some in row_blocks(len(vectors), max(1, WRITE_NUMBERS // max(1, width))):
                rows = vectors.vectors[some].tolist()
                file.write(b"".join(record % tuple(row) for row in rows))
        (folder / "projector_config.pbtxt").write_bytes(CONFIG.encode())


def _labels(vectors: KeyedVectors) -> Iterator[bytes]:
    """Lines of metadata; the projector leaves blank ones out and would shift all that follow."""
    counts = None if vectors.counts is None else vectors.counts.tolist()
    if counts is not None:
        yield b"key\tcount\n"
    for row, key in enumerate(vectors.index_to_key):
        name = str(key)
        if not name.strip() or any(mark in name for mark in "\t\n\r"):
            what = "without tab or line break" if name.strip() else "that are not blank"
            raise ValueError(f"Expected keys {what}, got {key!r} in row {row}")
        line = f"{name}\n" if counts is None else f"{name}\t{counts[row]}\n"
        try:
            yield line.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"Expected keys that UTF-8 can encode, got {key!r} in row {row}: {error.reason}"
            ) from None

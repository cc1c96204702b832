"""W_d, the matrix of documents: in memory, or in a file that is mapped while training.

The file is a `.npy` file of float32 (n_rows, stride), whose rows begin on cache lines like those
in memory; the vectors are its first `vector_size` columns. Nothing of its size is ever beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from sgns._files import atomic_write
from sgns.weights import Matrix, allocate, initial_rows, row_floats

# Keeps the random numbers of documents apart from those of words.
_STREAM = 1
# Rows of a saved model that are copied at a time.
_COPIED_ROWS = 1 << 14


def create_documents(
    n_rows: int, vector_size: int, seed: int, path: str | os.PathLike[str] | None = None
) -> Matrix:
    """W_d before training: evenly from (-0.5, 0.5) / vector_size, in memory or in a new file.

    Parameters
    ----------
    n_rows, vector_size, seed : int
        Row i follows from the seed, the vector size and i alone.
    path : path, optional
        The file, which appears only when it is whole, and whose room on the disk is taken then.

    Returns
    -------
    float32 array (n_rows, stride)
        Writable; of a file, mapped.

    Raises
    ------
    FileExistsError
        `path` exists: it may hold the vectors of another model.
    OSError
        The file cannot be written; on a full disk nothing is left of it.
    """
    stream = np.random.PCG64(np.random.SeedSequence([seed, _STREAM]))
    if path is None:
        documents = allocate(n_rows, vector_size)
        for start, block in initial_rows(n_rows, vector_size, stream):
            documents[start : start + len(block), :vector_size] = block
        return documents
    return _stored(Path(path), n_rows, vector_size, initial_rows(n_rows, vector_size, stream))


def copy_documents(vectors: Matrix, path: str | os.PathLike[str]) -> Matrix:
    """Copy vectors (n_rows, vector_size) into a new file, as `create_documents` lays it out.

    Raises
    ------
    FileExistsError, OSError
        As `create_documents`.
    """
    starts = range(0, len(vectors), _COPIED_ROWS)
    blocks = ((start, vectors[start : start + _COPIED_ROWS]) for start in starts)
    return _stored(Path(path), len(vectors), vectors.shape[1], blocks)


def _stored(
    file: Path, n_rows: int, vector_size: int, blocks: Iterable[tuple[int, Matrix]]
) -> Matrix:
    """Write rows, block after block, to a new file; return it mapped and writable."""
    if os.path.lexists(file):
        raise FileExistsError(
            f"document_storage: '{file}' exists; it may be in use by another model. Where the run "
            "that made it was killed, remove it: checkpoints and saved models have its vectors"
        )
    shape = n_rows, row_floats(vector_size)
    try:
        with atomic_write(file) as opened:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(opened, header)
            for _, block in blocks:
                padded = np.zeros((len(block), shape[1]), dtype="<f4")
                padded[:, :vector_size] = block
                opened.write(padded.data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise type(error)(
            error.errno, f"document_storage: {reason}, {shape[0] * shape[1] * 4:,} bytes", str(file)
        ) from error
    mapped: Matrix = np.load(file, mmap_mode="r+", allow_pickle=False)
    return mapped


def flush(documents: Matrix | None) -> None:
    """Bring what was learnt to the disk, where the matrix is mapped from a file."""
    if isinstance(documents, np.memmap):
        documents.flush()

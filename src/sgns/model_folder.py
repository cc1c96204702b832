"""A model as a folder of arrays: everything that training on needs; no pickle.

meta.json            format, version, parameters, sizes, corpus, history
words.bytes.npy      uint8: the words in UTF-8, one after the other
words.offsets.npy    int64 (n + 1,): where each word begins
counts.npy           int64 (n,): how often each word occurs
words.npy            float32 (n, vector_size): W_t, the word vectors
contexts.npy         float32 (n, vector_size): W_c; with "concat" twice as wide

With documents, of which meta.json tells how many and the kind of their tags:

documents.npy        float32 (m, vector_size): W_d
tags.bytes.npy       the tags like the words                    (tags that are str)
tags.offsets.npy
tags.npy             int64 (m,): the tags                       (tags that are int)
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import MISSING, asdict, fields, replace
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sgns._files import write_array
from sgns.array_files import load_array
from sgns.config import TrainingConfig
from sgns.document_storage import copy_documents
from sgns.errors import FormatError
from sgns.history import EpochRecord
from sgns.integer_keys import IntegerKeys
from sgns.meta_file import MODEL, kind_folder, read_meta, write_meta
from sgns.string_array import load_strings, save_strings
from sgns.vocabulary import Vocabulary, check_counts
from sgns.weights import Matrix, Weights, laid_out

if TYPE_CHECKING:
    from sgns.model import Model

# What a record must have; what came later may be missing.
_REQUIRED = {field.name for field in fields(EpochRecord) if field.default is MISSING}
# Kinds of tags: the numbers of documents, which need no array, and two that do.
NUMBERS, STRINGS, INTEGERS = "numbers", "strings", "integers"
# What an epoch measured, which may be nothing.
_MEASURED = [field.name for field in fields(EpochRecord) if field.type in (float, "float")]


def save_model(model: Model, path: Path, *, overwrite: bool) -> None:
    """Write `model` to the folder `path`, all of it or nothing.

    Raises
    ------
    FileExistsError
        `path` exists and `overwrite` is false, or what is there is no model.
    """
    with kind_folder(path, MODEL, overwrite=overwrite) as folder:
        write_model(model, folder)


def write_model(model: Model, folder: Path) -> None:
    """Write the files of `model` into a folder that is there."""
    save_strings(folder, "words", model.vocabulary.words)
    write_array(folder / "counts.npy", model.vocabulary.counts)
    write_array(folder / "words.npy", model.weights.word_vectors)
    write_array(folder / "contexts.npy", model.weights.context_vectors)
    meta = {
        "n_words": len(model.vocabulary),
        "documents": _save_documents(model, folder),
        "tokenizer": model.tokenizer,
        "parameters": model.config.to_dict(),
        "corpus": None if model.corpus is None else _described(model),
        "history": [_saved_record(record) for record in model.history],
    }
    write_meta(folder, MODEL, meta)


def load_model(
    kind: type[Model],
    path: Path,
    *,
    mmap: bool,
    document_storage: str | os.PathLike[str] | None = None,
) -> Model:
    """Read a model from a folder that `save_model` has written; see `Model.load`.

    Raises
    ------
    FileNotFoundError, FormatError
        There is no such folder, or it is not a whole model of a known version.
    OSError, ValueError
        The file of documents cannot be made, or the model has none.
    """
    meta = _read_meta(path)
    config = _config(meta["parameters"], where=f"'{path / 'meta.json'}'")
    n, size = meta["n_words"], config.vector_size
    width = 2 * size if config.documents == "concat" else size
    counts = load_array(path / "counts.npy", np.int64, (n,))
    try:
        strings = load_strings(path, "words", n, mmap=mmap)
        if mmap:
            vocabulary = Vocabulary._packed(strings, check_counts(counts, n))
        else:
            vocabulary = Vocabulary(strings, counts)
    except FormatError:
        raise
    except ValueError as error:
        raise FormatError(f"'{path}': {error}") from None
    words = load_array(path / "words.npy", np.float32, (n, size), mmap=mmap)
    contexts = load_array(path / "contexts.npy", np.float32, (n, width), mmap=mmap)
    tags, documents = _load_documents(path, meta, config, mmap=mmap)
    if document_storage is not None:
        if documents is None:
            raise ValueError(f"document_storage: expected with documents only, '{path}' has none")
        documents = copy_documents(documents, document_storage)
    elif documents is not None and not mmap:
        documents = laid_out(documents, size)
    weights = Weights(words, contexts, size) if mmap else Weights.of(words, contexts)
    weights = replace(weights, documents=documents)
    history = _history(path, meta["history"])
    return kind._of(
        config, None, vocabulary, weights, history, tags=tags, tokenizer=meta.get("tokenizer")
    )


def _save_documents(model: Model, folder: Path) -> dict[str, Any] | None:
    """Write the vectors and tags of documents; returns what meta.json says of them."""
    vectors, tags = model.weights.document_vectors, model.tags
    if vectors is None or tags is None:
        return None
    write_array(folder / "documents.npy", vectors)
    if isinstance(tags, range):
        kind = NUMBERS
    elif isinstance(tags[0], str):
        kind = STRINGS
        save_strings(folder, "tags", tags)
    else:
        kind = INTEGERS
        write_array(folder / "tags.npy", np.asarray(tags, dtype=np.int64))
    return {"n": len(tags), "tags": kind}


def _load_documents(
    path: Path, meta: dict[str, Any], config: TrainingConfig, *, mmap: bool
) -> tuple[Sequence[Any] | None, Matrix | None]:
    """Tags and vectors of documents, or None and None."""
    file, found = path / "meta.json", meta.get("documents")
    if (found is None) != (config.documents is None):
        raise FormatError(f"'{file}': documents: {found!r} with documents={config.documents!r}")
    if found is None:
        return None, None
    n = found.get("n") if isinstance(found, dict) else None
    if type(n) is not int or n < 1 or found.get("tags") not in (NUMBERS, STRINGS, INTEGERS):
        raise FormatError(f"'{file}': documents: damaged: {found!r}")
    # Mapped in any case: the copy in the layout of the kernels is the only one in memory.
    vectors = load_array(path / "documents.npy", np.float32, (n, config.vector_size), mmap=True)
    tags: Sequence[Any] = range(n)
    if found["tags"] == STRINGS:
        tags = load_strings(path, "tags", n, mmap=mmap)
    elif found["tags"] == INTEGERS:
        tags = IntegerKeys(load_array(path / "tags.npy", np.int64, (n,), mmap=mmap))
    return tags, vectors


def _described(model: Model) -> dict[str, Any]:
    """What a person may want to know of the corpus; nothing is opened by it."""
    assert model.corpus is not None
    return {
        "fingerprint": model.corpus.fingerprint,
        "n_tokens": model.corpus.n_tokens,
        "n_documents": model.corpus.n_documents,
        "n_words": len(model.corpus.vocabulary),
    }


def _read_meta(path: Path) -> dict[str, Any]:
    """`meta.json` with its own fields checked."""
    file = path / "meta.json"
    meta = read_meta(path, MODEL)
    for name, kind in (("n_words", int), ("parameters", dict), ("history", list)):
        if type(meta.get(name)) is not kind:
            raise FormatError(
                f"'{file}': {name}: expected {kind.__name__}, found {meta.get(name)!r}"
            )
    if meta["n_words"] < 1:
        raise FormatError(f"'{file}': n_words: expected 1 or more, found {meta['n_words']}")
    return meta


def _config(parameters: dict[str, Any], *, where: str) -> TrainingConfig:
    """The parameters, all of them: a default of today may not be that of when they were saved."""
    for field in fields(TrainingConfig):
        if field.name not in parameters:
            raise FormatError(f"{where}: parameter {field.name!r} is missing")
    return TrainingConfig.from_dict(parameters, where=where)


def _history(path: Path, records: list[Any]) -> list[EpochRecord]:
    names = [field.name for field in fields(EpochRecord)]
    for number, record in enumerate(records):
        if not isinstance(record, dict) or not _REQUIRED <= record.keys() <= set(names):
            raise FormatError(
                f"'{path / 'meta.json'}': history[{number}]: expected the fields {', '.join(names)}"
            )
        record.update({name: nan for name in _MEASURED if record.get(name) is None})
        if not all(type(value) in (int, float) for value in record.values()):
            raise FormatError(f"'{path / 'meta.json'}': history[{number}]: expected numbers")
    return [EpochRecord(**record) for record in records]


def _saved_record(record: EpochRecord) -> dict[str, Any]:
    """The record with null for the numbers that JSON has not; they are NaN when read back."""
    values = asdict(record)
    return values | {name: None for name in _MEASURED if not isfinite(values[name])}

"""A model as a folder of arrays: everything that training on needs; no pickle.

meta.json            format, version, parameters, sizes, corpus, history
words.bytes.npy      uint8: the words in UTF-8, one after the other
words.offsets.npy    int64 (n + 1,): where each word begins
counts.npy           int64 (n,): how often each word occurs
words.npy            float32 (n, vector_size): W_t, the word vectors
contexts.npy         float32 (n, vector_size): W_c
"""

from __future__ import annotations

from dataclasses import asdict, fields
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sgns._files import atomic_folder
from sgns.array_files import load_array
from sgns.config import TrainingConfig
from sgns.errors import FormatError
from sgns.history import EpochRecord
from sgns.meta_file import MODEL, check_target, read_meta, write_meta
from sgns.string_array import load_strings, save_strings
from sgns.vocabulary import Vocabulary
from sgns.weights import Weights

if TYPE_CHECKING:
    from sgns.model import Model

# What an epoch measured, which may be nothing.
_MEASURED = [field.name for field in fields(EpochRecord) if field.type in (float, "float")]


def save_model(model: Model, path: Path, *, overwrite: bool) -> None:
    """Write `model` to the folder `path`, all of it or nothing.

    Raises
    ------
    FileExistsError
        `path` exists and `overwrite` is false, or what is there is no model.
    """
    check_target(path, MODEL, overwrite=overwrite)
    with atomic_folder(path, overwrite=overwrite) as folder:
        save_strings(folder, "words", model.vocabulary.words)
        np.save(folder / "counts.npy", model.vocabulary.counts, allow_pickle=False)
        np.save(folder / "words.npy", model.weights.word_vectors, allow_pickle=False)
        np.save(folder / "contexts.npy", model.weights.context_vectors, allow_pickle=False)
        meta = {
            "n_words": len(model.vocabulary),
            "parameters": model.config.to_dict(),
            "corpus": None if model.corpus is None else _described(model),
            "history": [_saved_record(record) for record in model.history],
        }
        write_meta(folder, MODEL, meta)


def load_model(kind: type[Model], path: Path, *, mmap: bool) -> Model:
    """Read a model from a folder that `save_model` has written.

    Raises
    ------
    FileNotFoundError, FormatError
        There is no such folder, or it is not a whole model of a known version.
    """
    meta = _read_meta(path)
    config = _config(meta["parameters"], where=f"'{path / 'meta.json'}'")
    n, shape = meta["n_words"], (meta["n_words"], config.vector_size)
    counts = load_array(path / "counts.npy", np.int64, (n,))
    try:
        vocabulary = Vocabulary(load_strings(path, "words", n, mmap=mmap), counts)
    except FormatError:
        raise
    except ValueError as error:
        raise FormatError(f"'{path}': {error}") from None
    words = load_array(path / "words.npy", np.float32, shape, mmap=mmap)
    contexts = load_array(path / "contexts.npy", np.float32, shape, mmap=mmap)
    weights = Weights(words, contexts, config.vector_size) if mmap else Weights.of(words, contexts)
    return kind._of(config, None, vocabulary, weights, _history(path, meta["history"]))


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
        if not isinstance(record, dict) or sorted(record) != sorted(names):
            raise FormatError(
                f"'{path / 'meta.json'}': history[{number}]: expected the fields {', '.join(names)}"
            )
        record.update({name: nan for name in _MEASURED if record[name] is None})
        if not all(type(value) in (int, float) for value in record.values()):
            raise FormatError(f"'{path / 'meta.json'}': history[{number}]: expected numbers")
    return [EpochRecord(**record) for record in records]


def _saved_record(record: EpochRecord) -> dict[str, Any]:
    """The record with null for the numbers that JSON has not; they are NaN when read back."""
    values = asdict(record)
    return values | {name: None for name in _MEASURED if not isfinite(values[name])}

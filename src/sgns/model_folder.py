"""A model as a folder of arrays: everything that training on needs; no pickle.

meta.json            format, version, parameters, sizes, corpus, history
words.bytes.npy      uint8: the words in UTF-8, one after the other
words.offsets.npy    int64 (n + 1,): where each word begins
counts.npy           int64 (n,): how often each word occurs
words.npy            float32 (n, vector_size): W_t, the word vectors
contexts.npy         float32 (n, vector_size): W_c
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sgns._files import atomic_folder
from sgns.array_files import load_array
from sgns.config import TrainingConfig
from sgns.errors import FormatError
from sgns.history import EpochRecord
from sgns.string_array import load_strings, save_strings
from sgns.vocabulary import Vocabulary
from sgns.weights import Weights

if TYPE_CHECKING:
    from sgns.model import Model

FORMAT = "sgns model"
VERSION = 1


def save_model(model: Model, path: Path, *, overwrite: bool) -> None:
    """Write `model` to the folder `path`, all of it or nothing.

    Raises
    ------
    FileExistsError
        `path` exists and `overwrite` is false, or what is there is no model.
    """
    if path.exists() and overwrite and not _is_model(path):
        raise FileExistsError(f"'{path}' exists and is no model folder; it is kept")
    with atomic_folder(path, overwrite=overwrite) as folder:
        save_strings(folder, "words", model.vocabulary.words)
        np.save(folder / "counts.npy", model.vocabulary.counts, allow_pickle=False)
        np.save(folder / "words.npy", model.weights.word_vectors, allow_pickle=False)
        np.save(folder / "contexts.npy", model.weights.context_vectors, allow_pickle=False)
        meta = {
            "format": FORMAT,
            "version": VERSION,
            "n_words": len(model.vocabulary),
            "parameters": model.config.to_dict(),
            "corpus": None if model.corpus is None else _described(model),
            "history": [asdict(record) for record in model.history],
        }
        (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")


def load_model(kind: type[Model], path: Path, *, mmap: bool) -> Model:
    """Read a model from a folder that `save_model` has written.

    Raises
    ------
    FileNotFoundError, FormatError
        There is no such folder, or it is not a whole model of a known version.
    """
    meta = _read_meta(path)
    config = TrainingConfig.from_dict(meta["parameters"], where=f"'{path / 'meta.json'}'")
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


def _is_model(path: Path) -> bool:
    try:
        meta = json.loads((path / "meta.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(meta, dict) and meta.get("format") == FORMAT


def _read_meta(path: Path) -> dict[str, Any]:
    """`meta.json` with its own fields checked."""
    file = path / "meta.json"
    if not path.is_dir():
        there = "a file" if path.exists() else "nothing"
        raise FileNotFoundError(f"Expected a model folder at '{path}', found {there}")
    try:
        meta = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FormatError(f"'{path}' is no model folder: meta.json is missing") from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"'{file}' is not valid JSON: {error}") from None
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        found = meta.get("format") if isinstance(meta, dict) else meta
        raise FormatError(f"'{file}': expected format {FORMAT!r}, found {found!r}")
    version = meta.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise FormatError(
            f"'{file}': expected version 1 to {VERSION}, found {version!r}; "
            "a newer sgns may read it"
        )
    for name, kind in (("n_words", int), ("parameters", dict), ("history", list)):
        if type(meta.get(name)) is not kind:
            raise FormatError(
                f"'{file}': {name}: expected {kind.__name__}, found {meta.get(name)!r}"
            )
    if meta["n_words"] < 1:
        raise FormatError(f"'{file}': n_words: expected 1 or more, found {meta['n_words']}")
    return meta


def _history(path: Path, records: list[Any]) -> list[EpochRecord]:
    names = [field.name for field in fields(EpochRecord)]
    for number, record in enumerate(records):
        if not isinstance(record, dict) or sorted(record) != sorted(names):
            raise FormatError(
                f"'{path / 'meta.json'}': history[{number}]: expected the fields {', '.join(names)}"
            )
        if not all(type(value) in (int, float) for value in record.values()):
            raise FormatError(f"'{path / 'meta.json'}': history[{number}]: expected numbers")
    return [EpochRecord(**record) for record in records]

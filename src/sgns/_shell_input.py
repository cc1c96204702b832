"""What the shell commands work on: their options, and the files and folders that these name."""

from __future__ import annotations

import argparse
import inspect
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sgns import meta_file
from sgns.errors import FormatError

if TYPE_CHECKING:
    from sgns.corpus import Corpus
    from sgns.keyed_vectors import KeyedVectors

_KINDS = {
    meta_file.CORPUS.format: "corpus",
    meta_file.MODEL.format: "model",
    meta_file.VECTORS.format: "vectors",
}


def source(names: Sequence[str]) -> Any:
    """Return one name as it is, several as paths: words of a list could be taken for a text."""
    if len(names) == 1:
        return names[0]
    return [name if name == "-" else Path(name) for name in names]


def given(options: argparse.Namespace, taker: Any) -> dict[str, Any]:
    """Return the options that were given and that a function or a dataclass takes."""
    names = inspect.signature(taker).parameters
    skipped = {"source", "folder"}  # passed on by position
    return {
        name: value
        for name, value in vars(options).items()
        if name in names and name not in skipped
    }


def shows_progress(options: argparse.Namespace) -> bool:
    """Tell whether a person is there to see it, and wants to."""
    return not options.quiet and sys.stderr.isatty()


def refuse_to_replace(
    path: str | os.PathLike[str],
    options: argparse.Namespace,
    remedy: str = "pass --force to replace it",
    kind: str | None = None,
) -> None:
    """Refuse a place that is taken: without --force, and with it if that is no folder of `kind`."""
    if not os.path.lexists(path):
        return
    if not options.force:
        raise FileExistsError(f"'{path}' exists; {remedy}")
    if kind is not None and kind_of_folder(Path(path)) != kind:
        raise FileExistsError(f"'{path}' exists and is no {kind}; it is kept, --force or not")


def open_or_build(options: argparse.Namespace) -> Corpus:
    """Open the corpus that is named, or build a temporary one from text."""
    from sgns.corpus import Corpus

    reading = given(options, Corpus.build)
    reading.pop("cluster", None)  # of training: a temporary corpus is out of its workers' reach
    if len(options.source) == 1 and _names_corpus(options.source[0]):
        for name in ("tokenizer", "document_unit", "errors", "tags"):
            if name in reading:
                flag = "--" + name.replace("_", "-")
                raise ValueError(f"{flag} is about text, and '{options.source[0]}' is a corpus")
        return Corpus.open(options.source[0])
    return Corpus.build(source(options.source), progress=shows_progress(options), **reading)


def _names_corpus(name: str) -> bool:
    from sgns.corpus_meta import is_address

    return is_address(name) or kind_of_folder(Path(name)) == "corpus"


def open_vectors(path: str | os.PathLike[str]) -> KeyedVectors:
    """Open vectors in whatever form they are there."""
    from sgns.keyed_vectors import KeyedVectors
    from sgns.model import Model

    kind = kind_of(Path(path))
    if kind == "corpus":
        raise ValueError(f"'{path}' is a corpus; train a model from it with `sgns train`")
    if kind == "model":
        return Model.load(path, mmap=True).learnt_words
    if kind == "vectors":
        return KeyedVectors.load(path, mmap=True)
    return KeyedVectors.load_word2vec_format(path)


def kind_of(path: Path) -> str:
    """Tell a model, a corpus, saved vectors and a file apart by what is there."""
    if not path.exists():
        raise FileNotFoundError(f"no model, corpus or file of vectors named '{path}'")
    if not path.is_dir():
        return "file"
    kind = kind_of_folder(path)
    if kind is None:
        raise FormatError(
            f"'{path}': expected a folder with a model, a corpus or vectors; its meta.json is "
            "missing or says nothing of them"
        )
    return kind


def kind_of_folder(path: Path) -> str | None:
    """Return "corpus", "model" or "vectors", or None for any other folder, or none."""
    kind = meta_file.kind_of(path)
    return None if kind is None else _KINDS[kind.format]

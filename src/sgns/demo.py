"""The demo: documentation that is already there, to word vectors, in under a minute."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from numbers import Integral
from pathlib import Path

from sgns._files import atomic_write
from sgns.config import TrainingConfig
from sgns.cores import count_workers
from sgns.corpus import Corpus
from sgns.documentation import documentation
from sgns.model import Model

EPOCHS = 15
ALPHA = 0.05  # a text this small takes larger steps,
MIN_COUNT = 10  # and says too little about words that are rarer
PROBES = ("year", "sparse", "mean", "list", "file", "complex", "random", "time")
NEIGHBOURS = 6
RECEIPT = ".sgns-demo.json"  # what the demo wrote into a folder, and the checksums of it


def run(
    folder: str | os.PathLike[str],
    *,
    epochs: int = EPOCHS,
    workers: int | None = None,
    seed: int = TrainingConfig.seed,
    documents: Iterable[str] | None = None,
    probes: Iterable[str] = PROBES,
) -> Iterator[str]:
    """Gather text, build a corpus, train, and tell what came out, line by line.

    Parameters
    ----------
    folder
        Where ``documentation.txt``, ``documentation.corpus`` and ``documentation.model`` are
        written. Those of an earlier run are replaced; others of these names, or changed ones, are
        not: checksums in ``.sgns-demo.json`` tell them apart.
    epochs
        Passes over the text, 1 or more.
    workers
        Threads; None is every core.
    seed
        Of the first weights and of everything drawn later.
    documents
        The text, one document a string without line breaks; None is `documentation`.
    probes
        Words whose neighbours are told, those that the vocabulary holds.

    Yields
    ------
    str
        Lines for a person, each as soon as it is known.

    Raises
    ------
    TypeError, ValueError
        `epochs` or `workers` is no number of 1 or more, or there is no text.
    FileExistsError
        A file or folder that would be replaced is not of an earlier demo.
    """
    start = time.perf_counter()
    _check_epochs(epochs)
    count_workers(workers)
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    text, corpus_path, model_path = places = [
        home / f"documentation.{ending}" for ending in ("txt", "corpus", "model")
    ]
    _refuse_foreign(home, places)

    yield "Gathering the documentation of the standard library, numpy and scipy ..."
    n_documents = _write_lines(text, documentation() if documents is None else documents)
    _sign(home, text)
    if not n_documents:
        raise ValueError(
            "found no documentation: the sources of the standard library, numpy and scipy are "
            "not on this machine; give a text of your own to `sgns train`"
        )
    yield f"  {n_documents:,} documentation strings, {text.stat().st_size / 1e6:.1f} MB"

    yield "Building the corpus ..."
    with Corpus.build(text, corpus_path, tokenizer="words", overwrite=True) as corpus:
        _sign(home, corpus_path)
        yield f"  {corpus.n_tokens:,} words, {len(corpus.vocabulary):,} of them different"
        model = Model(corpus, alpha=ALPHA, min_count=MIN_COUNT, seed=seed)
        yield f"Training {epochs} epochs on {_cores(workers)} ..."
        model.train(epochs=epochs, workers=workers)
        yield from _told_epochs(model)
        yield "Nearest neighbours (cosine of the angle between two vectors):"
        yield from _told_neighbours(model, probes)
        model.save(model_path, overwrite=True)
        _sign(home, model_path)

    yield f"Done in {time.perf_counter() - start:.0f} s. Text, corpus and model are in {home}:"
    yield f"  sgns similar {model_path} file"
    yield f"  sgns info {model_path}"


def _check_epochs(epochs: object) -> None:
    if isinstance(epochs, bool) or not isinstance(epochs, Integral):
        raise TypeError(f"epochs: expected an integer of 1 or more, got {epochs!r}")
    if epochs < 1:
        raise ValueError(f"epochs: expected an integer of 1 or more, got {epochs}")


def _refuse_foreign(home: Path, places: Iterable[Path]) -> None:
    """Refuse to write where something is that no demo wrote, or that was changed since."""
    receipt = _receipt(home)
    for place in places:
        known = place.exists() and receipt.get(place.name) == _checksum(place)
        if os.path.lexists(place) and not known:
            raise FileExistsError(
                f"'{place}' exists and is not as the demo wrote it; it is kept, choose another "
                "folder"
            )


def _sign(home: Path, place: Path) -> None:
    """Note what the demo wrote, so that a later one may replace it."""
    receipt = {**_receipt(home), place.name: _checksum(place)}
    with atomic_write(home / RECEIPT) as file:
        file.write(json.dumps(receipt, indent=1).encode() + b"\n")


def _receipt(home: Path) -> dict[str, str | None]:
    try:
        receipt = json.loads((home / RECEIPT).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return receipt if isinstance(receipt, dict) else {}


def _checksum(place: Path) -> str:
    """Return the SHA-256 of a file or of the files in a folder, with their names."""
    total = hashlib.sha256()
    inside = sorted(place.rglob("*")) if place.is_dir() else [place]
    for path in filter(Path.is_file, inside):
        with path.open("rb") as file:
            name = path.relative_to(place).as_posix()
            total.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def _write_lines(path: Path, documents: Iterable[str]) -> int:
    n_lines = 0
    with atomic_write(path) as file:
        for document in documents:
            file.write(f"{document}\n".encode(errors="replace"))
            n_lines += 1
    return n_lines


def _cores(workers: int | None) -> str:
    if workers is None:
        return "every core"
    return "1 thread" if workers == 1 else f"{workers} threads"


def _told_epochs(model: Model) -> Iterator[str]:
    """Yield the loss and the speed of each epoch, and the speed of all."""
    yield "  epoch   loss per pair   million words/s"
    for record in model.history:
        yield (
            f"  {record.epoch:5}   {record.loss_per_pair:13.4f}   "
            f"{record.words_per_second / 1e6:15.2f}"
        )
    words = sum(record.tokens for record in model.history)
    seconds = sum(record.seconds for record in model.history)
    yield f"  {words:,} words in {seconds:.1f} s: {words / seconds / 1e6:.2f} million words/s"


def _told_neighbours(model: Model, probes: Iterable[str]) -> Iterator[str]:
    for word in probes:
        if word in model.wv:
            near = model.wv.most_similar(word, topn=NEIGHBOURS)
            yield f"  {word:8} " + "  ".join(f"{other} {cosine:.2f}" for other, cosine in near)

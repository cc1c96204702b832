"""The demo: documentation that is already there, to word vectors, in under a minute."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from sgns._files import atomic_write
from sgns.corpus import Corpus
from sgns.documentation import documentation
from sgns.model import Model

EPOCHS = 15
ALPHA = 0.05  # a text this small takes larger steps,
MIN_COUNT = 10  # and says too little about words that are rarer
PROBES = ("year", "sparse", "mean", "list", "file", "complex", "random", "time")
NEIGHBOURS = 6


def run(
    folder: str | os.PathLike[str],
    *,
    epochs: int = EPOCHS,
    workers: int | None = None,
    seed: int = 1,
    documents: Iterable[str] | None = None,
    probes: Iterable[str] = PROBES,
) -> Iterator[str]:
    """Gather text, build a corpus, train, and tell what came out, line by line.

    Parameters
    ----------
    folder
        Where ``documentation.txt``, ``documentation.corpus`` and ``documentation.model`` are
        written; those of an earlier run are replaced.
    epochs
        Passes over the text.
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
    ValueError
        There is no text.
    """
    start = time.perf_counter()
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    text, corpus_path, model_path = (
        home / f"documentation.{ending}" for ending in ("txt", "corpus", "model")
    )

    yield "Gathering the documentation of the standard library, numpy and scipy ..."
    n_documents = _write_lines(text, documentation() if documents is None else documents)
    if not n_documents:
        raise ValueError(
            "found no documentation: the sources of the standard library, numpy and scipy are "
            "not on this machine; give a text of your own to `sgns train`"
        )
    yield f"  {n_documents:,} documentation strings, {text.stat().st_size / 1e6:.1f} MB"

    yield "Building the corpus ..."
    with Corpus.build(text, corpus_path, tokenizer="words", overwrite=True) as corpus:
        yield f"  {corpus.n_tokens:,} words, {len(corpus.vocabulary):,} of them different"
        model = Model(corpus, alpha=ALPHA, min_count=MIN_COUNT, seed=seed)
        yield f"Training {epochs} epochs on {_cores(workers)} ..."
        model.train(epochs=epochs, workers=workers)
        yield from _told_epochs(model)
        yield "Nearest neighbours (cosine of the angle between two vectors):"
        yield from _told_neighbours(model, probes)
        model.save(model_path, overwrite=True)

    yield f"Done in {time.perf_counter() - start:.0f} s. Text, corpus and model are in {home}:"
    yield f"  sgns similar {model_path} file"
    yield f"  sgns info {model_path}"


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

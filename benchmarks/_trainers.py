"""Train word vectors with one program, in a process of its own: ``_trainers.py job.json DIR``.

The job (see `vs_gensim.py`) names the program, the text and the parameters. ``DIR/result.json``
gets the times, the peak memory and the counts; ``DIR/words.json`` and ``DIR/vectors.npy`` get the
vectors in a form that is the same for every program, after the clock has stopped.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _common import PeakMemory

Job = dict[str, Any]
Outcome = tuple[dict[str, Any], list[str], Any]


class Clock:
    """Seconds since the last look."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        now = time.perf_counter()
        passed, self._last = now - self._last, now
        return passed


def parameters(job: Job) -> dict[str, Any]:
    """Return what both programs call by the same name; the contestant's own options go first."""
    names = ("vector_size", "window", "negative", "sample", "alpha", "min_count", "seed")
    return {name: job[name] for name in names} | job["options"]


def train_gensim(job: Job, folder: Path) -> Outcome:
    """Train in `corpus_file` mode, which reads the text in C, without Python objects."""
    clock = Clock()
    from gensim.models import Word2Vec

    imported = clock.lap()
    model = Word2Vec(sg=1, hs=0, workers=job["workers"], epochs=job["epochs"], **parameters(job))
    model.build_vocab(corpus_file=job["corpus"])
    built = clock.lap()
    model.train(
        corpus_file=job["corpus"],
        total_words=model.corpus_total_words,
        total_examples=model.corpus_count,
        epochs=job["epochs"],
    )
    trained = clock.lap()
    model.wv.save(str(folder / "vectors.gensim"))
    saved = clock.lap()
    times = {"import": imported, "build": built, "train": trained, "save": saved}
    counts = {"tokens": model.corpus_total_words, "words": len(model.wv)}
    return {"seconds": times, **counts}, model.wv.index_to_key, model.wv.vectors


def train_sgns(job: Job, folder: Path) -> Outcome:
    """Build the corpus on disk, then train from it."""
    clock = Clock()
    import sgns
    from sgns.corpus import Corpus
    from sgns.model import Model

    imported = clock.lap()
    corpus = Corpus.build(job["corpus"], folder / "text.corpus", workers=job["workers"])
    model = Model(corpus, **parameters(job))
    built = clock.lap()
    model.train(epochs=job["epochs"], workers=job["workers"], progress=False)
    trained = clock.lap()
    model.wv.save(folder / "vectors.sgns")
    saved = clock.lap()
    times = {"import": imported, "build": built, "train": trained, "save": saved}
    counts = {"tokens": corpus.n_tokens, "words": len(model.wv)}
    outcome = {
        "seconds": times,
        **counts,
        "loss_per_pair": [record.loss_per_pair for record in model.history],
        "version": getattr(sgns, "__version__", ""),
    }
    return outcome, list(model.wv.index_to_key), model.wv.vectors


TRAINERS: dict[str, Callable[[Job, Path], Outcome]] = {
    "gensim": train_gensim,
    "sgns": train_sgns,
}


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf8"))
    folder = Path(sys.argv[2])
    with PeakMemory() as peak:
        outcome, words, vectors = TRAINERS[job["program"]](job, folder)
        outcome["peak_bytes"] = peak.total
    outcome["anonymous_bytes"] = peak.anonymous
    import numpy as np

    np.save(folder / "vectors.npy", np.ascontiguousarray(vectors, dtype=np.float32))
    (folder / "words.json").write_text(json.dumps(words), encoding="utf8")
    (folder / "result.json").write_text(json.dumps(outcome), encoding="utf8")


if __name__ == "__main__":
    main()

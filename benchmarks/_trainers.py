"""Train word vectors with one program, in a process of its own: ``_trainers.py job.json DIR``.

The job (see `vs_gensim.py`) names the program, the text and the parameters. ``DIR/result.json``
gets the times, the peak memory and the counts; ``DIR/words.json`` and ``DIR/vectors.npy`` get the
vectors in a form that is the same for every program, after the clock has stopped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _children import end_with_parent
from _memory import PeakMemory

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
    """Return what gensim and sgns call by the same name; the contestant's own options go first."""
    names = ("vector_size", "window", "negative", "sample", "alpha", "min_count", "seed")
    return {name: job[name] for name in names} | job["options"]


def train_gensim(job: Job, folder: Path) -> Outcome:
    """Train in `corpus_file` mode, which reads the text in C, without Python objects."""
    clock = Clock()
    from gensim.models import Word2Vec

    imported, before = clock.lap(), PeakMemory().look()
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
    outcome = {
        "seconds": {"import": imported, "build": built, "train": trained, "save": saved},
        "tokens": model.corpus_total_words,
        "words": len(model.wv),
        "anonymous_before": before,
        "matrix_bytes": model.wv.vectors.nbytes + model.syn1neg.nbytes,
    }
    return outcome, model.wv.index_to_key, model.wv.vectors


def train_sgns(job: Job, folder: Path) -> Outcome:
    """Build the corpus on disk, then train from it."""
    clock = Clock()
    import sgns
    from sgns.corpus import Corpus
    from sgns.model import Model

    given = parameters(job)
    if not given.pop("loss", True):
        leave_out_the_loss()
    deterministic = given.pop("deterministic", False)
    imported, before = clock.lap(), PeakMemory().look()
    corpus = Corpus.build(job["corpus"], folder / "text.corpus", workers=job["workers"])
    model = Model(corpus, **given)
    built = clock.lap()
    effort = {"epochs": job["epochs"], "workers": job["workers"], "deterministic": deterministic}
    model.train(**effort, progress=False)
    trained = clock.lap()
    model.wv.save(folder / "vectors.sgns")
    saved = clock.lap()
    outcome = {
        "seconds": {"import": imported, "build": built, "train": trained, "save": saved},
        "tokens": corpus.n_tokens,
        "words": len(model.wv),
        "anonymous_before": before,
        "matrix_bytes": model.weights.words.nbytes + model.weights.contexts.nbytes,
        "loss_per_pair": [record.loss_per_pair for record in model.history],
        "version": getattr(sgns, "__version__", ""),
    }
    return outcome, list(model.wv.index_to_key), model.wv.vectors


def leave_out_the_loss() -> None:
    """Let sgns sum no loss, to measure what summing it costs; it has no such parameter."""
    import sgns.plan

    if not hasattr(sgns.plan, "LOSS_EVERY"):
        raise RuntimeError("loss=false: sgns.plan has no LOSS_EVERY any more")
    sgns.plan.LOSS_EVERY = 0


def train_fasttext(job: Job, folder: Path) -> Outcome:
    """Train fastText's skip-gram without subwords; it seeds its threads by their numbers."""
    clock = Clock()
    import fasttext

    settings = {
        "model": "skipgram",
        "loss": "ns",
        "dim": job["vector_size"],
        "ws": job["window"],
        "neg": job["negative"],
        "t": job["sample"],
        "lr": job["alpha"],
        "minCount": job["min_count"],
        "thread": job["workers"],
        "minn": 0,
        "maxn": 0,
        "verbose": 0,
    } | job["options"]
    imported, before = clock.lap(), PeakMemory().look()
    # No epoch: it reads the vocabulary and makes the matrices, which it has no function for.
    fasttext.train_unsupervised(job["corpus"], epoch=0, **settings)
    built = clock.lap()
    model = fasttext.train_unsupervised(job["corpus"], epoch=job["epochs"], **settings)
    trained = clock.lap() - built
    model.save_model(str(folder / "vectors.fasttext"))
    saved = clock.lap()
    vectors = model.get_input_matrix()
    outcome = {
        "seconds": {"import": imported, "build": built, "train": trained, "save": saved},
        "words": len(model.words),
        "anonymous_before": before,
        "matrix_bytes": 2 * vectors.nbytes,
    }
    return outcome, model.words, vectors


def train_word2vec(job: Job, folder: Path) -> Outcome:
    """Train the original C program; training includes the reading of counts and the writing."""
    program = shutil.which("word2vec") or shutil.which(
        "word2vec", path=str(Path(sys.executable).parent)
    )
    if program is None:
        raise FileNotFoundError("no program word2vec; `pip install word2vec` compiles it")
    flags = {
        "-size": job["vector_size"],
        "-window": job["window"],
        "-negative": job["negative"],
        "-sample": job["sample"],
        "-alpha": job["alpha"],
        "-iter": job["epochs"],
        "-threads": job["workers"],
        "-cbow": 0,
        "-hs": 0,
        "-binary": 1,
        "-output": folder / "vectors.bin",
        "-read-vocab": folder / "counts.txt",
    } | {f"-{name}": value for name, value in job["options"].items()}
    text = ["-train", job["corpus"], "-min-count", str(job["min_count"]), "-debug", "0"]
    clock = Clock()
    run_program([program, *text, "-save-vocab", str(folder / "counts.txt")])
    built = clock.lap()
    memory = run_program([program, *text, *(str(x) for flag in flags.items() for x in flag)])
    trained = clock.lap()

    from sgns.formats import load_word2vec_format

    found = load_word2vec_format(folder / "vectors.bin", binary=True, unicode_errors="replace")
    outcome = {
        "seconds": {"import": 0.0, "build": built, "train": trained, "save": 0.0},
        "words": len(found),
        "anonymous_before": 0,
        "matrix_bytes": 2 * found.vectors.nbytes,
        "peak_bytes": memory.total,
        "anonymous_bytes": memory.anonymous,
    }
    return outcome, list(found.index_to_key), found.vectors


def run_program(command: list[str]) -> PeakMemory:
    """Run a program to its end, which is also that of this process; return its peak memory."""
    on_start = end_with_parent if os.name == "posix" else None
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        preexec_fn=on_start,  # noqa: PLW1509 - the one other thread only reads /proc
    )
    with PeakMemory(process.pid) as memory:
        status = process.wait()
    if status != 0:
        raise RuntimeError(f"{command[0]} failed with status {status}")
    return memory


TRAINERS: dict[str, Callable[[Job, Path], Outcome]] = {
    "gensim": train_gensim,
    "sgns": train_sgns,
    "fasttext": train_fasttext,
    "word2vec": train_word2vec,
}


def main() -> None:
    end_with_parent()
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf8"))
    folder = Path(sys.argv[2])
    with PeakMemory() as peak:
        outcome, words, vectors = TRAINERS[job["program"]](job, folder)
        own = {"peak_bytes": peak.total, "anonymous_bytes": peak.anonymous}
    outcome = own | outcome
    import numpy as np

    np.save(folder / "vectors.npy", np.ascontiguousarray(vectors, dtype=np.float32))
    (folder / "words.json").write_text(json.dumps(words), encoding="utf8")
    (folder / "result.json").write_text(json.dumps(outcome), encoding="utf8")


if __name__ == "__main__":
    main()

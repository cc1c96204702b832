"""Train vectors of documents with one program: ``_document_trainers.py job.json DIR``.

The job (see `documents.py`) names the program, the mode, the text and the parameters, and
``DIR/sample.json`` the lines of the documents that are inferred afterwards. ``DIR/result.json``
gets times, peak memory and counts; ``DIR/trained.npy`` has a row for every line of the text,
``DIR/inferred.npy`` one for every line of the sample.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import compress
from pathlib import Path
from typing import Any

from _children import end_with_parent
from _memory import PeakMemory
from _trainers import Clock, parameters

Job = dict[str, Any]
Infer = Callable[[list[str]], Any]
Outcome = tuple[dict[str, Any], Any, Infer]

GENSIM_MODES = {
    "dbow": {"dm": 0},
    "joint": {"dm": 0, "dbow_words": 1},
    "mean": {"dm": 1, "dm_mean": 1},
}


def train_gensim(job: Job, folder: Path) -> Outcome:
    """Train in `corpus_file` mode, which reads the text in C, without Python objects."""
    clock = Clock()
    from gensim.models.doc2vec import Doc2Vec

    imported, before = clock.lap(), PeakMemory().look()
    model = Doc2Vec(
        hs=0,
        workers=job["workers"],
        epochs=job["epochs"],
        **GENSIM_MODES[job["mode"]],
        **parameters(job),
    )
    model.build_vocab(corpus_file=job["corpus"])
    built = clock.lap()
    model.train(
        corpus_file=job["corpus"],
        total_words=model.corpus_total_words,
        total_examples=model.corpus_count,
        epochs=job["epochs"],
    )
    trained = clock.lap()
    model.save(str(folder / "model.gensim"))
    saved = clock.lap()
    matrices = (model.wv.vectors, model.syn1neg, model.dv.vectors)
    outcome = {
        "seconds": {"import": imported, "build": built, "train": trained, "save": saved},
        "words": len(model.wv),
        "anonymous_before": before,
        "matrix_bytes": sum(matrix.nbytes for matrix in matrices),
    }

    def infer(lines: list[str]) -> Any:
        epochs = job["infer_epochs"]
        return [model.infer_vector(line.split(), epochs=epochs) for line in lines]

    return outcome, model.dv.vectors, infer


def train_sgns(job: Job, folder: Path) -> Outcome:
    """Build the corpus on disk, then train from it."""
    clock = Clock()
    from sgns.corpus import Corpus
    from sgns.model import Model

    imported, before = clock.lap(), PeakMemory().look()
    corpus = Corpus.build(job["corpus"], folder / "text.corpus", workers=job["workers"])
    model = Model(corpus, documents=job["mode"], **parameters(job))
    built = clock.lap()
    model.train(epochs=job["epochs"], workers=job["workers"], progress=False)
    trained = clock.lap()
    model.save(folder / "model.sgns")
    saved = clock.lap()
    weights = model.weights
    matrices = (weights.words, weights.contexts, weights.documents)
    outcome = {
        "seconds": {"import": imported, "build": built, "train": trained, "save": saved},
        "words": len(model.vocabulary),
        "anonymous_before": before,
        "matrix_bytes": sum(matrix.nbytes for matrix in matrices if matrix is not None),
    }

    def infer(lines: list[str]) -> Any:
        return model.infer(
            lines, epochs=job["infer_epochs"], workers=job["workers"], seed=job["seed"]
        )

    return outcome, model.dv.vectors, infer


TRAINERS: dict[str, Callable[[Job, Path], Outcome]] = {
    "gensim": train_gensim,
    "sgns": train_sgns,
}


def main() -> None:
    end_with_parent()
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf8"))
    folder = Path(sys.argv[2])
    with PeakMemory() as peak:
        outcome, vectors, infer = TRAINERS[job["program"]](job, folder)
        outcome["peak_bytes"] = peak.total
    outcome["anonymous_bytes"] = peak.anonymous
    import numpy as np

    np.save(folder / "trained.npy", np.ascontiguousarray(vectors, dtype=np.float32))
    sample = set(json.loads((folder / "sample.json").read_text(encoding="utf8")))
    with Path(job["corpus"]).open(encoding="utf8", newline="\n") as text:
        lines = list(compress(text, (number in sample for number in range(len(vectors)))))
    inferred = np.empty((0, job["vector_size"]), dtype=np.float32)
    if lines:
        clock = Clock()
        inferred = np.asarray(infer(lines), dtype=np.float32)
        outcome["inferred_per_second"] = len(lines) / clock.lap()
    np.save(folder / "inferred.npy", inferred)
    (folder / "result.json").write_text(json.dumps(outcome), encoding="utf8")


if __name__ == "__main__":
    main()

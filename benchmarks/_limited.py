"""Build or train under a limit on memory, in a process of its own: ``_limited.py job.json DIR``.

The limit (RLIMIT_DATA) is the system's own, on all memory that a process may write to and that no
file stands behind: heap, anonymous maps, stacks of threads. Mapped corpora are not part of it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from _children import end_with_parent
from _memory import PeakMemory


def main() -> None:
    end_with_parent()
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf8"))
    folder = Path(sys.argv[2])
    if job["limit"] is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (job["limit"], job["limit"]))
    with PeakMemory() as peak:
        result = TASKS[job["task"]](job, folder)
    result |= {"anonymous_bytes": peak.anonymous, "peak_bytes": peak.total}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf8")


def train(job: dict[str, Any], folder: Path) -> dict[str, Any]:  # noqa: ARG001
    """Train from a corpus on disk."""
    from sgns import Corpus, Model

    corpus = Corpus.open(job["corpus"])
    model = Model(corpus, min_count=1, **job["parameters"])
    began = time.perf_counter()
    model.train(epochs=1, workers=job["workers"], progress=False)
    return {
        "seconds": time.perf_counter() - began,
        "tokens": corpus.n_tokens,
        "matrix_bytes": model.weights.words.nbytes + model.weights.contexts.nbytes,
    }


def build(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Build a corpus from a text."""
    from sgns import Corpus

    began = time.perf_counter()
    corpus = Corpus.build(job["text"], folder / "built.corpus", workers=job["workers"])
    return {"seconds": time.perf_counter() - began, "tokens": corpus.n_tokens, "matrix_bytes": 0}


def copy(job: dict[str, Any], folder: Path) -> dict[str, Any]:  # noqa: ARG001
    """Do what a program must not: hold the corpus in memory. Shows that the limit is one."""
    from sgns import Corpus

    return {"bytes": len(bytearray(Corpus.open(job["corpus"]).tokens.nbytes))}


TASKS = {"train": train, "build": build, "copy": copy}

if __name__ == "__main__":
    main()

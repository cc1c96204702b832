"""Getting started: importing the package, and opening large vectors and models.

    python benchmarks/startup.py                                # 1,000,000 x 300: 4 GB on disk
    python benchmarks/startup.py --keys 100000 --vector-size 100

Imports run in fresh interpreters, in turns with one that imports nothing. Mapped vectors and
models are opened in turns with a reading of their keys alone, which opening cannot do without.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from _common import Spread, alternate, markdown_table, note
from _report import Report, deliver, new_parser, new_report, parse
from sgns import Corpus, KeyedVectors, Model
from sgns.string_array import load_strings

IMPORTS = {"nothing": "pass", "sgns": "import sgns", "gensim": "import gensim.models"}


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--vector-size", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    options = parse(parser, keys=1000, vector_size=10, rounds=1)

    contestants: dict[str, Callable[[], object]] = {
        f"import {name}": lambda code=code: run_python(code) for name, code in IMPORTS.items()
    }
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        contestants |= opening(Path(folder), options.keys, options.vector_size)
        seconds: dict[str, list[float]] = {name: [] for name in contestants}
        for call in contestants.values():
            call()
        for _, name in alternate(list(contestants), options.rounds):
            began = time.perf_counter()
            contestants[name]()
            seconds[name].append(time.perf_counter() - began)
            note(f"{name}: {seconds[name][-1]:.3f} s")
    deliver(new_report(options, seconds=seconds), as_markdown, options)


def run_python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


def opening(folder: Path, n: int, vector_size: int) -> dict[str, Callable[[], object]]:
    """Save vectors and a model of `n` words; return what opens them, and reads only their keys."""
    words = [f"word{i}" for i in range(n)]
    vectors, model = folder / "vectors", folder / "model"
    KeyedVectors(words, np.zeros((n, vector_size), dtype=np.float32)).save(vectors)
    corpus = Corpus.from_arrays(np.arange(n), [0, n], words)
    Model(corpus, vector_size=vector_size, min_count=1).save(model)
    return {
        "keys of the vectors": lambda: load_strings(vectors, "keys", n),
        "vectors, mapped": lambda: KeyedVectors.load(vectors, mmap=True),
        "keys of the model": lambda: load_strings(model, "words", n),
        "model, mapped": lambda: Model.load(model, mmap=True),
    }


def as_markdown(report: Report) -> str:
    seconds = {name: Spread.of(values) for name, values in report["seconds"].items()}
    beyond = {
        "import sgns": "import nothing",
        "import gensim": "import nothing",
        "vectors, mapped": "keys of the vectors",
        "model, mapped": "keys of the model",
    }
    rows = []
    for name, spread in seconds.items():
        base = beyond.get(name)
        more = f"{spread.median - seconds[base].median:.3f}" if base else ""
        rows.append([name, f"{spread:.3f}", more])
    settings = report["settings"]
    told = f"{settings['keys']:,} keys of {settings['vector_size']} numbers"
    header = ["", "seconds", "beyond the line it builds on"]
    return f"{told}; median (lowest-highest)\n\n{markdown_table(header, rows)}"


if __name__ == "__main__":
    main()

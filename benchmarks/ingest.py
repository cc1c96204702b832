"""From text to a corpus on disk, beside gensim's scan of the vocabulary and `wc -w`.

    python benchmarks/ingest.py --corpus reviews.txt
    python benchmarks/ingest.py                          # a text of random words

Contestants take turns in one process, and everything is imported before the clock starts. gensim
counts the words of the file (`build_vocab(corpus_file=...)`) and keeps no numbered text; `wc -w`
only counts, with the C locale, its fastest. sgns writes the numbered text to the disk and waits
until it is there. `--shards N` lets it build in so many shards, too, by processes that run already,
one for each worker.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

from gensim.models import Word2Vec

from _common import Spread, alternate, markdown_table, note, usable_cores
from _report import Report, deliver, new_parser, new_report, parse
from _synthetic import zipf_text
from sgns import Corpus

GENSIM, WC = "gensim build_vocab", "LC_ALL=C wc -w"


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("--corpus", type=Path, help="text, a document a line")
    parser.add_argument("--tokens", type=int, default=10_000_000, help="of the random text")
    parser.add_argument("--workers", type=int, default=usable_cores())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shards", type=int, help="build in shards, too")
    options = parse(parser, tokens=20_000, rounds=1)

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=options.scratch))
        text = options.corpus or zipf_text(Path(folder) / "zipf.txt", options.tokens)
        with text.open("rb") as file:
            words = sum(len(line.split()) for line in file)
        contestants = contestants_for(text, Path(folder) / "text.corpus", options.workers)
        if options.shards:
            pool = stack.enter_context(started_pool(options.workers))
            name = f"sgns, {options.shards} shards, processes={options.workers}"
            contestants[name] = in_shards(text, Path(folder) / "shards", pool, options.shards)
        seconds: dict[str, list[float]] = {name: [] for name in contestants}
        for _, name in alternate(list(contestants), options.rounds):
            began = time.perf_counter()
            contestants[name]()
            seconds[name].append(time.perf_counter() - began)
            note(f"{name}: {seconds[name][-1]:.2f} s")
        size = {"name": text.name, "bytes": text.stat().st_size, "tokens": words}
    deliver(new_report(options, text=size, seconds=seconds), as_markdown, options)


def contestants_for(text: Path, corpus: Path, workers: int) -> dict[str, Callable[[], object]]:
    def build(n: int) -> None:
        Corpus.build(text, corpus, workers=n, overwrite=True).close()

    def count() -> None:
        environment = {**os.environ, "LC_ALL": "C"}
        subprocess.run(["wc", "-w", str(text)], env=environment, check=True, capture_output=True)

    contestants: dict[str, Callable[[], object]] = {
        GENSIM: lambda: Word2Vec(vector_size=1, workers=workers).build_vocab(corpus_file=str(text)),
        f"sgns, workers={workers}": lambda: build(workers),
    }
    if workers > 1:
        contestants["sgns, workers=1"] = lambda: build(1)
    if shutil.which("wc"):
        contestants[WC] = count
    return contestants


def started_pool(n: int) -> ProcessPoolExecutor:
    """Processes that have imported everything."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        n, context, initializer=import_module, initargs=["sgns._shard_tasks"]
    )
    list(pool.map(time.sleep, [0.5] * n))
    return pool


def in_shards(text: Path, corpus: Path, pool: Executor, n: int) -> Callable[[], object]:
    return lambda: Corpus.build(text, corpus, cluster=pool, shards=n, overwrite=True).close()


def as_markdown(report: Report) -> str:
    text, seconds = report["text"], report["seconds"]
    spreads = {name: Spread.of(values) for name, values in seconds.items()}
    rows = []
    for name, spread in spreads.items():
        row = [name, f"{spread:.2f}", f"{text['tokens'] / spread.median / 1e6:.1f}"]
        row.append(f"{text['bytes'] / spread.median / 1e6:.0f}")
        row += [
            f"{spreads[other].median / spread.median:.1f}x" if other in spreads else ""
            for other in (GENSIM, WC)
        ]
        rows.append(row)
    header = ["", "seconds", "M words/s", "MB/s", "vs gensim", "vs wc -w"]
    told = f"{text['name']}: {text['bytes'] / 1e6:.1f} MB, {text['tokens']:,} words"
    return f"{told}; median (lowest-highest)\n\n{markdown_table(header, rows)}"


if __name__ == "__main__":
    main()

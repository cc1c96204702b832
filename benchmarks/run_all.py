"""Run the benchmarks that need no labels: a dated report under `benchmarks/results/`.

    python benchmarks/run_all.py --corpus reviews=reviews.txt --corpus wiki=wiki.txt,alpha=0.05 \
        --pairs wordsim353.tsv simlex999.tsv --analogies questions-words.txt
    python benchmarks/run_all.py --only ingest kernels --corpus reviews=reviews.txt
    python benchmarks/run_all.py --folder benchmarks/results/2026-01-31 ...     # go on with it

Each benchmark is a process of its own. One that fails is named in the report and does not lose the
others; started again with the same folder, only what is missing is run. Without `--corpus` a text
of random words serves for what does not need the meaning of words. What takes long is gensim: its
`epochs * seeds * words` for each corpus; `--seeds`, `--programs` and `--only` shorten that.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _all_report import write_report
from _children import ended_by_signals
from _common import build_id, note

HERE = Path(__file__).parent
ONLY = ("startup", "ingest", "queries", "kernels", "scaling", "memory", "training")
# Beside gensim in one run, on the first corpus: what is slow, or matters only once.
PEERS = ("fasttext epochs=1", "word2vec epochs=1", "kernel=blas,epochs=1")


@dataclass(frozen=True)
class Part:
    """One benchmark: a name for its files, the script and its arguments."""

    name: str
    script: str
    arguments: list[str] = field(default_factory=list)


def main() -> None:
    options = parse_arguments()
    folder = options.folder or HERE / "results" / time.strftime("%Y-%m-%d", time.gmtime())
    folder.mkdir(parents=True, exist_ok=True)
    failed: dict[str, str] = {}
    with ended_by_signals():
        for part in parts(options, folder):
            error = run(part, folder, quick=options.quick)
            if error:
                failed[part.name] = error
            write_report(folder, failed)
    note(f"report: {folder / 'report.md'}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--corpus",
        action="append",
        default=[],
        metavar="NAME=TEXT[,alpha=RATE]",
        help="a text, a document a line, and the learning rate for it; the first one is the main",
    )
    parser.add_argument("--pairs", nargs="+", default=[], help="scored word pairs")
    parser.add_argument("--analogies", help="analogy questions")
    parser.add_argument("--only", nargs="+", choices=ONLY, default=list(ONLY))
    parser.add_argument("--seeds", default="1,2,3", help="of the training runs")
    parser.add_argument("--vector-sizes", type=int, nargs="+", default=[100, 300])
    parser.add_argument(
        "--programs", nargs="*", default=PEERS, help=f"beside gensim (default: {', '.join(PEERS)})"
    )
    parser.add_argument("--folder", type=Path, help="of the results (default: of today)")
    parser.add_argument("--quick", action="store_true", help="tiny settings, to see that it runs")
    return parser.parse_args()


def parts(options: argparse.Namespace, folder: Path) -> Iterator[Part]:
    """Yield what is to be run, the quick ones first."""
    text = ["--corpus", options.corpus[0].partition("=")[2].split(",")[0]] if options.corpus else []
    for name in options.only:
        if name == "training":
            yield from training_parts(options, folder)
        else:
            yield Part(name, f"{name}.py", text if name == "ingest" else [])


def training_parts(options: argparse.Namespace, folder: Path) -> Iterator[Part]:
    """Yield one part for each corpus, with quality, and one for each further vector size.

    Quality is judged at the first vector size. At the others one epoch shows the speed.
    """
    judged = ["--pairs", *options.pairs] if options.pairs else []
    judged += ["--analogies", options.analogies] if options.analogies else []
    for number, corpus in enumerate(options.corpus):
        name, _, rest = corpus.partition("=")
        path, *settings = rest.split(",")
        if not path:
            sys.exit(f"--corpus: expected NAME=TEXT, got {corpus!r}")
        shared = ["--corpus", path, "--seeds", options.seeds]
        shared += [word for s in settings for word in (f"--{s.split('=')[0]}", s.split("=")[1])]
        sizes = options.vector_sizes if number == 0 else options.vector_sizes[:1]
        for size in sizes:
            part = f"training-{name}-{size}"
            arguments = [
                *shared,
                "--vector-size",
                str(size),
                "--log",
                str(folder / f"{part}.jsonl"),
            ]
            arguments += ["--also", "negative_sharing=0"]
            if size == sizes[0]:
                arguments += judged
            else:
                arguments += ["--epochs", "1"]
            if number == 0 and size == sizes[0]:
                arguments += ["--also", "workers=1", "--also", "loss=false"]
                arguments += [word for peer in options.programs for word in ("--once", peer)]
            yield Part(part, "vs_gensim.py", arguments)


def run(part: Part, folder: Path, *, quick: bool) -> str | None:
    """Run one part unless its result is there; return what went wrong."""
    result = folder / f"{part.name}.json"
    # What keeps a log knows itself what is missing.
    if result.exists() and "--log" not in part.arguments and _is_current(result):
        note(f"{part.name}: there already")
        return None
    outputs = ["--output", str(result), str(folder / f"{part.name}.md")]
    command = [sys.executable, str(HERE / part.script), *part.arguments, *outputs]
    command += ["--quick"] if quick else []
    note(f"{time.strftime('%H:%M:%S')} {shlex.join(command[1:])}")
    with (folder / f"{part.name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        try:
            status = process.wait()
        finally:
            if process.poll() is None:
                process.terminate()  # it ends its own children
                process.wait()
    if status == 0:
        return None
    told = (folder / f"{part.name}.log").read_text(encoding="utf8", errors="replace")
    return f"status {status}: {told.strip().splitlines()[-1] if told.strip() else 'no message'}"


def _is_current(result: Path) -> bool:
    """Whether a result is of the installed build."""
    report: dict[str, Any] = json.loads(result.read_text(encoding="utf8"))
    return bool(report["build"] == build_id())


if __name__ == "__main__":
    main()

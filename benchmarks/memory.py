"""Memory: corpora larger than it, and how much training takes beside the matrices.

    python benchmarks/memory.py                # a corpus of 512 MB under a limit of 128 MB
    python benchmarks/memory.py --quick        # the same check with a sparse file, in seconds

The limit is a hard one of the system (RLIMIT_DATA) on all memory that no file stands behind. The
corpus is at least four times as large, and so is the text of the build. A process that copies the
corpus into memory has to fail under the same limit; if it does not, the limit is none.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from _children import ended_by_signals, run_child
from _common import Spread, alternate, markdown_table, note, usable_cores
from _report import Report, deliver, new_parser, new_report, parse
from _synthetic import zipf_corpus, zipf_text
from sgns import Corpus
from sgns._files import array_header

TIMES = 4
"""How many times the limit a corpus, or text, has at least."""
ALLOWED, ALLOWED_A_WORKER = 64 << 20, 8 << 20
# OpenBLAS sets memory aside for each of its threads, which this package does not use.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("--limit", type=int, default=128, help="MB of memory")
    parser.add_argument("--words", type=int, default=30_000)
    parser.add_argument("--vector-sizes", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--workers", type=int, default=usable_cores())
    parser.add_argument("--rounds", type=int, default=3)
    options = parse(parser, limit=96, words=1000, vector_sizes=[20], rounds=1)
    with tempfile.TemporaryDirectory(dir=options.scratch) as name, ended_by_signals():
        folder = Path(name)
        corpus = sparse_corpus if options.quick else repeated_corpus
        corpus(folder / "text.corpus", TIMES * (options.limit << 20), options.words)
        text = repeated_text(folder / "text.txt", TIMES * (options.limit << 20), options)
        results = {
            "copy_fails": fails(folder, options),
            "train": under_a_limit(folder, options),
            "build": run(folder, options, "build", text=str(text), limit=options.limit << 20),
            "text_bytes": text.stat().st_size,
            "corpus_bytes": (folder / "text.corpus/tokens.npy").stat().st_size,
            "beside": beside_the_matrices(folder, options),
        }
    deliver(new_report(options, **results), as_markdown, options)
    if not results["copy_fails"]:
        sys.exit("the limit is none on this system: a copy of the corpus fits into it")


def repeated_corpus(path: Path, size: int, n_words: int) -> None:
    """Save a corpus of at least `size` bytes of tokens: the same text again and again."""
    part = zipf_corpus(1 << 21, n_words)
    times = -(-size // part.tokens.nbytes)
    starts = np.arange(times)[:, None] * part.n_tokens
    offsets = np.append((part.offsets[:-1] + starts).ravel(), times * part.n_tokens)
    words = list(part.vocabulary.words)
    Corpus.from_arrays(np.tile(part.tokens, times), offsets, words).save(path)


def sparse_corpus(path: Path, size: int, n_words: int) -> None:
    """Save a corpus of at least `size` bytes of tokens, nearly all of them a hole in the file.

    It has one text of every word, then the most frequent word over and over, which subsampling
    leaves out: what remains to be measured is memory.
    """
    zipf_corpus(100 * n_words, n_words).save(path)
    n = -(-size // 4)
    with (path / "tokens.npy").open("r+b") as file:
        header = array_header(np.dtype("<u4"), n)
        file.write(header)
        file.truncate(len(header) + 4 * n)
    for name, last in (("offsets", n), ("counts", None)):
        array = np.load(path / f"{name}.npy")
        if last is not None:
            array[-1] = last
        else:
            array[0] += n - 100 * n_words
        np.save(path / f"{name}.npy", array)
    meta = json.loads((path / "meta.json").read_text(encoding="utf8"))
    (path / "meta.json").write_text(json.dumps(meta | {"n_tokens": n}), encoding="utf8")


def repeated_text(path: Path, size: int, options: argparse.Namespace) -> Path:
    """Write a text of at least `size` bytes, or a small one where it has to be quick."""
    piece = zipf_text(path, 20_000 if options.quick else 1_000_000, options.words).read_bytes()
    with path.open("wb") as file:
        for _ in range(1 if options.quick else -(-size // len(piece))):
            file.write(piece)
    return path


def run(folder: Path, options: argparse.Namespace, task: str, **changes: Any) -> dict[str, Any]:
    """Run one task in a process of its own."""
    job = {
        "name": task,
        "task": task,
        "corpus": str(folder / "text.corpus"),
        "limit": None,
        "workers": options.workers,
        "parameters": {"vector_size": options.vector_sizes[0], "sample": 1e-4},
        **changes,
    }
    with tempfile.TemporaryDirectory(dir=folder) as name:
        script = Path(__file__).with_name("_limited.py")
        return run_child(script, job, Path(name), environment=ENVIRONMENT)


def fails(folder: Path, options: argparse.Namespace) -> bool:
    """Whether a copy of the corpus is refused under the limit."""
    try:
        run(folder, options, "copy", limit=options.limit << 20)
    except RuntimeError as error:
        return "MemoryError" in str(error)
    return False


def under_a_limit(folder: Path, options: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Train with and without the limit, in turns."""
    found: dict[str, list[dict[str, Any]]] = {"no limit": [], "limit": []}
    for _, name in alternate(list(found), options.rounds):
        limit = options.limit << 20 if name == "limit" else None
        found[name].append(run(folder, options, "train", limit=limit))
        note(f"{name}: {found[name][-1]['seconds']:.2f} s")
    return found


def beside_the_matrices(folder: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Train with each vector size, with one worker and with all; note the memory."""
    if not options.quick:
        zipf_corpus(1 << 21, options.words).save(folder / "text.corpus", overwrite=True)
    return [
        {"vector_size": size, "workers": workers}
        | run(
            folder,
            options,
            "train",
            workers=workers,
            parameters={"vector_size": size, "sample": 1e-4},
        )
        for size in options.vector_sizes
        for workers in sorted({1, options.workers})
    ]


def as_markdown(report: Report) -> str:
    limit = report["settings"]["limit"] << 20
    speed = {
        name: Spread.of(run["tokens"] / run["seconds"] / 1e6 for run in runs)
        for name, runs in report["train"].items()
    }
    build = report["build"]
    rows = [
        [
            f"training, {name}",
            f"{report['corpus_bytes'] / limit:.1f}x",
            f"{spread:.2f}",
            f"{spread.median / speed['no limit'].median:.2f}x",
        ]
        for name, spread in speed.items()
    ]
    rate = build["tokens"] / build["seconds"] / 1e6
    rows.append(["build, limit", f"{report['text_bytes'] / limit:.1f}x", f"{rate:.2f}", ""])
    header = ["", "size, limit = 1", "M words/s", "speed without limit = 1"]
    parts = [f"A limit of {limit >> 20} MB; a copy of the corpus in memory "]
    parts[0] += "is refused" if report["copy_fails"] else "**is not refused: the limit is none**"
    parts.append(markdown_table(header, rows))
    rows = [
        [
            f"{run['vector_size']}, {run['workers']} workers",
            f"{run['matrix_bytes'] / 2**20:.0f}",
            f"{beside(run) / 2**20:.0f}",
            f"{(ALLOWED + run['workers'] * ALLOWED_A_WORKER) / 2**20:.0f}",
        ]
        for run in report["beside"]
    ]
    parts.append(
        markdown_table(["vector size", "matrices, MB", "beside them, MB", "promised, MB"], rows)
    )
    parts.append(
        "Beside the matrices: the peak of all memory that no file stands behind, the interpreter "
        "and its libraries included."
    )
    return "\n\n".join(parts)


def beside(run: dict[str, Any]) -> int:
    """Return the bytes beside the matrices; 0 where the system does not tell."""
    return max((run["anonymous_bytes"] or 0) - run["matrix_bytes"], 0)


if __name__ == "__main__":
    main()

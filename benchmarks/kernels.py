"""Arithmetic: GFLOP/s of the kernels beside the measured peak of the machine.

    python benchmarks/kernels.py                                # each instruction set, each size
    python benchmarks/kernels.py --vector-sizes 100 300 --output kernels.md kernels.json

The peak is what multiplications with additions in registers reach, without a memory access, for
each instruction set. Functions of the kernels run on arrays that stay in the cache. Training counts
only the operations that the algorithm needs, 6 D (m + K) a target (docs/design/
0005-training-step.md), over the processor time of the whole of it: random numbers, sampling,
sigmoids, memory and all. D is the vector size without padding.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from _common import Spread, alternate, markdown_table, note, usable_cores
from _report import Report, deliver, new_parser, new_report, parse
from _synthetic import zipf_corpus
from sgns import Corpus, Model, _kernels, _speed
from sgns.config import TrainingConfig

OWN_ROWS = 6
"""Contexts that a target meets alone, on average with window 5."""
OPERATIONS = {"score": 2, "update": 4, "score_block": 2, "update_block": 4}
"""Floating-point operations for each input, row and number of a vector."""
KERNELS: dict[str, dict[str, Any]] = {
    "shared noise": {},
    "fresh noise": {"negative_sharing": 0},
    "blas": {"kernel": "blas"},
}


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("--vector-sizes", type=int, nargs="+", default=[50, 100, 128, 200, 300])
    parser.add_argument("--corpus", help="a corpus folder to train on (default: random words)")
    parser.add_argument("--tokens", type=int, default=2_000_000, help="of the random corpus")
    parser.add_argument("--words", type=int, default=30_000, help="different ones in it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.02, help="for each kernel function")
    options = parse(parser, vector_sizes=[20], tokens=50_000, words=500, rounds=1, seconds=0.0)

    corpus = Corpus.open(options.corpus) if options.corpus else None
    corpus = corpus or zipf_corpus(options.tokens, options.words)
    report = new_report(
        options,
        peak=[peak(name, options.seconds) for name in vector_sets()],
        functions=functions(options),
        training=training(corpus, options),
    )
    deliver(report, as_markdown, options)


def vector_sets() -> list[str]:
    """Return the instruction sets with registers of several numbers."""
    return [name for name in _kernels.available_kernels() if name != "scalar"]


def peak(name: str, seconds: float) -> dict[str, Any]:
    """Measure the peak of one thread, and of one on each core at the same time."""
    rounds = 1000
    one = 0.0
    while True:
        began = time.perf_counter()
        used = time.thread_time()
        operations = _speed.fma_loop(name, rounds)
        used = time.thread_time() - used
        one = max(one, operations / max(used, 1e-9) / 1e9)
        if time.perf_counter() - began >= seconds / 5:
            break
        rounds *= 2
    one = max(one, *(_rate(name, rounds) for _ in range(5)))
    note(f"peak of {name}: {one:.1f} GFLOP/s")
    return {
        "instruction_set": name,
        "gflops": one,
        "gflops_all_cores": max(_rate_of_all(name, rounds) for _ in range(3)),
        "cores": usable_cores(),
    }


def _rate(name: str, rounds: int) -> float:
    used = time.thread_time()
    operations = _speed.fma_loop(name, rounds)
    return operations / max(time.thread_time() - used, 1e-9) / 1e9


def _rate_of_all(name: str, rounds: int) -> float:
    """Return GFLOP/s of all cores together, by the clock on the wall."""
    threads = [
        threading.Thread(target=_speed.fma_loop, args=(name, rounds)) for _ in range(usable_cores())
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    operations = len(threads) * _speed.fma_loop(name, 1) * rounds
    return operations / (time.perf_counter() - began) / 1e9


def functions(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure each function of each kernel, at its best of several rounds."""
    config = TrainingConfig()
    found = []
    for name in [*_kernels.available_kernels(), "blas"]:
        for size in options.vector_sizes:
            row: dict[str, Any] = {"instruction_set": name, "vector_size": size}
            for function in _speed.FUNCTIONS:
                shared = "block" in function
                if shared and name == "blas":
                    continue
                n = config.shared_negatives if shared else OWN_ROWS
                row[function] = _gflops(name, function, size, config.negative_sharing, n, options)
            found.append(row)
    return found


def _gflops(
    name: str, function: str, size: int, m: int, n: int, options: argparse.Namespace
) -> float:
    lanes = _kernels.kernel_lanes(name)
    width = -(-size // lanes) * lanes
    rng = np.random.default_rng(1)
    inputs, gradients, rows = (_on_cache_lines(count, width) for count in (m, m, n))
    inputs[:, :size] = rng.standard_normal((m, size))
    rows[:, :size] = rng.standard_normal((n, size))
    steps = np.full((64, 64), 1e-9, dtype=np.float32)
    best, rounds, done = 0.0, 4, 0
    while done < options.rounds:
        used = time.thread_time()
        _speed.kernel_loop(name, function, inputs, gradients, rows, steps, rounds)
        used = max(time.thread_time() - used, 1e-9)
        best = max(best, OPERATIONS[function] * m * n * size * rounds / used / 1e9)
        if used < options.seconds:
            rounds *= 2
        else:
            done += 1
    return best


def _on_cache_lines(n: int, width: int) -> Any:
    """Return zeros (n, width) that start on a cache line, as the matrices of a model do."""
    memory = np.zeros(n * width + 16, dtype=np.float32)
    start = (-memory.ctypes.data // 4) % 16
    return memory[start : start + n * width].reshape(n, width)


def training(corpus: Corpus, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Train an epoch with one thread: all kernels with the best instruction set, and the others."""
    best = _kernels.available_kernels()[-1]
    contestants = [
        (name, kernel, size)
        for name in _kernels.available_kernels()
        for kernel in (KERNELS if name == best else ["shared noise"])
        for size in options.vector_sizes
    ]
    runs: dict[Any, list[dict[str, float]]] = {contestant: [] for contestant in contestants}
    before = os.environ.get("SGNS_ISA")
    for _, contestant in alternate(contestants, options.rounds):
        name, kernel, size = contestant
        os.environ["SGNS_ISA"] = name
        runs[contestant].append(train_once(corpus, size, KERNELS[kernel]))
        note(f"{name}, {kernel}, {size}: {runs[contestant][-1]['gflops']:.1f} GFLOP/s")
    os.environ.pop("SGNS_ISA")
    if before is not None:
        os.environ["SGNS_ISA"] = before
    return [
        {"instruction_set": name, "kernel": kernel, "vector_size": size, "runs": found}
        for (name, kernel, size), found in runs.items()
    ]


def train_once(corpus: Corpus, size: int, changes: dict[str, Any]) -> dict[str, float]:
    """Train one epoch with one thread; return rates by its processor time."""
    model = Model(corpus, vector_size=size, sample=1e-4, min_count=1, **changes)
    used = time.process_time()
    model.train(epochs=1, workers=1, progress=False)
    used = max(time.process_time() - used, 1e-9)
    record = model.history[-1]
    return {
        "seconds": used,
        "words_per_second": record.tokens / used,
        "ns_per_target": 1e9 * used / max(record.targets, 1),
        "gflops": operations(model.config, record.targets, record.pairs) / used / 1e9,
    }


def operations(config: TrainingConfig, targets: int, pairs: int) -> int:
    """Count the floating-point operations that an epoch needs.

    A target and a row that it meets take a score (2 D) and two updates (4 D). It meets the rows of
    its m contexts, and K noise words, or `negative` for each context where they are not shared.
    """
    noise = (
        config.shared_negatives * targets if config.shares_negatives else config.negative * pairs
    )
    return 6 * config.vector_size * (pairs + noise)


def as_markdown(report: Report) -> str:
    peaks = {row["instruction_set"]: row["gflops"] for row in report["peak"]}
    # Plain loops and BLAS: the compiler and the library choose their registers themselves.
    peaks |= {"scalar": min(peaks.values()), "blas": max(peaks.values())}
    parts = ["## The peak, GFLOP/s of multiplications with additions in registers"]
    parts.append(
        markdown_table(
            ["instruction set", "one thread", f"{report['peak'][0]['cores']} threads"],
            [
                [r["instruction_set"], f"{r['gflops']:.1f}", f"{r['gflops_all_cores']:.1f}"]
                for r in report["peak"]
            ],
        )
    )
    parts.append("## Functions in the cache, GFLOP/s (share of the peak), best of several rounds")
    names = list(OPERATIONS)
    rows = []
    for row in report["functions"]:
        high = peaks[row["instruction_set"]]
        cells = [f"{row[n]:.1f} ({row[n] / high:.0%})" if n in row else "" for n in names]
        rows.append([row["instruction_set"], row["vector_size"], *cells])
    parts.append(markdown_table(["instruction set", "vector size", *names], rows))
    parts.append("## Training with one thread, by processor time, median (lowest-highest)")
    rows = []
    for row in report["training"]:
        kind = "blas" if row["kernel"] == "blas" else row["instruction_set"]
        speed = Spread.of(run["gflops"] for run in row["runs"])
        target = Spread.of(run["ns_per_target"] for run in row["runs"])
        words = Spread.of(run["words_per_second"] / 1e6 for run in row["runs"])
        rows.append(
            [
                row["instruction_set"],
                row["kernel"],
                row["vector_size"],
                f"{words:.2f}",
                f"{target:.0f}",
                f"{speed:.1f}",
                f"{speed.median / peaks[kind]:.0%}",
            ]
        )
    header = ["instruction set", "kernel", "vector size", "M words/s", "ns a target", "GFLOP/s"]
    parts.append(markdown_table([*header, "share of the peak"], rows))
    parts.append(
        "The share of plain loops is that of the smallest registers, which the compiler may use; "
        "the share of BLAS that of the largest."
    )
    return "\n\n".join(parts)


def plot(report: Report, folder: Path) -> None:
    """Draw GFLOP/s of training over the vector size, for each instruction set and kernel."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    lines: dict[str, list[tuple[int, float]]] = {}
    for row in report["training"]:
        speed = Spread.of(run["gflops"] for run in row["runs"]).median
        label = f"{row['instruction_set']}, {row['kernel']}"
        lines.setdefault(label, []).append((row["vector_size"], speed))
    for label, points in lines.items():
        axes.plot(*zip(*points, strict=True), "o-", label=label)
    axes.set(xlabel="vector size", ylabel="GFLOP/s of training, one thread", ylim=(0, None))
    axes.legend()
    figure.savefig(folder / "kernels.png", dpi=110)


if __name__ == "__main__":
    main()

"""Many nearest-neighbour queries: one batched call beside gensim's one by one.

    python benchmarks/queries.py                                  # 1,000 queries, 400,000 x 300
    python benchmarks/queries.py --keys 50000 --vector-size 100   # in seconds

The vectors are random, so no corpus is needed: the time of a query does not depend on what the
vectors mean. Contestants take turns, norms are computed before the first round, and all share
one matrix and the same BLAS. Processor time is reported beside wall time, because a busy machine
disturbs the wall time of one contestant more than that of another.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gensim.models
import numpy as np

from _common import Spread, alternate, markdown_table, note
from _report import Report, deliver, new_parser, new_report, parse
from sgns.keyed_vectors import KeyedVectors

GENSIM = "gensim, one by one"
BATCH = "sgns, batched"


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("--keys", type=int, default=400_000)
    parser.add_argument("--vector-size", type=int, default=300)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--topn", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parse(parser, keys=1000, vector_size=10, queries=20, rounds=1)

    rng = np.random.default_rng(options.seed)
    matrix = rng.standard_normal((options.keys, options.vector_size), dtype=np.float32)
    keys = [f"word{i}" for i in range(options.keys)]
    asked = [keys[i] for i in rng.integers(0, options.keys, options.queries)]
    wall, processor, answers = ask(contestants_for(keys, matrix, asked, options.topn), options)
    same = sum(
        [key for key, _ in found] == [key for key, _ in expected]
        for found, expected in zip(answers[BATCH], answers[GENSIM], strict=True)
    )
    report = new_report(options, seconds=wall, processor_seconds=processor, same_answers=same)
    deliver(report, as_markdown, options)


def contestants_for(
    keys: list[str], matrix: Any, asked: list[str], topn: int
) -> dict[str, Callable[[], Any]]:
    ours, theirs = KeyedVectors(keys, matrix), gensim_vectors(keys, matrix)
    ours.most_similar(asked[0])
    theirs.most_similar(asked[0])
    return {
        BATCH: lambda: ours.most_similar_batch(asked, topn),
        "sgns, one by one": lambda: [ours.most_similar(key, topn=topn) for key in asked],
        GENSIM: lambda: [theirs.most_similar(key, topn=topn) for key in asked],
    }


def gensim_vectors(keys: list[str], matrix: Any) -> gensim.models.KeyedVectors:
    """Return gensim's object around the same matrix, without the copies that adding keys makes."""
    vectors = gensim.models.KeyedVectors(matrix.shape[1])
    vectors.index_to_key = keys
    vectors.key_to_index = {key: row for row, key in enumerate(keys)}
    vectors.vectors = matrix
    return vectors


def ask(contestants: dict[str, Callable[[], Any]], options: Any) -> tuple[Any, Any, Any]:
    """Return the wall and the processor seconds of every round, and the last answers."""
    wall: dict[str, list[float]] = {name: [] for name in contestants}
    processor: dict[str, list[float]] = {name: [] for name in contestants}
    answers: dict[str, Any] = {}
    for number, name in alternate(list(contestants), options.rounds):
        began, used = time.perf_counter(), time.process_time()
        answers[name] = contestants[name]()
        wall[name].append(time.perf_counter() - began)
        processor[name].append(time.process_time() - used)
        note(f"round {number + 1}: {name}, {wall[name][-1]:.2f} s")
    return wall, processor, answers


def as_markdown(report: Report) -> str:
    wall = {name: Spread.of(values) for name, values in report["seconds"].items()}
    used = {name: Spread.of(values) for name, values in report["processor_seconds"].items()}
    rows = [
        [
            name,
            f"{wall[name]:.2f}",
            f"{wall[GENSIM].median / wall[name].median:.1f}x",
            f"{used[name]:.2f}",
            f"{used[GENSIM].median / max(used[name].median, 1e-9):.1f}x",
        ]
        for name in wall
    ]
    settings = report["settings"]
    told = (
        f"{settings['queries']:,} queries, top {settings['topn']}, {settings['keys']:,} x "
        f"{settings['vector_size']}; median (lowest-highest)"
    )
    table = markdown_table(["", "seconds", "vs gensim", "processor s", "vs gensim"], rows)
    same = f"{report['same_answers']} of {settings['queries']}"
    return f"{told}\n\n{table}\n\nBatched answers with gensim's keys in gensim's order: {same}"


if __name__ == "__main__":
    main()

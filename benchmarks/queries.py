"""Many nearest-neighbour queries: one batched call beside gensim's one by one.

    python benchmarks/queries.py                                  # 1,000 queries, 400,000 x 300
    python benchmarks/queries.py --keys 50000 --vector-size 100   # in seconds

The vectors are random, so no corpus is needed: the time of a query does not depend on what the
vectors mean. Contestants take turns, norms are computed before the first round, and all share
one matrix and the same BLAS. Processor time is reported beside wall time, because a busy machine
disturbs the wall time of one contestant more than that of another.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import gensim.models
import numpy as np

from _common import Spread, alternate, machine, markdown_facts, markdown_table, note, versions
from sgns.keyed_vectors import KeyedVectors

GENSIM = "gensim, one by one"
BATCH = "sgns, batched"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=400_000)
    parser.add_argument("--vector-size", type=int, default=300)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--topn", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    rng = np.random.default_rng(options.seed)
    matrix = rng.standard_normal((options.keys, options.vector_size), dtype=np.float32)
    keys = [f"word{i}" for i in range(options.keys)]
    asked = [keys[i] for i in rng.integers(0, options.keys, options.queries)]
    ours = KeyedVectors(keys, matrix)
    theirs = gensim_vectors(keys, matrix)
    contestants: dict[str, Callable[[], Any]] = {
        BATCH: lambda: ours.most_similar_batch(asked, options.topn),
        "sgns, one by one": lambda: [ours.most_similar(key, topn=options.topn) for key in asked],
        GENSIM: lambda: [theirs.most_similar(key, topn=options.topn) for key in asked],
    }
    ours.most_similar(asked[0])
    theirs.most_similar(asked[0])

    wall: dict[str, list[float]] = {name: [] for name in contestants}
    processor: dict[str, list[float]] = {name: [] for name in contestants}
    answers: dict[str, Any] = {}
    for number, name in alternate(list(contestants), options.rounds):
        began, used = time.perf_counter(), time.process_time()
        answers[name] = contestants[name]()
        wall[name].append(time.perf_counter() - began)
        processor[name].append(time.process_time() - used)
        note(f"round {number + 1}: {name}, {wall[name][-1]:.2f} s")

    print(markdown_facts(machine()))
    print(markdown_facts(versions("sgns", "gensim", "numpy", "scipy")))
    print(
        f"{options.queries:,} queries, top {options.topn}, {options.keys:,} x "
        f"{options.vector_size}, {options.rounds} rounds, median (lowest-highest)\n"
    )
    reference, reference_used = Spread.of(wall[GENSIM]), Spread.of(processor[GENSIM])
    rows = []
    for name in contestants:
        spent, used_up = Spread.of(wall[name]), Spread.of(processor[name])
        rows.append(
            [
                name,
                f"{spent:.2f}",
                f"{reference.median / spent.median:.1f}x",
                f"{used_up:.2f}",
                f"{reference_used.median / used_up.median:.1f}x",
            ]
        )
    print(markdown_table(["", "seconds", "vs gensim", "processor s", "vs gensim"], rows))
    same = sum(
        [key for key, _ in found] == [key for key, _ in expected]
        for found, expected in zip(answers[BATCH], answers[GENSIM], strict=True)
    )
    print(f"\nBatched answers with gensim's keys in gensim's order: {same} of {len(asked)}")


def gensim_vectors(keys: list[str], matrix: np.ndarray) -> gensim.models.KeyedVectors:
    """Return gensim's object around the same matrix, without the copies that adding keys makes."""
    vectors = gensim.models.KeyedVectors(matrix.shape[1])
    vectors.index_to_key = keys
    vectors.key_to_index = {key: row for row, key in enumerate(keys)}
    vectors.vectors = matrix
    return vectors


if __name__ == "__main__":
    main()

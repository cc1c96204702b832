"""What a cluster gains: measured costs of training and merging, and what they predict for N nodes.

    python benchmarks/cluster.py
    python benchmarks/cluster.py --nodes 4 16 64 --gigabits 25 --epoch-tokens 1e11

Measured, on random words: the speed of training with all threads of this machine, which stands for
a node; what taking, adding and taking over changed rows cost; how fast two workers exchange arrays,
and how long that takes where there is nothing in them; and what a round costs that has nearly
nothing to do. Predicted: the time of an
epoch on N such nodes, and the efficiency, the share of it that is training.

Assumed: every node is alike and as fast as this machine; training and merging take turns, as they
do; a node sends and receives at the same time, at the speed of the network or of the engine,
whichever is lower; words have frequencies as here, and a row counts as changed with the probability
that independent draws give, which is more than those that several windows share.

The prediction for two local workers of one thread is compared with their measured run.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from _common import markdown_table, note, usable_cores
from _report import Report, deliver, new_parser, new_report, parse
from _synthetic import zipf_corpus
from sgns import Corpus, Model, cluster_node
from sgns.cluster_engine import Engine, open_engine
from sgns.cluster_simulation import SimulatedNodes
from sgns.half_rows import MergedMatrix
from sgns.merge_rule import MergeRule
from sgns.merge_schedule import jobs_of_round, levels_for, rounds_of_epoch
from sgns.plan import BLOCKS_PER_JOB
from sgns.shards import LARGEST_BLOCK
from sgns.weights import row_floats

SAMPLE = 1e-4
MEGABYTE = 1e6
EXCHANGED = 32 << 20
"""Bytes that two workers send each other, to see how fast."""
BYTES_PER_NUMBER, BYTES_PER_ID = 2, 8
JOB = BLOCKS_PER_JOB * LARGEST_BLOCK
"""Tokens of a job, in a corpus that is not small."""


@dataclass(frozen=True)
class Costs:
    """What was measured: seconds, unless the name says otherwise."""

    take_row: float
    merge_row: float
    commit_row: float
    round_of_two: float
    task: float
    exchange: float
    moved_bytes_per_second: float


@dataclass(frozen=True)
class Node:
    """What a node trains: `vector_size`, its speed, and how often rows are met."""

    vector_size: int
    tokens_per_second: float
    pairs_per_token: float
    meetings: list[np.ndarray]


@dataclass(frozen=True)
class Prediction:
    """Of a round: seconds, and bytes that a node sends."""

    train: float
    rows: float
    network: float
    latency: float
    sent: float

    @property
    def efficiency(self) -> float:
        """The share of a round that is training."""
        return self.train / (self.train + self.rows + self.network + self.latency)


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=[2, 4, 8, 16, 32])
    parser.add_argument("--gigabits", type=float, default=10.0, help="of the network, a second")
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--vector-size", type=int, default=300)
    parser.add_argument("--epoch-tokens", type=float, default=1e10)
    parser.add_argument("--tokens", type=int, default=4_000_000, help="that speed is measured with")
    parser.add_argument("--merged-words", type=int, default=100_000, help="that merging is")
    parser.add_argument("--local-tokens", type=int, default=16_000_000)
    options = parse(
        parser, words=2000, tokens=40_000, merged_words=1000, local_tokens=40_000, vector_size=16
    )
    threads = usable_cores()
    with open_engine("local", 2) as engine:
        exchange = exchange_seconds(engine, 1, 50)
        moved = EXCHANGED / max(exchange_seconds(engine, EXCHANGED, 5) - exchange, 1e-9)
        seconds, task = round_of_two(), task_seconds(engine)
    merged = zipf_corpus(options.tokens, options.merged_words)
    costs = Costs(*row_costs(merged, options.vector_size, threads), seconds, task, exchange, moved)
    note(str(costs))
    node = measured_node(zipf_corpus(options.tokens, options.words), options.vector_size, threads)
    network = min(options.gigabits * 1e9 / 8, moved)
    predictions = {n: predict(node, costs, n, options.epoch_tokens, network) for n in options.nodes}
    deliver(
        new_report(
            options,
            threads=threads,
            costs=asdict(costs),
            tokens_per_second=node.tokens_per_second,
            predictions={
                str(n): {**asdict(p), "efficiency": p.efficiency} for n, p in predictions.items()
            },
            check=check(options, costs),
        ),
        as_markdown,
        options,
    )


# ---- measured ----------------------------------------------------------------------------------


class Timed:
    """Within it, how long functions take, and how many rows they have to do with.

    `jobs` are those that train; the others are of `MergedMatrix`.
    """

    def __enter__(self) -> Timed:
        self.seconds: dict[str, float] = defaultdict(float)
        self.rows: dict[str, int] = defaultdict(int)
        self._undo: list[Callable[[], None]] = []
        self._time(cluster_node, "train_jobs", lambda _, __: 0)
        self._time(MergedMatrix, "take", lambda _, taken: len(taken.ids))
        self._time(MergedMatrix, "merge", lambda args, _: sum(len(c.ids) for c in args[1]))
        self._time(MergedMatrix, "add", lambda args, _: len(args[1].ids))
        return self

    def __exit__(self, *_: object) -> None:
        for undo in self._undo:
            undo()

    def _time(self, owner: Any, name: str, rows_of: Callable[[Any, Any], int]) -> None:
        function = getattr(owner, name)

        def timed(*args: Any) -> Any:
            began = time.perf_counter()
            result = function(*args)
            self.seconds[name] += time.perf_counter() - began
            self.rows[name] += rows_of(args, result)
            return result

        setattr(owner, name, timed)
        self._undo.append(lambda: setattr(owner, name, function))


def new_model(corpus: Corpus, vector_size: int) -> Model:
    return Model(corpus, vector_size=vector_size, sample=SAMPLE, min_count=1)


def row_costs(corpus: Corpus, vector_size: int, threads: int) -> tuple[float, float, float]:
    """Return what a changed row costs where it is taken, added and taken over."""
    with Timed() as timed:
        nodes = SimulatedNodes(2, threads)
        new_model(corpus, vector_size).train(1, cluster=nodes, progress=False)
    take, merge, add = (timed.seconds[n] / max(timed.rows[n], 1) for n in ("take", "merge", "add"))
    return take, merge, add


def measured_node(corpus: Corpus, vector_size: int, threads: int) -> Node:
    """Train an epoch on this machine, which stands for a node."""
    model = new_model(corpus, vector_size)
    # One node, so that what a round and an epoch cost besides is not counted as training.
    with Timed() as timed:
        nodes = SimulatedNodes(1, threads)
        record = model.train(1, cluster=nodes, progress=False).history[0]
    speed = record.tokens / timed.seconds["train_jobs"]
    note(f"{threads} threads: {speed / 1e6:.2f} M words/s")
    rule = MergeRule(corpus, model.config, len(model.vocabulary))
    meetings = [rule.meetings(name) for name in ("words", "contexts")]
    return Node(vector_size, speed, record.pairs / record.tokens, meetings)


def round_of_two() -> float:
    """Return what a round of two local workers takes that has nearly nothing to train."""
    model = new_model(zipf_corpus(40_000, 1000), 16)
    records = model.train(4, workers=2, cluster="local", progress=False).history
    n_jobs = math.ceil(40_000 / (64 * 128))
    rounds = math.ceil(n_jobs / jobs_of_round(n_jobs, 2, 2))
    return min(record.seconds for record in records) / (rounds + 1)


def task_seconds(engine: Engine, n: int = 300) -> float:
    """Return what a task costs that has nothing to do, of many."""
    nodes = list(engine.nodes())
    began = time.perf_counter()
    engine.wait([engine.submit(nodes[i % len(nodes)], _nothing) for i in range(n)], _nothing)
    return (time.perf_counter() - began) / n


def exchange_seconds(engine: Engine, size: int, times: int) -> float:
    """Return how long two workers take to send each other so many bytes."""
    calls = dict.fromkeys(list(engine.nodes())[:2], (_exchange, (size, times)))
    return min(min(engine.together(calls, _nothing).values()) for _ in range(3))


def _exchange(size: int, times: int) -> Generator[list[Any], list[Any], float]:
    """Run on a worker: the mean of some exchanges."""
    values = [np.ones(size, np.uint8)] * 2
    yield values  # both are there
    began = time.perf_counter()
    for _ in range(times):
        yield values
    return (time.perf_counter() - began) / times


def _nothing() -> None:
    """Take no time."""


def row_costs_of_check(corpus: Corpus, vector_size: int) -> dict[str, float]:
    """Return what rows cost a node of one thread."""
    costs = row_costs(corpus, vector_size, 1)
    return dict(zip(("take_row", "merge_row", "commit_row"), costs, strict=True))


def check(options: argparse.Namespace, costs: Costs) -> dict[str, float]:
    """Compare two local workers of one thread with what is predicted, and with two threads."""
    corpus, vector_size = zipf_corpus(options.local_tokens, 30_000), 100
    model = new_model(corpus, vector_size)
    measured = model.train(2, workers=2, cluster="local", progress=False).history[-1].seconds
    model = new_model(corpus, vector_size)
    threads = model.train(2, workers=2, progress=False).history[-1].seconds
    node = measured_node(corpus, vector_size, 1)
    moved = costs.moved_bytes_per_second
    costs = replace(costs, **row_costs_of_check(corpus, vector_size))
    one = predict(node, costs, 2, corpus.n_tokens, moved)
    n_jobs = math.ceil(corpus.n_tokens / JOB)
    rounds = math.ceil(n_jobs / jobs_of_round(n_jobs, 2, 2))
    work = one.train + one.rows + one.network
    predicted = work * rounds_of_epoch(2) + one.latency * rounds
    return {"predicted": predicted, "measured": measured, "two threads": threads}


# ---- predicted ---------------------------------------------------------------------------------


def predict(node: Node, costs: Costs, n: int, epoch_tokens: float, network: float) -> Prediction:
    """Return what a round of `n` nodes takes, on the average."""
    tokens = epoch_tokens / (rounds_of_epoch(n) * n)
    changed, union = changed_rows(node, n, tokens * node.pairs_per_token)
    # A node sends what it changed but its own part, and the part that it merged to all others.
    row_bytes = BYTES_PER_NUMBER * row_floats(node.vector_size) + BYTES_PER_ID
    sent = (changed + union) * (n - 1) / n * row_bytes
    return Prediction(
        train=tokens / node.tokens_per_second,
        rows=changed * (costs.take_row + costs.merge_row) + union * costs.commit_row,
        network=sent / network,
        # Each node has a task, and asks each other one for two things.
        latency=costs.round_of_two + (n - 2) * (costs.task + 2 * costs.exchange),
        sent=sent,
    )


def changed_rows(node: Node, n: int, pairs: float) -> tuple[float, float]:
    """Return how many rows a node has changed when they are merged, and how many all have.

    `pairs` are those of a node and a round; the result is the mean of a round.
    """
    levels = levels_for(n)
    changed = union = 0.0
    for meetings in node.meetings:
        ends = [0, *(len(meetings) >> level for level in range(levels, -1, -1))]
        for level in range(levels + 1):
            often = meetings[ends[level] : ends[level + 1]] * pairs * 2**level
            changed += float(-np.expm1(-often).sum()) / 2**level
            union += float(-np.expm1(-often * n).sum()) / 2**level
    return changed, union


def as_markdown(report: Report) -> str:
    costs, settings = report["costs"], report["settings"]
    measured = [
        ["training, M words/s", f"{report['tokens_per_second'] / 1e6:.2f}"],
        ["threads of a node", report["threads"]],
        *(
            [f"{what} a changed row, microseconds", f"{1e6 * costs[name]:.2f}"]
            for what, name in (
                ("taking", "take_row"),
                ("adding", "merge_row"),
                ("taking over", "commit_row"),
            )
        ),
        ["a round of two with nothing to do, ms", f"{1e3 * costs['round_of_two']:.0f}"],
        ["a task with nothing to do, ms", f"{1e3 * costs['task']:.2f}"],
        ["an exchange of nothing, ms", f"{1e3 * costs['exchange']:.2f}"],
        ["two workers to each other, MB/s", f"{costs['moved_bytes_per_second'] / MEGABYTE:.0f}"],
    ]
    epoch = settings["epoch_tokens"]
    rows = []
    for name, p in report["predictions"].items():
        n = int(name)
        rounds = rounds_of_epoch(n)
        seconds = p["train"] / p["efficiency"] * rounds
        per_billion = p["sent"] * rounds * n / epoch  # GB
        shares = [p[what] for what in ("train", "rows", "network", "latency")]
        row = [n, *(f"{s:.2f}" for s in shares), f"{seconds:,.0f}", f"{per_billion:.1f}"]
        rows.append([*row, f"{p['efficiency']:.0%}"])
    check = report["check"]
    title = (
        f"{settings['words']:,} words of {settings['vector_size']} numbers, an epoch of "
        f"{epoch:,.0f} tokens, {settings['gigabits']:g} Gbit/s"
    )
    header = ["nodes", "a round: training, s", "rows, s", "network, s", "latency, s", "epoch, s"]
    header += ["GB sent by all per billion tokens", "efficiency"]
    local = (
        f"Two local workers, an epoch of {settings['local_tokens']:,} tokens: predicted "
        f"{check['predicted']:.1f} s, measured {check['measured']:.1f} s; two threads "
        f"{check['two threads']:.1f} s ({check['two threads'] / check['measured']:.0%})."
    )
    tables = markdown_table(["measured", ""], measured), markdown_table(header, rows)
    return "\n\n".join([title, *tables, local])


if __name__ == "__main__":
    main()

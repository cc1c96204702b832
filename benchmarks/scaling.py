"""How the cost of training grows: with workers, vector size, window, negatives, words and tokens.

    python benchmarks/scaling.py
    python benchmarks/scaling.py --only workers window --output scaling.md scaling.json

One thing is changed at a time, the rest stays at the defaults, on corpora of random words. A cost
that grows with the power p of what was changed is told by p, between each point and the one before
it: 0 is no growth, 1 is proportional. For workers it is the speed that is told.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from _common import Spread, alternate, markdown_table, note, usable_cores
from _report import Report, deliver, new_parser, new_report, parse
from _synthetic import zipf_corpus
from sgns import Corpus, Model

BASE = {"workers": 1, "words": 30_000, "vector_size": 100, "window": 5, "negative": 5}
POINTS: dict[str, list[int]] = {
    "workers": sorted({1, *(2**i for i in range(10) if 2**i < usable_cores()), usable_cores()}),
    "vector_size": [25, 50, 100, 200, 300, 400],
    "window": [1, 2, 5, 10, 20],
    "negative": [1, 5, 10, 20],
    "words": [10_000, 30_000, 100_000, 300_000, 1_000_000],
    "tokens": [500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000],
}
QUICK = {"vector_size": [8, 16], "words": [1000, 2000], "tokens": [20_000, 40_000]}


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("--only", nargs="+", choices=list(POINTS), default=list(POINTS))
    parser.add_argument("--tokens", type=int, default=2_000_000, help="where they do not change")
    parser.add_argument("--rounds", type=int, default=3)
    options = parse(parser, tokens=20_000, rounds=1, only=["workers", "vector_size", "tokens"])

    corpora: dict[tuple[int, int], Corpus] = {}
    results = {}
    for name in options.only:
        points = QUICK.get(name, POINTS[name]) if options.quick else POINTS[name]
        runs: dict[int, list[float]] = {point: [] for point in points}
        for _, point in alternate(points, options.rounds):
            setting = {**BASE, "tokens": options.tokens, name: point}
            if options.quick and name != "words":
                setting["words"] = 1000
            runs[point].append(ns_per_token(setting, corpora))
            note(f"{name} {point}: {runs[point][-1]:.0f} ns a token")
        results[name] = {str(point): values for point, values in runs.items()}
        corpora.clear()
    deliver(new_report(options, ns_per_token=results), as_markdown, options)


def ns_per_token(setting: dict[str, int], corpora: dict[tuple[int, int], Corpus]) -> float:
    """Train an epoch; return wall nanoseconds for each token of the corpus."""
    kind = (setting["tokens"], setting["words"])
    if kind not in corpora:
        corpora[kind] = zipf_corpus(*kind)
    parameters = {name: setting[name] for name in ("vector_size", "window", "negative")}
    model = Model(corpora[kind], sample=1e-4, min_count=1, **parameters)
    began = time.perf_counter()
    model.train(epochs=1, workers=setting["workers"], progress=False)
    return 1e9 * (time.perf_counter() - began) / setting["tokens"]


def growth(points: list[int], costs: list[float]) -> list[float | None]:
    """Return the power with which the cost grows from each point to the next one."""
    return [
        math.log(costs[i] / costs[i - 1]) / math.log(points[i] / points[i - 1]) if i else None
        for i in range(len(points))
    ]


def as_markdown(report: Report) -> str:
    parts = ["Training, wall time, median (lowest-highest)"]
    for name, runs in report["ns_per_token"].items():
        points = [int(point) for point in runs]
        spreads = [Spread.of(values) for values in runs.values()]
        # A corpus twice as large costs as much for each token where the whole cost is proportional.
        scale = [point if name == "tokens" else 1 for point in points]
        powers = growth(points, [s.median * k for s, k in zip(spreads, scale, strict=True)])
        rows = [
            [
                f"{point:,}",
                f"{spread:.0f}",
                f"{1e3 / spread.median:.2f}",
                f"{spreads[0].median / spread.median:.2f}x",
                "" if power is None else f"{power:.2f}",
            ]
            for point, spread, power in zip(points, spreads, powers, strict=True)
        ]
        header = [name, "ns a token", "M words/s", "speed, first = 1", "power of growth"]
        parts.append(f"## {name}\n\n{markdown_table(header, rows)}")
    return "\n\n".join(parts)


def plot(report: Report, folder: Path) -> None:
    """Draw one picture for each thing that was changed."""
    from matplotlib.figure import Figure

    results = report["ns_per_token"]
    figure = Figure(figsize=(3.2 * len(results), 3.2), layout="constrained")
    for place, (name, runs) in enumerate(results.items(), 1):
        axes = figure.add_subplot(1, len(results), place)
        axes.plot([int(x) for x in runs], [Spread.of(v).median for v in runs.values()], "o-")
        axes.set(xscale="log", yscale="log", xlabel=name)
        _name_ticks(axes, [int(x) for x in runs])
        axes.grid(visible=True, which="both", alpha=0.3)
        if place == 1:
            axes.set_ylabel("ns a token")
    figure.savefig(folder / "scaling.png", dpi=110)


def _name_ticks(axes: Any, measured: list[int]) -> None:
    """Name the values that were measured, and costs as plain numbers."""
    from matplotlib.ticker import EngFormatter, NullFormatter, ScalarFormatter

    axes.set_xticks(measured)
    axes.tick_params(axis="x", rotation=45)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter(ScalarFormatter())


if __name__ == "__main__":
    main()

"""How each training parameter moves quality and speed: one changed at a time, measured on a text.

    python benchmarks/parameters.py --corpus text.txt --pairs wordsim353.tsv simlex999.tsv \
        --analogies questions-words.txt --results parameters.json --figures docs/figures

Every run is written to the results at once, and a run that stands there is not made again: a
benchmark that was interrupted goes on where it was, and a longer grid makes only what is missing.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from _common import machine, markdown_facts, markdown_table, note, versions
from sgns import Corpus, KeyedVectors, Model, TrainingConfig
from sgns._files import atomic_write

# What is tried of each parameter; the values of the unchanged run are added.
GRID: dict[str, list[Any]] = {
    "epochs": [1, 2, 10, 20],
    "vector_size": [25, 50, 200, 300],
    "window": [2, 10, 15],
    "negative": [2, 10, 20],
    "sample": [1e-5, 1e-4, 1e-2],
    "alpha": [0.01, 0.05, 0.1],
    "min_count": [2, 10, 20],
    "shared_negatives": [8, 16, 48, 64],
    "negative_sharing": [0, 4, 16, 64],
}
LOGARITHMIC = {"epochs", "vector_size", "negative", "sample", "alpha", "min_count"}
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9"]
BLACK, GREY = "#222222", "#999999"


def main() -> None:
    arguments = parse_arguments()
    base = {"epochs": arguments.epochs} | {
        field.name: field.default for field in fields(TrainingConfig) if field.name in GRID
    }
    base |= dict(parse_value(text) for text in arguments.base)
    with Corpus.build(arguments.corpus) as corpus:
        results = Results(arguments.results, corpus)
        least = max([base["min_count"], *GRID["min_count"]])
        judged = min(corpus.vocabulary.prefix(least), arguments.restrict_vocab)
        todo = list(planned(base, arguments.only, arguments.seeds))
        for number, (changed, parameters) in enumerate(todo, 1):
            if results.find(parameters) is None:
                results.add({**run(corpus, parameters, judged, arguments), "changed": changed})
            note(f"{number} of {len(todo)}: {describe(results.find(parameters))}")
    text = as_markdown(results, base, arguments, judged)
    print(text)
    if arguments.figures:
        draw_all(results, base, arguments)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="text, a document a line")
    parser.add_argument("--pairs", type=Path, nargs="+", default=[], help="scored word pairs")
    parser.add_argument("--analogies", type=Path, help="analogy questions")
    parser.add_argument("--restrict-vocab", type=int, default=30_000, help="words judged at most")
    parser.add_argument("--results", type=Path, required=True, help="JSON: read, and added to")
    parser.add_argument("--figures", type=Path, help="folder for a picture of each parameter")
    parser.add_argument("--only", nargs="+", default=list(GRID), choices=GRID, metavar="PARAMETER")
    parser.add_argument("--epochs", type=int, default=5, help="of runs that do not change them")
    parser.add_argument(
        "--base", nargs="+", default=[], metavar="NAME=VALUE", help="other unchanged values"
    )
    parser.add_argument(
        "--seeds",
        type=int,
        nargs="+",
        default=[1, 2, 3],
        help="of the unchanged run; the first one also of all others",
    )
    parser.add_argument("--workers", type=int, help="threads (default: one for every core)")
    parser.add_argument(
        "--speed", action="store_true", help="show speed, too: on a quiet machine only"
    )
    arguments = parser.parse_args()
    if not arguments.corpus.is_file():
        parser.error(f"--corpus: expected a file, got '{arguments.corpus}'")
    if not arguments.pairs and arguments.analogies is None:
        parser.error("expected --pairs or --analogies, to judge the vectors by")
    return arguments


def parse_value(text: str) -> tuple[str, Any]:
    """Read ``name=value``."""
    name, _, value = text.partition("=")
    if name not in GRID:
        raise SystemExit(f"--base: expected one of {', '.join(GRID)}, got {name!r}")
    return name, json.loads(value)


def planned(
    base: dict[str, Any], names: list[str], seeds: list[int]
) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Yield each run's parameters, with the name of the one that is changed.

    Round by round over the parameters, so that an interrupted run has some of each.
    """
    for seed in seeds:
        yield None, {**base, "seed": seed}
    for place in range(max(len(GRID[name]) for name in names)):
        for name in names:
            if place < len(GRID[name]) and GRID[name][place] != base[name]:
                yield name, {**base, name: GRID[name][place], "seed": seeds[0]}


class Results:
    """Runs in a file, which is written whole after each of them."""

    def __init__(self, path: Path, corpus: Corpus) -> None:
        self.path = path
        text = {"fingerprint": corpus.fingerprint, "words": len(corpus.tokens)}
        if path.exists():
            self.content: dict[str, Any] = json.loads(path.read_text(encoding="utf8"))
            if self.content["text"] != text:
                raise SystemExit(f"{path}: expected results of {text}, got {self.content['text']}")
        else:
            facts = {"machine": machine(), "versions": versions("sgns", "numpy")}
            self.content = {"text": text, **facts, "runs": []}

    def find(self, parameters: dict[str, Any]) -> dict[str, Any] | None:
        """Return the run with these parameters."""
        found = [run for run in self.content["runs"] if run["parameters"] == parameters]
        return found[0] if found else None

    def add(self, outcome: dict[str, Any]) -> None:
        """Keep a run."""
        self.content["runs"].append(outcome)
        with atomic_write(self.path) as file:
            file.write((json.dumps(self.content, indent=1) + "\n").encode())


def run(
    corpus: Corpus, parameters: dict[str, Any], judged: int, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Train with these parameters and judge the vectors of the most frequent words."""
    own = {name: value for name, value in parameters.items() if name != "epochs"}
    model = Model(corpus, **own).train(parameters["epochs"], workers=arguments.workers)
    frequent = KeyedVectors(model.wv.index_to_key[:judged], model.wv.vectors[:judged])
    seconds = sum(record.seconds for record in model.history)
    return {
        "parameters": parameters,
        "quality": judge(frequent, arguments),
        "words_per_second": sum(record.tokens for record in model.history) / seconds,
        "loss_per_pair": model.history[-1].loss_per_pair,
    }


def judge(kv: KeyedVectors, arguments: argparse.Namespace) -> dict[str, float]:
    """Return Spearman's correlation for each file of pairs, and the share of right analogies."""
    quality = {
        path.stem: kv.evaluate_word_pairs(path, bootstrap=0).spearman.statistic
        for path in arguments.pairs
    }
    if arguments.analogies:
        result = kv.evaluate_word_analogies(arguments.analogies, None, bootstrap=0)
        quality[arguments.analogies.stem] = result.score
    return {**quality, "mean": statistics.fmean(quality.values())}


def describe(outcome: dict[str, Any] | None) -> str:
    assert outcome is not None
    changed = outcome["changed"]
    name = f"{changed}={outcome['parameters'][changed]}" if changed else "unchanged"
    quality = " ".join(f"{key} {value:.3f}" for key, value in outcome["quality"].items())
    return f"{name}, seed {outcome['parameters']['seed']}: {quality}"


def series(results: Results, base: dict[str, Any], name: str, seed: int) -> list[dict[str, Any]]:
    """Return the runs that differ from the unchanged one in `name`, and that one, by value."""
    values = sorted({base[name], *GRID[name]})
    found = [results.find({**base, name: value, "seed": seed}) for value in values]
    return [outcome for outcome in found if outcome is not None]


def as_markdown(
    results: Results, base: dict[str, Any], arguments: argparse.Namespace, judged: int
) -> str:
    unchanged = [
        outcome
        for seed in arguments.seeds
        if (outcome := results.find({**base, "seed": seed})) is not None
    ]
    means = ", ".join(f"{outcome['quality']['mean']:.3f}" for outcome in unchanged)
    facts = [
        f"text: {results.content['text']['words']:,} words",
        f"unchanged parameters: {markdown_facts(base)}; means with {len(unchanged)} seeds: {means}",
        f"judged: the {judged:,} most frequent words, the same in every run",
        f"versions: {markdown_facts(results.content['versions'])}",
    ]
    if arguments.speed:
        facts.append(f"machine: {markdown_facts(results.content['machine'])}")
    measures = list(unchanged[0]["quality"])
    rows = []
    for name in arguments.only:
        for outcome in series(results, base, name, arguments.seeds[0]):
            value = outcome["parameters"][name]
            cells = [f"{name} = {value}" + (" (unchanged)" if value == base[name] else "")]
            cells += [f"{outcome['quality'][measure]:.3f}" for measure in measures]
            if arguments.speed:
                cells.append(f"{outcome['words_per_second'] / 1e6:.2f}")
            rows.append(cells)
    header = ["one parameter changed", *measures]
    table = markdown_table([*header, "M words/s"] if arguments.speed else header, rows)
    return "\n\n".join(["\n".join(f"- {fact}" for fact in facts), table])


def draw_all(results: Results, base: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Write a picture of each parameter: quality, and speed below it if asked for."""
    import matplotlib as mpl

    arguments.figures.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "sgns", "font.size": 9}):
        for name in arguments.only:
            draw(results, base, name, arguments)


def draw(results: Results, base: dict[str, Any], name: str, arguments: argparse.Namespace) -> None:
    from matplotlib.figure import Figure

    runs = series(results, base, name, arguments.seeds[0])
    values = [outcome["parameters"][name] for outcome in runs]
    places = values if name in LOGARITHMIC else list(range(len(values)))
    unchanged = places[values.index(base[name])]
    n_panels = 2 if arguments.speed else 1
    figure = Figure(figsize=(5.6, 3.0 * n_panels), layout="constrained")
    panels = figure.subplots(n_panels, 1, squeeze=False, sharex=True)[:, 0]
    seeds = [results.find({**base, "seed": seed}) for seed in arguments.seeds]
    draw_quality(panels[0], places, runs, unchanged, [run for run in seeds if run is not None])
    panels[0].set_title(name)
    if arguments.speed:
        speeds = [outcome["words_per_second"] / 1e6 for outcome in runs]
        panels[1].plot(places, speeds, "o-", color=BLACK, markersize=4)
        panels[1].set(ylabel="million words a second", ylim=(0, None))
    for panel in panels:
        if name in LOGARITHMIC:
            panel.set_xscale("log")
        panel.set_xticks(places, [f"{value:g}" for value in values])
        panel.minorticks_off()
        panel.axvline(unchanged, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
        panel.grid(axis="y", color="#E5E5E5", linewidth=0.8)
        panel.set_axisbelow(True)
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(arguments.figures / f"{name}.svg", metadata={"Date": None, "Creator": None})


def draw_quality(
    axes: Any,
    places: list[float],
    runs: list[dict[str, Any]],
    unchanged: float,
    seeds: list[dict[str, Any]],
) -> None:
    """Draw a curve for each measure, and what seeds alone change as a bar at the unchanged run."""
    measures = list(runs[0]["quality"])
    colours = [*COLOURS[: len(measures) - 1], BLACK]
    last = [runs[-1]["quality"][measure] for measure in measures]
    everything = [run["quality"][measure] for run in [*runs, *seeds] for measure in measures]
    heights = apart(last, 0.075 * (max(everything) - min(everything)))
    for measure, colour, height in zip(measures, colours, heights, strict=True):
        curve = [run["quality"][measure] for run in runs]
        width = 2.2 if measure == "mean" else 1.2
        axes.plot(places, curve, "o-", color=colour, linewidth=width, markersize=4)
        axes.annotate(
            measure,
            (places[-1], height),
            (8, 0),
            textcoords="offset points",
            va="center",
            color=colour,
        )
        spread = [run["quality"][measure] for run in seeds]
        axes.plot([unchanged] * 2, [min(spread), max(spread)], color=colour, lw=6, alpha=0.35)
    axes.set_ylabel("quality")


def apart(heights: list[float], gap: float) -> list[float]:
    """Return the heights of labels, the lower ones kept and the others raised to the gap."""
    raised = list(heights)
    order = sorted(range(len(heights)), key=heights.__getitem__)
    for below, above in pairwise(order):
        raised[above] = max(raised[above], raised[below] + gap)
    return raised


if __name__ == "__main__":
    main()

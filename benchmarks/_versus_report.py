"""The report of `vs_gensim.py`: speed, quality and the gate that a default has to pass."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from _common import Spread, markdown_facts, markdown_table

Run = dict[str, Any]
Runs = dict[str, list[Run]]

# What the defaults may lose, in points: the mean nothing, one measure a little, against the first
# contestant and against sgns itself with fresh noise words for every pair.
GATED, FRESH = "sgns", "sgns negative_sharing=0"
MEAN_MAY_LOSE, MEASURE_MAY_LOSE, FRESH_MAY_LOSE = 0.0, 2.0, 1.0
LEGEND = (
    "Training counts all words of the text, including those that are left out. Build goes from "
    "the text to the counted vocabulary and the first weights (and, for sgns, the corpus on disk). "
    "Imports are not part of the other times. Memory is the peak of the whole process; anonymous "
    "memory leaves out mapped files; *beyond the matrices* is what it rose by since the imports, "
    "without the two matrices. Quality: Spearman's correlation with the scores of word pairs "
    "(files are named), share of right analogies; points are hundredths. The C word2vec has no "
    "seed, and training includes its table of noise words and the writing of vectors."
)


def as_markdown(report: dict[str, Any]) -> str:
    """Return the whole report."""
    names, corpus = report["contestants"], report["corpus"]
    good = [run for run in report["runs"] if "error" not in run]
    size = f"{corpus['bytes'] / 1e6:.1f} MB, {corpus['tokens']:,} words"
    facts = [
        f"text: {corpus['name']}, {size}",
        f"parameters: {markdown_facts(report['parameters'])}",
        f"machine: {markdown_facts(report['machine'])}",
        f"versions: {markdown_facts(report['versions'])}",
        f'runs in turns; "= 2.0x": the median is twice as good as that of {names[0]}',
    ]
    parts = [f"# {', '.join(names)}", "\n".join(f"- {fact}" for fact in facts)]
    for setting in dict.fromkeys(run["setting"] for run in report["runs"]):
        runs = {name: _of(good, name, setting) for name in names}
        runs = {name: found for name, found in runs.items() if found}
        parts.append(f"## vector size {setting}")
        if runs:
            parts.append(speed_table(runs, names[0]))
        if any(run["quality"] for found in runs.values() for run in found):
            parts.append(quality_table(runs, names[0]))
            parts.append(gate_table(runs, names[0]))
    parts += failures(report["runs"])
    return "\n\n".join([*filter(None, parts), LEGEND])


def _of(runs: list[Run], name: str, setting: int) -> list[Run]:
    return [run for run in runs if run["name"] == name and run["setting"] == setting]


def words_per_second(run: Run) -> float:
    """Words of the text that training passes in a second, those left out included."""
    return float(run["tokens"] * run["epochs"] / run["seconds"]["train"])


def text_to_vectors(run: Run) -> float:
    """Seconds from the text to vectors on disk, imports left out."""
    return float(sum(run["seconds"][part] for part in ("build", "train", "save")))


def beyond_matrices(run: Run) -> float:
    """Bytes of anonymous memory beyond the matrices and what imports take."""
    return float((run["anonymous_bytes"] or 0) - run["anonymous_before"] - run["matrix_bytes"])


Measure = tuple[str, str, Callable[[Run], float], bool]
MEASURES: list[Measure] = [
    ("training, M words/s", ".2f", lambda run: words_per_second(run) / 1e6, True),
    ("build, s", ".2f", lambda run: run["seconds"]["build"], False),
    ("text to saved vectors, s", ".1f", text_to_vectors, False),
    ("peak memory, MB", ".0f", lambda run: run["peak_bytes"] / 2**20, False),
    ("peak anonymous, MB", ".0f", lambda run: (run["anonymous_bytes"] or 0) / 2**20, False),
    ("beyond the matrices, MB", ".0f", lambda run: beyond_matrices(run) / 2**20, False),
    ("import, s", ".2f", lambda run: run["seconds"]["import"], False),
]


def speed_table(runs: Runs, first: str, measures: list[Measure] | None = None) -> str:
    """Return medians of times and memory, and how they compare with those of `first`."""
    rows = []
    epochs = next(iter(runs.values()))[0].get("epochs")
    for title, form, value, more_is_better in measures or MEASURES:
        base = Spread.of(map(value, runs[first])) if first in runs else None
        row = [title]
        for name, found in runs.items():
            if value is text_to_vectors and found[0].get("epochs") != epochs:
                row.append("")  # it trained less
                continue
            spread = Spread.of(map(value, found))
            text = format(spread, form)
            if base is not None and name != first and spread.median > 0 and base.median > 0:
                better = (spread, base) if more_is_better else (base, spread)
                text += f" = {better[0].median / better[1].median:.1f}x"
            row.append(text)
        rows.append(row)
    return markdown_table(["median (lowest-highest)", *runs], rows)


def mean_quality(runs: list[Run]) -> dict[str, float]:
    """Return the mean of each measure over the runs that were judged."""
    judged = [run["quality"] for run in runs if run["quality"]]
    return {name: statistics.fmean(q[name] for q in judged) for name in (judged or [{}])[0]}


def quality_table(runs: Runs, first: str) -> str:
    """Return each measure as a mean over seeds, each seed's, and the difference from `first`."""
    means = {name: mean_quality(found) for name, found in runs.items()}
    measures = next(measured for measured in means.values() if measured)
    rows = []
    for measure in measures:
        row = [measure]
        for name, found in runs.items():
            if not means[name]:
                row.append("")
                continue
            each = ", ".join(f"{r['quality'][measure]:.3f}" for r in found if r["quality"])
            text = f"{means[name][measure]:.4f} ({each})"
            if name != first and means.get(first):
                text += f" {100 * (means[name][measure] - means[first][measure]):+.1f} points"
            row.append(text)
        rows.append(row)
    return markdown_table(["quality: mean (by seed)", *runs], rows)


def gate(runs: Runs, first: str) -> list[tuple[str, float, float, int]]:
    """Return what the defaults are held to: what, points gained, points required, seeds."""
    means = {name: mean_quality(runs.get(name, [])) for name in (GATED, first, FRESH)}
    n = min(sum(bool(run["quality"]) for run in runs.get(name, [])) for name in (GATED, first))
    held = []
    for other, may_lose in ((first, MEASURE_MAY_LOSE), (FRESH, FRESH_MAY_LOSE)):
        if other == GATED or not means[GATED] or not means[other]:
            continue
        for measure, value in means[GATED].items():
            if measure == "mean" and other == FRESH:
                continue
            least = 0.0 - (MEAN_MAY_LOSE if measure == "mean" else may_lose)
            held.append((f"{measure}, {other}", 100 * (value - means[other][measure]), least, n))
    return held


def gate_table(runs: Runs, first: str) -> str:
    """Return whether the defaults are as good as they have to be."""
    rows = [
        [what, f"{gained:+.2f}", f"{least:+.1f}", n, "yes" if gained >= least else "**no**"]
        for what, gained, least, n in gate(runs, first)
    ]
    if not rows:
        return ""
    return markdown_table([f"{GATED} against", "points", "at least", "seeds", "holds"], rows)


def failures(runs: list[Run]) -> list[str]:
    """Return what failed, and the last line of why."""
    lines = [
        f"- {run['name']}, vector size {run['setting']}, seed {run['seed']}: "
        f"{run['error'].strip().splitlines()[-1]}"
        for run in runs
        if "error" in run
    ]
    return ["## Failed", "\n".join(lines)] if lines else []

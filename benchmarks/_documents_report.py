"""The report of `documents.py`."""

from __future__ import annotations

import statistics
from typing import Any

from _common import Spread, markdown_facts, markdown_table
from _document_quality import INFERRED, TRAINED
from _versus_report import MEASURES, Run, failures, quality_table, speed_table, words_per_second

DOCUMENT_MEASURES = [
    *MEASURES,
    ("inference, documents/s", ".0f", lambda run: run.get("inferred_per_second", 0.0), True),
]
LEGEND = (
    "Training counts all words of the text, including those that are left out. Build goes from "
    "the text to the counted vocabulary and the first weights (and, for sgns, the corpus on disk). "
    "Imports are not part of the other times. Memory is the peak of the process until the model is "
    "saved; anonymous memory leaves out mapped files; *beyond the matrices* is what it rose by "
    "since the imports, without the matrices. gensim infers one document after the other in one "
    "thread, as it has no other way; sgns all in one call with all workers. Accuracy: a logistic "
    "regression on standardised vectors, cross-validated; *trained, of the sample* and *inferred* "
    "are about the same documents, and the classifier has seen none of them. Points are hundredths."
)


def describe(run: Run) -> str:
    """Return what one run found, on a line."""
    where = f"seed {run['seed']}, {run['name']}: "
    if "error" in run:
        return where + run["error"]
    quality = " ".join(f"{name} {value:.4f};" for name, value in run["quality"].items())
    return (
        f"{where}build {run['seconds']['build']:.2f} s, "
        f"{words_per_second(run) / 1e6:.2f} M words/s, "
        f"{run.get('inferred_per_second', 0):.0f} inferred/s, {quality}"
    )


def as_markdown(report: dict[str, Any]) -> str:
    """Return the whole report."""
    corpus = report["corpus"]
    size = f"{corpus['documents']:,} documents, {corpus['tokens']:,} words"
    labelled = "no labels" if report["labels"] is None else f"{report['labels']:,} with labels"
    facts = [
        f"text: {corpus['name']}, {corpus['bytes'] / 1e6:.1f} MB, {size}, {labelled}",
        f"parameters: {markdown_facts(report['parameters'])}",
        f"machine: {markdown_facts(report['machine'])}",
        f"versions: {markdown_facts(report['versions'])}",
        'runs in turns; "= 2.0x": the median is twice as good as that of the first',
    ]
    good = [run for run in report["runs"] if "error" not in run]
    runs = {
        name: [run for run in good if run["name"] == name]
        for names in report["contestants"].values()
        for name in names
    }
    parts = ["# Vectors of documents", "\n".join(f"- {fact}" for fact in facts)]
    parts.append(summary({name: found for name, found in runs.items() if found}))
    for mode, names in report["contestants"].items():
        of_mode = {name: runs[name] for name in names if runs[name]}
        if not of_mode:
            continue
        parts += [f"## {mode}", speed_table(of_mode, names[0], DOCUMENT_MEASURES)]
        if any(run["quality"] for found in of_mode.values() for run in found):
            parts.append(quality_table(of_mode, names[0]))
    return "\n\n".join([*filter(None, parts), *failures(report["runs"]), LEGEND])


def summary(runs: dict[str, list[Run]]) -> str:
    """Return all contestants below each other."""
    rows = [
        [
            name,
            format(Spread.of(words_per_second(run) / 1e6 for run in found), ".2f"),
            _accuracy(found, TRAINED),
            _accuracy(found, INFERRED),
            format(Spread.of(run.get("inferred_per_second", 0.0) for run in found), ".0f"),
        ]
        for name, found in runs.items()
    ]
    if not rows:
        return ""
    header = ["all modes", "M words/s", "accuracy", "accuracy, inferred", "inferred/s"]
    return markdown_table(header, rows)


def _accuracy(runs: list[Run], measure: str) -> str:
    values = [run["quality"][measure] for run in runs if measure in run["quality"]]
    return f"{statistics.fmean(values):.4f}" if values else ""

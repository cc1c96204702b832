"""The table of README, out of the newest report of `run_all.py`.

    python benchmarks/readme_table.py --check     # is README's table what the report gives?
    python benchmarks/readme_table.py --write     # make it so

The table stands between two markers, which are comments that nobody sees. Reports of ``--quick``
runs are not taken.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _common import Spread, markdown_table
from _versus_report import beyond_matrices, mean_quality, text_to_vectors, words_per_second

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
NAMES = {
    "fasttext epochs=1": "fastText without subwords",
    "word2vec epochs=1": "the C word2vec",
    "sgns kernel=blas,epochs=1": 'sgns, `kernel="blas"`',
    "sgns negative_sharing=0": "sgns, `negative_sharing=0`",
    "sgns workers=1": "sgns, one worker",
    "sgns loss=false": "",  # left out: it is for the report
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true")
    what.add_argument("--write", action="store_true")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    options = parser.parse_args()

    folder = newest(options.results)
    if folder is None:
        print(f"no report in {options.results}")
        return
    report = json.loads((folder / "report.json").read_text(encoding="utf8"))
    text = options.readme.read_text(encoding="utf8")
    wanted = with_table(text, block(report))
    if options.write:
        options.readme.write_text(wanted, encoding="utf8")
    elif text != wanted:
        sys.exit(f"README's table is not that of {folder}; run benchmarks/readme_table.py --write")


def newest(results: Path) -> Path | None:
    """Return the folder of the newest whole report with training in it, None without one."""
    for path in sorted(results.glob("*/report.json"), reverse=True):
        report = json.loads(path.read_text(encoding="utf8"))
        if trainings(report) and not report["failed"]:
            return path.parent
    return None


def trainings(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the parts that train beside gensim, by name."""
    return {name: part for name, part in report["parts"].items() if "runs" in part}


def with_table(text: str, table: str) -> str:
    """Put the table between the markers of a text."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"README: expected {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def block(report: dict[str, Any]) -> str:
    """Return what stands between the markers."""
    rows = [row for part in trainings(report).values() for row in training_rows(part)]
    rows += list(other_rows(report["parts"]))
    first = next(iter(trainings(report).values()))
    machine, versions = first["machine"], first["versions"]
    told = (
        f"Measured on {report['date']} ({machine['cpu']}, {machine['cores']} cores, "
        f"{machine['instruction_set']}; gensim "
        f"{versions['gensim']}; medians of runs in turns; "
        f"[the whole report](benchmarks/results/{report['date']}/report.md)):"
    )
    header = ["", "gensim", "sgns", "compared"]
    return f"{told}\n\n{markdown_table(header, rows)}"


def runs_by_name(part: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the good runs of each contestant."""
    good = [run for run in part["runs"] if "error" not in run]
    return {
        name: [run for run in good if run["name"] == name]
        for name in part["contestants"]
        if any(run["name"] == name for run in good)
    }


def training_rows(part: dict[str, Any]) -> Iterator[list[str]]:
    """Yield rows on speed, time and memory, then one for each measure of quality."""
    runs = runs_by_name(part)
    gensim, ours = runs["gensim"], runs["sgns"]
    size = gensim[0]["vector_size"]
    text = f"{part['corpus']['name']} ({part['corpus']['tokens'] / 1e6:.1f} M words)"
    base = Spread.of(map(words_per_second, gensim)).median
    for name, found in runs.items():
        shown = NAMES.get(name, name)
        if name == "gensim" or not shown:
            continue
        speed = Spread.of(map(words_per_second, found)).median
        title = f"{text}, vector size {size}: {shown}, M words/s"
        yield [title, f"{base / 1e6:.2f}", f"{speed / 1e6:.2f}", f"{speed / base:.1f}x"]
    if not mean_quality(ours):
        return
    spent = [Spread.of(map(text_to_vectors, found)).median for found in (gensim, ours)]
    ratio = f"{spent[0] / spent[1]:.1f}x"
    yield [f"{text}: text to saved vectors, s", f"{spent[0]:.1f}", f"{spent[1]:.1f}", ratio]
    memory = [Spread.of(map(beyond_matrices, found)).median / 2**20 for found in (gensim, ours)]
    yield [f"{text}: memory beside the matrices, MB", *(f"{used:.0f}" for used in memory), ""]
    theirs, own = mean_quality(gensim), mean_quality(ours)
    for measure, value in own.items():
        title = f"{text}: {measure}, mean of {len(ours)} seeds"
        points = f"{100 * (value - theirs[measure]):+.1f} points"
        yield [title, f"{theirs[measure]:.3f}", f"{value:.3f}", points]


def other_rows(parts: dict[str, Any]) -> Iterator[list[str]]:
    """Yield rows from the parts without training."""
    if "ingest" in parts:
        times = parts["ingest"]["seconds"]
        name = next(name for name in times if name.startswith("sgns"))
        yield row_of_seconds(
            "text to corpus (gensim: to the vocabulary), s",
            times["gensim build_vocab"],
            times[name],
        )
    if "queries" in parts:
        times = parts["queries"]["seconds"]
        asked = parts["queries"]["settings"]
        title = f"{asked['queries']:,} queries among {asked['keys']:,} x {asked['vector_size']}, s"
        yield row_of_seconds(title, times["gensim, one by one"], times["sgns, batched"])
    if "startup" in parts:
        times = parts["startup"]["seconds"]
        yield row_of_seconds("import, s", times["import gensim"], times["import sgns"])


def row_of_seconds(title: str, theirs: list[float], ours: list[float]) -> list[str]:
    """Return a row on medians of seconds."""
    a, b = Spread.of(theirs).median, Spread.of(ours).median
    return [title, f"{a:.2f}", f"{b:.2f}", f"{a / b:.1f}x"]


if __name__ == "__main__":
    main()

"""The report of `run_all.py`: what each benchmark wrote, put together, and pictures of it."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import kernels
import scaling
from _common import markdown_facts
from _versus_report import words_per_second

Parts = dict[str, dict[str, Any]]
TITLES = {
    "startup": "Importing and opening",
    "ingest": "From text to corpus",
    "queries": "Queries",
    "kernels": "Arithmetic",
    "scaling": "How the cost grows",
    "memory": "Memory",
}


def write_report(folder: Path, failed: dict[str, str]) -> None:
    """Write ``report.json`` with all raw figures, ``report.md``, and the plots."""
    parts = read_parts(folder)
    pictures = plot(parts, folder)
    (folder / "report.json").write_text(
        json.dumps({"date": folder.name, "parts": parts, "failed": failed}, indent=1) + "\n",
        encoding="utf8",
    )
    lines = [f"# Benchmarks, {folder.name}"]
    if parts:
        first = next(iter(parts.values()))
        lines.append(f"- machine: {markdown_facts(first['machine'])}")
        lines.append(f"- versions: {markdown_facts(first['versions'])}")
    lines += [f"- **{name} failed**: {error}" for name, error in failed.items()]
    for name in parts:
        lines += ["", f"## {TITLES.get(name, name.replace('-', ' ').capitalize())}", ""]
        text = (folder / f"{name}.md").read_text(encoding="utf8")
        lines.append(_deeper(text).strip())
        if name in pictures:
            lines += ["", f"![{name}]({pictures[name]})"]
    (folder / "report.md").write_text("\n".join(lines) + "\n", encoding="utf8")


def read_parts(folder: Path) -> Parts:
    """Return the results of all parts in a folder, those of training last."""
    paths = [path for path in folder.glob("*.json") if path.name != "report.json"]
    paths.sort(key=lambda path: ([*TITLES, path.stem].index(path.stem), path.stem))
    return {path.stem: json.loads(path.read_text(encoding="utf8")) for path in paths}


def _deeper(text: str) -> str:
    """Move headings below those of the report, and leave out the first one."""
    lines = text.splitlines()
    if lines and lines[0].startswith("# "):
        lines = lines[1:]
    return "\n".join(f"#{line}" if line.startswith("##") else line for line in lines)


def plot(parts: Parts, folder: Path) -> dict[str, str]:
    """Draw what is easier to see than to read; return the files by part."""
    pictures = {}
    for name, report in parts.items():
        if name == "scaling":
            scaling.plot(report, folder)
        elif name == "kernels":
            kernels.plot(report, folder)
        elif name.startswith("training-"):
            plot_training(report, folder / f"{name}.png")
        else:
            continue
        pictures[name] = f"{name}.png"
    return pictures


def plot_training(report: dict[str, Any], path: Path) -> None:
    """Draw words a second of every contestant."""
    from matplotlib.figure import Figure

    speeds = {
        name: statistics.median(
            words_per_second(run) / 1e6
            for run in report["runs"]
            if run["name"] == name and "error" not in run
        )
        for name in report["contestants"]
        if any(run["name"] == name and "error" not in run for run in report["runs"])
    }
    figure = Figure(figsize=(7, 0.6 + 0.4 * len(speeds)), layout="constrained")
    axes = figure.add_subplot()
    bars = axes.barh(list(speeds), list(speeds.values()))
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.margins(x=0.12)  # for the numbers
    axes.invert_yaxis()
    axes.set_xlabel("training, million words a second")
    figure.savefig(path, dpi=110)

"""The command line that all benchmarks share, and the reports that they write."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _common import build_id, machine, markdown_facts, versions

Report = dict[str, Any]


def new_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options of all benchmarks."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--output", type=Path, nargs="+", default=[], help="report files, .json or .md"
    )
    parser.add_argument("--quick", action="store_true", help="tiny settings, to see that it runs")
    parser.add_argument("--scratch", type=Path, help="folder for temporary files")
    return parser


def parse(parser: argparse.ArgumentParser, **quick: Any) -> argparse.Namespace:
    """Parse the command line; `quick` are the defaults where ``--quick`` is given."""
    if "--quick" in sys.argv:
        parser.set_defaults(**quick)
    return parser.parse_args()


def new_report(options: argparse.Namespace, **results: Any) -> Report:
    """Return results with all that they depend on."""
    left_out = ("output", "scratch")
    settings = {name: value for name, value in vars(options).items() if name not in left_out}
    return {
        "machine": machine(),
        "versions": versions("sgns", "gensim", "numpy", "scipy"),
        "build": build_id(),
        "settings": {
            name: value.name if isinstance(value, Path) else value
            for name, value in settings.items()
            if value is not None
        },
        **results,
    }


def deliver(
    report: Report, as_markdown: Callable[[Report], str], options: argparse.Namespace
) -> None:
    """Print a report and write it to the files that were asked for."""
    text = f"{heading(report)}\n\n{as_markdown(report)}"
    print(text)
    for path in options.output:
        content = json.dumps(report, indent=1) if path.suffix == ".json" else text
        path.write_text(content + "\n", encoding="utf8")


def heading(report: Report) -> str:
    """Return what results depend on: machine, versions, settings."""
    return "\n".join(
        f"- {name}: {markdown_facts(report[name])}" for name in ("machine", "versions", "settings")
    )

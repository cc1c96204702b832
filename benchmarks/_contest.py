"""What contests with other programs share: arguments, the log that they go on from, the report."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _common import note, usable_cores

SHARED = ("vector_size", "window", "negative", "sample", "alpha", "epochs", "min_count", "workers")


def contest_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of what every contest takes, for a script's own arguments to be added to."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="text, a document a line")
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--alpha", type=float, default=0.025)
    parser.add_argument("--workers", type=int, default=usable_cores())
    parser.add_argument(
        "--output", type=Path, nargs="+", default=[], help="report files, .json or .md"
    )
    parser.add_argument("--log", type=Path, help="JSON lines: results of this run and earlier ones")
    parser.add_argument("--timeout", type=float, help="seconds after which a run is given up")
    parser.add_argument("--scratch", type=Path, help="folder for temporary files")
    parser.add_argument("--quick", action="store_true", help="tiny settings, to see that it runs")
    return parser


def parse(
    parser: argparse.ArgumentParser,
    name: str,
    quick: dict[str, Any],
    check: Callable[[argparse.Namespace], None],
) -> argparse.Namespace:
    """Return the checked arguments; those of `quick` where it is asked for, and a log in any case.

    A log that is not named is called `name` and the time.
    """
    if "--quick" in sys.argv:
        parser.set_defaults(**quick)
    arguments = parser.parse_args()
    if not arguments.corpus.is_file():
        parser.error(f"--corpus: expected a file, got '{arguments.corpus}'")
    check(arguments)
    arguments.corpus = arguments.corpus.resolve()
    if arguments.log is None:
        arguments.log = Path(time.strftime(f"{name}-%Y%m%d-%H%M%S.jsonl"))
        note(f"results go to {arguments.log}; go on with --log {arguments.log}")
    return arguments


def publish(
    report: dict[str, Any], as_markdown: Callable[[dict[str, Any]], str], paths: list[Path]
) -> None:
    """Print a report and write it to files; the exit code tells that a run has failed."""
    text = as_markdown(report)
    print(text)
    for path in paths:
        content = json.dumps(report, indent=1) if path.suffix == ".json" else text
        path.write_text(content + "\n", encoding="utf8")
    if any("error" in run for run in report["runs"]):
        sys.exit("some runs failed; the report says which")

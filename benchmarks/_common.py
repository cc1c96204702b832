"""What all benchmarks share: the machine, alternating runs, medians, ratios, Markdown."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def machine() -> dict[str, Any]:
    """Describe the machine: processor, usable cores, memory, system, time of day in UTC."""
    return {
        "cpu": _proc_field("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "cores": usable_cores(),
        "memory_gb": round(_memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


def usable_cores() -> int:
    """Return how many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def versions(*packages: str) -> dict[str, str]:
    """Return the installed version of each package, "not installed" where there is none."""
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def alternate(contestants: Sequence[T], rounds: int) -> Iterator[tuple[int, T]]:
    """Yield round and contestant; every other round runs backwards, so that no one is always first.

    What disturbs a machine for a while then disturbs all contestants alike.
    """
    for number in range(rounds):
        order = contestants if number % 2 == 0 else list(reversed(contestants))
        for contestant in order:
            yield number, contestant


@dataclass(frozen=True)
class Spread:
    """Median, lowest and highest of repeated measurements."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Summarise one or more values."""
        values = list(values)
        return cls(statistics.median(values), min(values), max(values))

    def __format__(self, specification: str) -> str:
        median = format(self.median, specification)
        if self.low == self.high:
            return median
        return f"{median} ({format(self.low, specification)}-{format(self.high, specification)})"


def run_child(script: Path, job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run ``python script job.json`` and return the JSON that it leaves in ``result.json``.

    A process for each run: peak memory is its own, and nothing is warm that another run warmed.

    Raises
    ------
    RuntimeError
        The script failed; with the end of what it wrote to standard error.
    """
    (folder / "job.json").write_text(json.dumps(job), encoding="utf8")
    done = subprocess.run(
        [sys.executable, str(script), str(folder / "job.json"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{job.get('name', script.name)} failed:\n{done.stderr[-3000:]}")
    result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf8"))
    return result


class PeakMemory:
    """Peak resident memory of this process, in bytes.

    `total` is the system's own count and includes mapped files; `anonymous` leaves those out and
    is sampled ten times a second (None where the system does not tell).
    """

    def __init__(self) -> None:
        self.anonymous: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            now = _proc_field("/proc/self/status", "RssAnon")
            if now is not None:
                self.anonymous = max(self.anonymous or 0, _kilobytes(now))
            if self._stop.wait(0.1):
                return

    @property
    def total(self) -> int:
        """Peak since the process began, libraries and mapped files included."""
        # Not getrusage where /proc is at hand: a child's count begins with that of its parent.
        peak = _proc_field("/proc/self/status", "VmHWM")
        if peak is not None:
            return _kilobytes(peak)
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table whose columns line up in the source, too."""
    cells = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    rule = [
        "-" * width if column == 0 else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    return "\n".join(
        "| "
        + " | ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in [cells[0], rule, *cells[1:]]
    )


def markdown_facts(facts: dict[str, Any]) -> str:
    """Return one line of facts: ``name value`` joined by dots."""
    return " · ".join(f"{name} {value}" for name, value in facts.items())


def note(message: str) -> None:
    """Tell on standard error how far a benchmark has come."""
    print(message, file=sys.stderr, flush=True)


def _proc_field(path: str, name: str) -> str | None:
    try:
        lines = Path(path).read_text(encoding="utf8").splitlines()
    except OSError:
        return None
    for line in lines:
        field, _, value = line.partition(":")
        if field.strip() == name:
            return value.strip()
    return None


def _kilobytes(value: str) -> int:
    return int(value.split(maxsplit=1)[0]) * 1024


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 0

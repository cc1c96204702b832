"""What all benchmarks share: the machine, alternating runs, medians, Markdown."""

from __future__ import annotations

import hashlib
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def machine() -> dict[str, Any]:
    """Describe the machine: processor, instruction set, cores, memory, system, time in UTC."""
    from sgns.instruction_set import instruction_set

    return {
        "cpu": _processor(),
        "instruction_set": instruction_set(),
        "cores": usable_cores(),
        "memory_gb": round(_memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


def _processor() -> str:
    """Name the processor; virtual machines give several generations the same name."""
    name, family, model = (
        proc_field("/proc/cpuinfo", field) for field in ("model name", "cpu family", "model")
    )
    numbers = f" (family {family}, model {model})" if family and model else ""
    return (name or platform.processor() or "unknown") + numbers


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


def build_id() -> str:
    """Return a checksum of the installed sgns, so that results of two builds are never mixed."""
    import sgns

    digest = hashlib.sha256()
    for path in sorted(Path(sgns.__file__).parent.glob("*")):
        if path.suffix in (".py", ".so", ".pyd"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


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


def proc_field(path: str, name: str) -> str | None:
    """Return one field of a file of Linux's /proc, None where there is none."""
    try:
        lines = Path(path).read_text(encoding="utf8").splitlines()
    except OSError:
        return None
    for line in lines:
        field, _, value = line.partition(":")
        if field.strip() == name:
            return value.strip()
    return None


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 0

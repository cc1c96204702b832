"""Raw results in a file of JSON lines: nothing is lost when a benchmark is cut short."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from _common import build_id, machine, note

Record = dict[str, Any]


class ResultLog:
    """Results so far; each is on the disk as soon as it is known.

    A record belongs to a key: what was measured, on which processor, and with which build of sgns,
    unless the record's ``program`` is another one, on which that has no influence. A benchmark that
    is started again with the same file takes what it finds there for done, except for failures,
    which are tried again.

    Parameters
    ----------
    path : Path
        The file, made with its folder at the first result.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._build, self._cpu = build_id(), machine()["cpu"]
        self._found: dict[str, Record] = {}
        if path.exists():
            self._read()

    def _read(self) -> None:
        for line in self.path.read_text(encoding="utf8").split("\n"):
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue  # the line that was being written when the machine stopped
            if isinstance(record, dict) and "key" in record:
                self._found[record["key"]] = record
        note(f"{self.path}: {len(self._found)} results of earlier runs")

    def get(self, what: Record) -> Record | None:
        """Return the result for `what`, None if it is not there or was a failure."""
        found = self._found.get(self._key(what))
        return None if found is None or "error" in found else found

    def add(self, what: Record, result: Record) -> Record:
        """Keep the result for `what`, and make it durable before returning it."""
        record = {"key": self._key(what), **what, **result}
        self._found[record["key"]] = record
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            if not self._ends_whole():
                file.write(b"\n")
            file.write(json.dumps(record).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return record

    def _ends_whole(self) -> bool:
        """Whether the last line is not one that was cut short."""
        if self.path.stat().st_size == 0:
            return True
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() == b"\n"

    def _key(self, what: Record) -> str:
        circumstances = {"cpu": self._cpu}
        if what.get("program", "sgns") == "sgns":
            circumstances["build"] = self._build
        text = json.dumps({**what, **circumstances}, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

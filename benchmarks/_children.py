"""Runs in processes of their own, which end when the benchmark ends, however that happens."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def run_child(
    script: Path,
    job: dict[str, Any],
    folder: Path,
    *,
    timeout: float | None = None,
    environment: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Run ``python script job.json FOLDER`` and return the JSON that it leaves in ``result.json``.

    A process for each run: peak memory is its own, and nothing is warm that another run warmed.
    The process and those that it started are ended if this function is left by an exception.

    Raises
    ------
    RuntimeError
        The script failed or took longer than `timeout` seconds; with the end of what it wrote to
        standard error.
    """
    name = job.get("name", script.name)
    (folder / "job.json").write_text(json.dumps(job), encoding="utf8")
    command = [sys.executable, str(script), str(folder / "job.json"), str(folder)]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{name} took longer than {timeout:g} s") from None
        finally:
            if process.poll() is None:
                _end_group(process)
        errors.seek(0)
        told = errors.read().decode(errors="replace")[-3000:]
    if status != 0:
        raise RuntimeError(f"{name} failed with status {status}:\n{told}")
    result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf8"))
    return result


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started; it leads a session of its own."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def end_with_parent() -> None:
    """Let the system end this process when the one that started it is gone (Linux).

    For the one case in which the parent cannot end it: being killed itself.
    """
    if _LIBC is not None:
        parent = os.getppid()
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it went away just now
            os._exit(1)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the block by an exception, as Ctrl-C does, so that children are ended."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

"""Peak memory of a process."""

from __future__ import annotations

import sys
import threading

from _common import proc_field


class PeakMemory:
    """Peak resident memory of a process, in bytes, while the block runs.

    `total` is the system's own count and includes mapped files; `anonymous` leaves those out and
    is sampled twenty times a second (None where the system does not tell).

    Parameters
    ----------
    process : int or "self"
        Number of the process; only this one's own peak is known outside of Linux.
    """

    def __init__(self, process: int | str = "self") -> None:
        self._status = f"/proc/{process}/status"
        self.anonymous: int | None = None
        self._total: int | None = None
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
            self.look()
            if self._stop.wait(0.05):
                return

    def look(self) -> int:
        """Note the memory in use now; return what is anonymous."""
        now = _bytes(self._status, "RssAnon")
        if now is not None:
            self.anonymous = max(self.anonymous or 0, now)
        # A process that has ended has no entry any more.
        self._total = _bytes(self._status, "VmHWM") or self._total
        return now or 0

    @property
    def total(self) -> int:
        """Peak since the process began, libraries and mapped files included."""
        # Not getrusage where /proc is at hand: a child's count begins with that of its parent.
        self.look()
        if self._total is not None:
            return self._total
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _bytes(status: str, field: str) -> int | None:
    value = proc_field(status, field)
    return None if value is None else int(value.split(maxsplit=1)[0]) * 1024

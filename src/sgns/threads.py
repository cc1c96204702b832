"""Waiting for threads that have been told to end, whatever Ctrl-C does meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

_END_SECONDS = 0.002
_START_SECONDS = 0.5


def wait_until_ended(threads: Iterable[threading.Thread]) -> None:
    """Wait until every thread that was started has ended.

    Not by joining them: where Ctrl-C has come between a `join`, Python takes the thread for one
    that has ended (seen in 3.11). Where it has come between a `start`, nobody knows whether there
    is a thread; one that is there tells soon.
    """
    waited_for, began = set(threads), time.monotonic()

    def is_there(thread: threading.Thread) -> bool:
        return thread.ident is not None or time.monotonic() - began < _START_SECONDS

    while any(map(is_there, waited_for & {*threading.enumerate()})):
        time.sleep(_END_SECONDS)

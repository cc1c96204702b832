"""How many threads to use."""

from __future__ import annotations

import os

import numpy as np


def count_workers(workers: int | None) -> int:
    """Threads to use: `workers`, or one for every core that this process may use.

    Raises
    ------
    TypeError, ValueError
        `workers` is no integer of 1 or more.
    """
    if workers is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    if isinstance(workers, bool) or not isinstance(workers, int | np.integer):
        raise TypeError(f"workers: expected an integer of 1 or more or None, got {workers!r}")
    if workers < 1:
        raise ValueError(f"workers: expected an integer of 1 or more or None, got {workers}")
    return int(workers)

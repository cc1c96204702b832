"""Which instruction set of the machine computes."""

from __future__ import annotations

import os

from sgns import _kernels


def instruction_set() -> str:
    """Name of the instruction set in use: the best of this machine, or that of SGNS_ISA.

    Raises
    ------
    ValueError
        The environment variable SGNS_ISA names one that this machine does not have.
    """
    available = _kernels.available_kernels()
    wanted = os.environ.get("SGNS_ISA")
    if not wanted:
        return available[-1]
    if wanted not in available:
        raise ValueError(f"SGNS_ISA: expected one of {', '.join(available)}, got {wanted!r}")
    return wanted

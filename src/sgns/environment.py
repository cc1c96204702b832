"""What this build is and what it runs on."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from sgns import _kernels
from sgns.cores import count_workers
from sgns.instruction_set import instruction_set


@dataclass(frozen=True, slots=True)
class Environment:
    """What `show_config` shows.

    Attributes
    ----------
    version : str
        Of sgns.
    compiler : str
        That built the kernels.
    instruction_set : str
        In use: the best of this machine unless the environment variable SGNS_ISA names another.
    instruction_sets : tuple of str
        That this machine can run, the best last.
    blas : str
        Behind ``kernel="blas"`` and the queries.
    python, numpy, scipy : str
        Versions.
    machine : str
        Operating system and processor architecture.
    cores : int
        That this process may use.
    """

    version: str
    compiler: str
    instruction_set: str
    instruction_sets: tuple[str, ...]
    blas: str
    python: str
    numpy: str
    scipy: str
    machine: str
    cores: int

    def __str__(self) -> str:
        sets = ", ".join(self.instruction_sets)
        return "\n".join(
            [
                f"sgns             {self.version}",
                f"compiler         {self.compiler}",
                f"instruction set  {self.instruction_set} (of {sets}; SGNS_ISA chooses)",
                f"BLAS             {self.blas}",
                f"Python           {self.python}, numpy {self.numpy}, scipy {self.scipy}",
                f"machine          {self.machine}, {self.cores} cores",
            ]
        )


def environment() -> Environment:
    """Describe this build and what it runs on.

    Returns
    -------
    Environment
        What `show_config` prints.
    """
    return Environment(
        version=_version("sgns"),
        compiler=_kernels.compiler(),
        instruction_set=instruction_set(),
        instruction_sets=tuple(_kernels.available_kernels()),
        blas=_blas(),
        python=platform.python_version(),
        numpy=_version("numpy"),
        scipy=_version("scipy"),
        machine=f"{platform.system()} {platform.machine()}",
        cores=count_workers(None),
    )


def show_config() -> None:
    """Print version, compiler, instruction set in use and BLAS to standard output."""
    sys.stdout.write(f"{environment()}\n")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _blas() -> str:
    """Name and version of SciPy's BLAS, as its build recorded them."""
    import scipy

    blas = scipy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()

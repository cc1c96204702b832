"""Files that arrays are mapped from: whether somebody has cut one short meanwhile."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns.corpus import Corpus
from sgns.errors import FormatError


class MappedFiles:
    """The files of some arrays; those that are in memory have none.

    Reading a mapped page that is no longer in the file ends the process (SIGBUS), and no program
    can prevent that. Asked between two pieces of work, this turns nearly all such ends into errors.
    What is left of the last page reads as zeros, so it is asked after work as well.
    A file that is removed or replaced under its name is no harm: what is mapped is still there.
    """

    def __init__(self, arrays: Iterable[NDArray[Any]]) -> None:
        self._files: list[tuple[str, mmap.mmap]] = []
        for array in arrays:
            name, base = "", array
            while isinstance(base, np.ndarray):
                name = str(getattr(base, "filename", name))
                base = base.base  # type: ignore[assignment]
            if isinstance(base, mmap.mmap):
                self._files.append((name, base))

    @classmethod
    def of(cls, corpus: Corpus) -> MappedFiles:
        """Those that training reads."""
        tags = () if corpus.tags is None else (corpus.tags.ids, corpus.tags.offsets)
        return cls([*corpus.pieces.arrays, corpus.offsets, *tags])

    def check(self) -> None:
        """Refuse files that are shorter now than what is mapped of them.

        Raises
        ------
        FormatError
            Naming the file and both lengths.
        """
        for name, mapped in self._files:
            size = mapped.size()  # of the file, whatever its name is now
            if size < len(mapped):
                raise FormatError(
                    f"'{name}' was cut short while it was read: "
                    f"it had {len(mapped):,} bytes and has {size:,}"
                )

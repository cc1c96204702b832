"""TokenPieces: the tokens of a corpus, in one array or in several that follow each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class TokenPieces:
    """Word numbers that lie in one or more arrays, one after the other; immutable.

    ``pieces[i:j]`` is an array: a view where the tokens lie in one piece, a copy where they do not.

    Parameters
    ----------
    arrays
        uint32 (n,) each, possibly mapped, possibly empty.

    Attributes
    ----------
    arrays : tuple of uint32 arrays
        As given.
    starts : int64 array (n_pieces + 1,)
        Piece i holds the tokens from ``starts[i]`` to ``starts[i + 1]``.
    """

    __slots__ = ("arrays", "starts")

    def __init__(self, *arrays: NDArray[np.uint32]) -> None:
        self.arrays = arrays
        self.starts = np.cumsum([0, *map(len, arrays)], dtype=np.int64)

    def __len__(self) -> int:
        return int(self.starts[-1])

    @property
    def nbytes(self) -> int:
        """Bytes of all tokens."""
        return sum(array.nbytes for array in self.arrays)

    def __getitem__(self, places: slice) -> NDArray[np.uint32]:
        start, stop, step = places.indices(len(self))
        if step != 1:
            raise ValueError(f"expected tokens that follow each other, got a step of {step}")
        found = self._between(start, max(start, stop))
        if len(found) == 1:
            return found[0]
        return np.concatenate([np.empty(0, dtype=np.uint32), *found])

    def split(self, place: int) -> tuple[TokenPieces, TokenPieces]:
        """The tokens before `place`, and those from there on, without copying them."""
        return TokenPieces(*self._between(0, place)), TokenPieces(*self._between(place, len(self)))

    def _between(self, start: int, stop: int) -> list[NDArray[np.uint32]]:
        """Views of what lies between two places, empty ones left out."""
        return [
            array[max(start - first, 0) : stop - first]
            for array, first in zip(self.arrays, self.starts.tolist(), strict=False)
            if max(start, first) < min(stop, first + len(array))
        ]

"""How evaluation finds words among vectors: folding of case, first rows only, unit vectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]


class WordVectors(Protocol):
    """What evaluation needs of word vectors; `KeyedVectors` has it, and gensim's has it too."""

    @property
    def vectors(self) -> Float32:
        """Array of shape (n, dim), possibly a view or memory-mapped."""

    @property
    def index_to_key(self) -> Sequence[Any]:
        """Key of every row, most frequent first."""

    @property
    def key_to_index(self) -> Mapping[Any, int]:
        """Row of every key."""


class WordLookup:
    """Rows of words among the first `restrict_vocab` keys.

    With `case_insensitive`, words and keys are compared by their upper case, and the first key
    (the most frequent one) stands for all keys that are equal in upper case.
    """

    def __init__(
        self, kv: WordVectors, restrict_vocab: int | None = None, *, case_insensitive: bool = True
    ) -> None:
        if restrict_vocab is not None and restrict_vocab < 1:
            raise ValueError(f"restrict_vocab: expected None or at least 1, got {restrict_vocab}")
        self.keys: Sequence[Any] = kv.index_to_key[:restrict_vocab]
        self.case_insensitive = case_insensitive
        self._row: dict[Any, int] = {}
        self._canonical = np.empty(len(self.keys), dtype=np.int64)
        for row, key in enumerate(self.keys):
            self._canonical[row] = self._row.setdefault(self.fold(key), row)

    def __len__(self) -> int:
        return len(self.keys)

    def fold(self, word: Any) -> Any:
        """Return the form in which words are compared."""
        return word.upper() if self.case_insensitive and isinstance(word, str) else word

    def row(self, word: str) -> int | None:
        """Return the row of `word`, None if it is unknown."""
        return self._row.get(self.fold(word))

    def canonical(self, rows: Int64) -> Int64:
        """Return, for every row, the row that stands for its word in any case."""
        canonical: Int64 = self._canonical[rows]
        return canonical

    def variants(self) -> dict[int, Int64]:
        """Return the other rows of each word that more than one row spells, by its first row."""
        later = np.flatnonzero(self._canonical != np.arange(len(self.keys)))
        grouped: dict[int, list[int]] = {}
        for row in later.tolist():
            grouped.setdefault(int(self._canonical[row]), []).append(row)
        return {first: np.array(rows, dtype=np.int64) for first, rows in grouped.items()}

    def split(self, words: Iterable[str]) -> tuple[list[str], list[int], list[str]]:
        """Divide `words` into the known ones, their rows, and the unknown ones; order is kept."""
        known: list[str] = []
        rows: list[int] = []
        unknown: list[str] = []
        for word in words:
            row = self.row(word)
            if row is None:
                unknown.append(word)
            else:
                known.append(word)
                rows.append(row)
        return known, rows, unknown


def rows_of(kv: WordVectors, words: Sequence[Any]) -> list[int]:
    """Return the row of each word.

    Raises
    ------
    KeyError
        Words are not there; the first of them are named.
    """
    missing = [word for word in words if word not in kv.key_to_index]
    if missing:
        shown = ", ".join(map(repr, missing[:5])) + (", ..." if len(missing) > 5 else "")
        raise KeyError(f"{len(missing)} of {len(words)} words have no vector: {shown}")
    return [kv.key_to_index[word] for word in words]


def unit_vectors(kv: WordVectors, rows: Sequence[int] | Int64) -> Float32:
    """Return vectors of length 1, float32 of shape (len(rows), dim); zero vectors stay zero.

    Scaled in double precision and rounded once.
    """
    wide = np.asarray(kv.vectors[np.asarray(rows, dtype=np.intp)], dtype=np.float64)
    norms = np.linalg.norm(wide, axis=1, keepdims=True)
    norms[norms == 0.0] = 1.0
    unit: Float32 = (wide * (1.0 / norms)).astype(np.float32)
    return unit

"""Lending: views of matrices that somebody may still hold when training wants to change them."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import numpy as np

from sgns.weights import Matrix


class Lending:
    """Hands out matrices without copying them, and knows which of them are still held."""

    def __init__(self) -> None:
        self._given: dict[str, Callable[[], Matrix | None]] = {}

    def lend(self, name: str, matrix: Matrix) -> Matrix:
        """The same memory as an array of its own, from which others may be taken."""
        # Every array taken from it keeps `shared` alive, and nothing else does.
        shared = np.asarray(matrix.data)
        self._given[name] = weakref.ref(shared)
        return shared

    def is_held(self, name: str) -> bool:
        """Whether somebody still has the matrix lent last by that name, or a part of it."""
        given = self._given.get(name)
        return given is not None and given() is not None

"""Fingerprint: a checksum of arrays that does not depend on how they were made.

Arrays are hashed in blocks of fixed size, which many threads can do in any order; a digest of the
hashes of all blocks, in order, names the content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns._encode import hash_bytes

BLOCK_BYTES = 1 << 20


class Fingerprint:
    """Collects named arrays; the same ones in the same order give the same digest."""

    def __init__(self) -> None:
        self._digest = hashlib.blake2b(digest_size=16)

    def add(self, name: str, values: NDArray[Any]) -> None:
        """Add an array, reading it block by block."""
        data = np.ascontiguousarray(values).view(np.uint8).data
        hashes = (hash_bytes(data[i : i + BLOCK_BYTES]) for i in range(0, len(data), BLOCK_BYTES))
        self.add_hashes(name, len(data), hashes)

    def add_hashes(self, name: str, size: int, hashes: Iterable[int]) -> None:
        """Add an array of `size` bytes whose blocks of `BLOCK_BYTES` have these hashes."""
        self._digest.update(f"{name} {size}\n".encode())
        self._digest.update(np.fromiter(hashes, dtype="<u8").tobytes())

    def hexdigest(self) -> str:
        """Return the digest as 32 hexadecimal digits."""
        return self._digest.hexdigest()

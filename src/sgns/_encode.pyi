from typing import Final, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

ERRORS: Final[dict[str, int]]

class InvalidUTF8(ValueError): ...  # noqa: N818

@final
class WordTable:
    def __init__(self) -> None: ...
    def __len__(self) -> int: ...
    def encode_text(
        self,
        data: Buffer,
        begin: int,
        stop: int,
        *,
        lines: bool,
        closes: bool,
        errors: str,
    ) -> tuple[NDArray[np.uint32], NDArray[np.int64]]: ...
    def encode_tokens(
        self, data: Buffer, ends: NDArray[np.int64], gap: int
    ) -> NDArray[np.uint32]: ...
    def absorb(self, other: WordTable) -> NDArray[np.uint32]: ...
    def count(self, counts: NDArray[np.int64]) -> None: ...
    def ranks(
        self,
    ) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]: ...

def remap(tokens: NDArray[np.uint32], mapping: NDArray[np.uint32]) -> None: ...
def largest_token(tokens: NDArray[np.uint32]) -> int: ...
def hash_bytes(data: Buffer) -> int: ...

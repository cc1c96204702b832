import numpy as np
from numpy.typing import NDArray

def take_changes(
    marks: NDArray[np.uint8],
    base: NDArray[np.float32],
    copy: NDArray[np.float32],
    ids: NDArray[np.int64],
    deltas: NDArray[np.float32],
) -> int: ...
def merge_changes(
    base: NDArray[np.float32],
    copies: list[NDArray[np.float32]],
    changes: list[tuple[NDArray[np.int64], NDArray[np.float32] | None, NDArray[np.float32] | None]],
    ids: NDArray[np.int64],
    factors: NDArray[np.float32],
) -> None: ...
def take_half_rows(
    marks: NDArray[np.uint8],
    base: NDArray[np.float32],
    copy: NDArray[np.float32],
    first: int,
    end: int,
    ids: NDArray[np.int64],
    deltas: NDArray[np.uint16],
) -> int: ...
def merge_half_rows(
    changed: list[NDArray[np.int64]],
    changes: list[NDArray[np.uint16]],
    ids: NDArray[np.int64],
    factors: NDArray[np.float32],
    merged: NDArray[np.uint16],
) -> None: ...
def add_half_rows(
    base: NDArray[np.float32],
    copy: NDArray[np.float32],
    ids: NDArray[np.int64],
    deltas: NDArray[np.uint16],
) -> None: ...

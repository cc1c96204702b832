import numpy as np
from numpy.typing import NDArray

MAX_LANES: int
TILE: int
MAX_SCORE: float

def available_kernels() -> list[str]: ...
def compiler() -> str: ...
def kernel_lanes(name: str) -> int: ...
def kernel_address(name: str, *, shared_noise: bool = False) -> int: ...
def score(
    kernel: str,
    inputs: NDArray[np.float32],
    rows: NDArray[np.float32],
    scores: NDArray[np.float32],
    *,
    run: int = 1,
) -> None: ...
def update(
    kernel: str,
    h: NDArray[np.float32],
    gradient: NDArray[np.float32],
    rows: NDArray[np.float32],
    step: NDArray[np.float32],
) -> None: ...
def score_block(
    kernel: str,
    inputs: NDArray[np.float32],
    rows: NDArray[np.float32],
    scores: NDArray[np.float32],
) -> None: ...
def score_all(
    kernel: str,
    inputs: NDArray[np.float32],
    rows: NDArray[np.float32],
    scores: NDArray[np.float32],
) -> None: ...
def update_block(
    kernel: str,
    inputs: NDArray[np.float32],
    gradients: NDArray[np.float32],
    rows: NDArray[np.float32],
    step: NDArray[np.float32],
) -> None: ...
def gather_block(
    kernel: str,
    gradients: NDArray[np.float32],
    rows: NDArray[np.float32],
    step: NDArray[np.float32],
) -> None: ...
def sigmoid(kernel: str, x: NDArray[np.float32], n: int) -> None: ...
def noise_steps(
    kernel: str,
    scores: NDArray[np.float32],
    by_input: NDArray[np.float32],
    by_row: NDArray[np.float32],
) -> None: ...

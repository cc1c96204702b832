import numpy as np
from numpy.typing import NDArray

FUNCTIONS: tuple[str, ...]

def fma_loop(instruction_set: str, rounds: int) -> int: ...
def kernel_loop(
    kernel: str,
    function: str,
    inputs: NDArray[np.float32],
    gradients: NDArray[np.float32],
    rows: NDArray[np.float32],
    scores: NDArray[np.float32],
    rounds: int,
) -> None: ...

from typing import TypedDict, final

import numpy as np
from numpy.typing import NDArray

MAX_LANES: int
MAX_ROWS: int
MAX_SCORE: float

class JobTally(TypedDict):
    loss: float
    sampled_targets: int
    sampled_pairs: int
    targets: int
    pairs: int
    tokens: int
    damaged: int

def available_kernels() -> list[str]: ...
def compiler() -> str: ...
def kernel_lanes(name: str) -> int: ...
def score(
    kernel: str, h: NDArray[np.float32], rows: NDArray[np.float32], scores: NDArray[np.float32]
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
def update_block(
    kernel: str,
    inputs: NDArray[np.float32],
    gradients: NDArray[np.float32],
    rows: NDArray[np.float32],
    step: NDArray[np.float32],
) -> None: ...
def sigmoid(kernel: str, x: NDArray[np.float32], n: int) -> None: ...
def derive_key(key: int, number: int) -> int: ...
def random_at(key: int, counter: int) -> int: ...
def permute(index: int, n: int, key: int) -> int: ...

@final
class Noise:
    def __new__(
        cls, probability: NDArray[np.float64], proposal: NDArray[np.float64] | None = None
    ) -> Noise: ...
    def draw(self, key: int, draws: NDArray[np.uint32]) -> None: ...

@final
class Plan:
    def __new__(
        cls,
        *,
        tokens: NDArray[np.uint32],
        offsets: NDArray[np.int64],
        keep: NDArray[np.uint32],
        noise: Noise,
        words: NDArray[np.float32],
        contexts: NDArray[np.float32],
        kernel: str,
        vector_size: int,
        n_vocabulary: int,
        window: int,
        shrink_windows: bool,
        negative: int,
        lanes: int,
        draw: int,
        pairs_at_once: int,
        rows_at_once: int,
        loss_every: int,
        block: int,
        blocks_per_job: int,
        visits: NDArray[np.int32] | None = None,
    ) -> Plan: ...
    def start_epoch(self, token_key: int, order_key: int, noise_key: int) -> None: ...
    @property
    def n_jobs(self) -> int: ...
    def stop(self) -> None: ...

@final
class Worker:
    def __new__(cls, plan: Plan) -> Worker: ...
    def train_job(self, job: int, alpha: float, alpha_end: float) -> JobTally: ...

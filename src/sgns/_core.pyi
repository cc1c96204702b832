from typing import TypedDict, final

import numpy as np
from numpy.typing import NDArray

JOINS: dict[str, int]
MAX_GROUP: int
MAX_ROWS: int

class JobTally(TypedDict):
    loss: float
    sampled_targets: int
    sampled_pairs: int
    targets: int
    pairs: int
    document_loss: float
    sampled_document_pairs: int
    document_pairs: int
    tokens: int
    damaged: int

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
        tokens: tuple[NDArray[np.uint32], ...],
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
        documents: NDArray[np.float32] | None = None,
        tags: NDArray[np.uint32] | None = None,
        tag_offsets: NDArray[np.int64] | None = None,
        join: str = "word",
        word_targets: bool = True,
        group: int = 0,
        document_weight: float = 1,
        document_uses: int = 1,
        frozen: bool = False,
    ) -> Plan: ...
    def start_epoch(self, token_key: int, order_key: int, noise_key: int) -> None: ...
    def mark(
        self,
        *,
        words: NDArray[np.uint8],
        contexts: NDArray[np.uint8],
        documents: NDArray[np.uint8] | None = None,
    ) -> None: ...
    def give_own_rows(
        self,
        word_factors: NDArray[np.float32],
        context_factors: NDArray[np.float32],
        pairs_per_exchange: int,
    ) -> None: ...
    @property
    def n_jobs(self) -> int: ...
    def stop(self) -> None: ...

@final
class Worker:
    def __new__(cls, plan: Plan) -> Worker: ...
    def train_job(self, job: int, alpha: float, alpha_end: float) -> JobTally: ...
    def infer(
        self,
        documents: NDArray[np.int64],
        epochs: int,
        alpha: float,
        min_alpha: float,
        key: int,
    ) -> JobTally: ...

"""What happens when: the learning rate over the jobs of all epochs, the random keys of each."""

from __future__ import annotations

from dataclasses import dataclass

from sgns import _core


@dataclass(frozen=True, slots=True)
class Schedule:
    """The learning rate falls linearly over the jobs of all epochs."""

    alpha: float
    min_alpha: float
    epochs: int
    jobs: int

    def at(self, epoch: int, job: int) -> float:
        """The learning rate when `job` of `epoch` begins, both counted from 0."""
        progress = (epoch + job / self.jobs) / self.epochs
        return self.alpha - (self.alpha - self.min_alpha) * progress


def epoch_keys(seed: int, epoch: int, shuffle: bool) -> tuple[int, int, int]:
    """Random keys of an epoch: of tokens, of the order of blocks (0: none), of noise."""
    key = _core.derive_key(seed, epoch)
    order = _core.derive_key(key, 2) or 1
    return _core.derive_key(key, 1), order if shuffle else 0, _core.derive_key(key, 3)

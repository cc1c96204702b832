"""What jobs have counted: losses, pairs, targets, tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan

from sgns import _core
from sgns.history import EpochRecord


@dataclass(slots=True)
class Tally:
    """What the jobs of an epoch have counted so far."""

    loss: float = 0.0
    sampled_targets: int = 0
    sampled_pairs: int = 0
    targets: int = 0
    pairs: int = 0
    document_loss: float = 0.0
    sampled_document_pairs: int = 0
    document_pairs: int = 0
    tokens: int = 0
    damaged: int = 0

    def add(self, job: _core.JobTally) -> None:
        """Count what a job has counted."""
        self.loss += job["loss"]
        self.sampled_targets += job["sampled_targets"]
        self.sampled_pairs += job["sampled_pairs"]
        self.targets += job["targets"]
        self.pairs += job["pairs"]
        self.document_loss += job["document_loss"]
        self.sampled_document_pairs += job["sampled_document_pairs"]
        self.document_pairs += job["document_pairs"]
        self.tokens += job["tokens"]
        self.damaged += job["damaged"]

    def copy(self) -> Tally:
        """The same numbers, to count on from."""
        return replace(self)

    @property
    def loss_per_pair(self) -> float:
        """Mean loss of the pairs that were sampled; NaN before the first."""
        return self.loss / self.sampled_pairs if self.sampled_pairs else nan

    @property
    def document_loss_per_pair(self) -> float:
        """The same of documents that are targets by themselves."""
        pairs = self.sampled_document_pairs
        return self.document_loss / pairs if pairs else nan

    def record(
        self, epoch: int, seconds: float, alpha: float, validation_loss: float = nan
    ) -> EpochRecord:
        """The record of an epoch that has ended."""
        targets = self.sampled_targets
        return EpochRecord(
            epoch=epoch,
            loss_per_pair=self.loss_per_pair,
            loss_per_target=self.loss / targets if targets else nan,
            loss_pairs=self.sampled_pairs,
            pairs=self.pairs,
            targets=self.targets,
            tokens=self.tokens,
            seconds=seconds,
            words_per_second=self.tokens / max(seconds, 1e-9),
            alpha=alpha,
            validation_loss=validation_loss,
            document_loss_per_pair=self.document_loss_per_pair,
            document_pairs=self.document_pairs,
        )

"""What happened in each epoch of a training run."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from math import isnan, nan


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One pass over the corpus.

    Attributes
    ----------
    epoch : int
        Number of the pass over the model's whole life, from 1.
    loss_per_pair : float
        Mean of the negative-sampling loss over the (target, context) pairs that were sampled for
        it: ``log(1 + exp(-score))`` of the context plus that of its `negative` noise words, in
        natural units, each taken just before its update. NaN where nothing was trained.
    loss_per_target : float
        The same, summed over the contexts of a target and averaged over targets.
    loss_pairs : int
        Pairs that the two means are taken over: an even sample of the steps, or all of them where
        the corpus is small.
    pairs : int
        (target, context) pairs trained.
    targets : int
        Words that were a target with at least one context.
    tokens : int
        Tokens visited, among them those left out by `min_count` and `sample`.
    seconds : float
        Wall-clock time of the epoch.
    words_per_second : float
        ``tokens / seconds``.
    alpha : float
        Learning rate at the end of the epoch.
    validation_loss : float
        `loss_per_pair` over text that was held out, after the epoch and without updates. NaN where
        none was.
    document_loss_per_pair : float
        Mean loss of the (document, context) pairs of ``documents="dbow"`` and ``"joint"``, before
        `document_weight`; NaN where there are none. The pairs of ``"sum"``, ``"mean"`` and
        ``"concat"`` are of a word with its document, and count in `loss_per_pair`.
    document_pairs : int
        (document, context) pairs trained.
    """

    epoch: int
    loss_per_pair: float
    loss_per_target: float
    loss_pairs: int
    pairs: int
    targets: int
    tokens: int
    seconds: float
    words_per_second: float
    alpha: float
    validation_loss: float = nan
    document_loss_per_pair: float = nan
    document_pairs: int = 0

    # Two records that both lack a loss are equal in it. Python up to 3.12 found that by accident,
    # where both had the same NaN; from 3.13 on a field that is NaN makes records differ.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EpochRecord):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self._compared())

    def _compared(self) -> tuple[float | None, ...]:
        return tuple(None if isnan(value) else value for value in astuple(self))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, as `train(progress=callable)` is told several times a second.

    Attributes
    ----------
    epoch, epochs : int
        The pass at work, from 1, and how many this call makes.
    tokens, total_tokens : int
        Visited and to be visited in this call, over all its epochs.
    seconds : float
        Since training began.
    words_per_second : float
        ``tokens / seconds``.
    loss_per_pair : float
        Of the epoch so far; NaN before the first sample.
    alpha : float
        The learning rate now.
    document_loss_per_pair : float
        As `loss_per_pair`, of documents that are targets by themselves.
    """

    epoch: int
    epochs: int
    tokens: int
    total_tokens: int
    seconds: float
    words_per_second: float
    loss_per_pair: float
    alpha: float
    document_loss_per_pair: float = nan

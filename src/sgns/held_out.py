"""Text that is held out of training, and its loss."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.epoch_run import EpochRun
from sgns.plan import make_plan
from sgns.schedule import Schedule, epoch_keys
from sgns.token_pieces import TokenPieces
from sgns.vocabulary import Vocabulary
from sgns.weights import Weights

Validation = float | Corpus | None

# The epoch whose random numbers the held-out loss takes, always the same ones; nobody trains so
# many.
_EPOCH = 1 << 32
# Texts of so many tokens are looked through for pairs before training; larger ones have some.
_LOOKED_THROUGH = 100_000


class HeldOut:
    """Text that is not trained, and its loss at any time.

    Attributes
    ----------
    trained : Corpus
        What is left to train on.
    """

    def __init__(self, corpus: Corpus, validation: float | Corpus, vocabulary: Vocabulary) -> None:
        if isinstance(validation, Corpus):
            self.trained, self._text = corpus, _translated(validation, vocabulary, corpus)
        else:
            self.trained, self._text = _split(corpus, validation)

    def check(self, config: TrainingConfig, weights: Weights) -> None:
        """Refuse a text of which no loss can be told, before an epoch is trained.

        Raises
        ------
        ValueError
            There are no two known words beside each other.
        """
        if self._text.n_tokens <= _LOOKED_THROUGH:
            self.loss(config, weights, workers=1, epoch=0)

    def loss(self, config: TrainingConfig, weights: Weights, *, workers: int, epoch: int) -> float:
        """Mean loss per pair over the held-out text, without training on it.

        Words are left out and windows and noise words drawn as in training, with random numbers
        that are always the same.

        Raises
        ------
        ValueError
            There are no two known words beside each other.
        """
        plan = make_plan(self._text, config, weights)
        plan.start_epoch(*epoch_keys(config.seed, _EPOCH, shuffle=False))
        # At a learning rate of 0 a step adds 0 to every number: a loss, and no training.
        still = Schedule(0.0, 0.0, 1, plan.n_jobs)
        run = EpochRun(
            self._text, plan, still, epoch=0, number=epoch, n_workers=workers, highest_loss=inf
        )
        run.run(lambda: None)
        if run.tally.sampled_pairs == 0:
            raise ValueError(
                "validation: expected text in which known words stand beside each other, got "
                f"{self._text.n_tokens:,} known words that make no pair"
            )
        return run.tally.loss_per_pair


def checked_validation(validation: Validation, config: TrainingConfig) -> Validation:
    """Read what `Model.train` is given.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, what was expected and what came.
    """
    expected = "validation: expected a Corpus, a number between 0 and 1, or None"
    if validation is None:
        return None
    if config.documents is not None:
        raise ValueError(
            f"validation: expected None with documents={config.documents!r}, since documents that "
            "are held out have no vectors"
        )
    if isinstance(validation, Corpus):
        return validation
    if isinstance(validation, bool) or not isinstance(validation, Real):
        raise TypeError(f"{expected}, got {type(validation).__name__}")
    if not 0 < validation < 1:
        raise ValueError(f"{expected}, got {validation}")
    return float(validation)


def _split(corpus: Corpus, fraction: float) -> tuple[Corpus, Corpus]:
    """All but the last documents, and these: about a fraction of the tokens."""
    n, offsets = corpus.n_tokens, corpus.offsets
    held = max(round(n * fraction), 1)
    cut = n - held
    after = int(np.searchsorted(offsets, cut))
    borders = [int(b) for b in offsets[max(after - 1, 0) : after + 1] if 0 < b < n]
    nearest = min(borders, key=lambda border: abs(border - cut), default=cut)
    # The border of two documents if there is one near, else a place within one.
    cut = nearest if abs(nearest - cut) <= held // 2 else cut
    if not 0 < cut < n:
        raise ValueError(f"validation: expected words on both sides, got {n:,} in all")
    rest = np.append(0, offsets[offsets > cut] - cut)
    return first_tokens(corpus, cut), _part(corpus, corpus.pieces.split(cut)[1], rest)


def first_tokens(corpus: Corpus, n: int) -> Corpus:
    """The first `n` tokens of a corpus; all of them are the corpus itself."""
    if n == corpus.n_tokens:
        return corpus
    offsets = corpus.offsets
    return _part(corpus, corpus.pieces.split(n)[0], np.append(offsets[offsets < n], n))


def _translated(other: Corpus, vocabulary: Vocabulary, corpus: Corpus) -> Corpus:
    """Another corpus in the numbers of `vocabulary`, without the words that it has not."""
    n = len(vocabulary)
    numbers = {word: number for number, word in enumerate(vocabulary)}
    names = other.vocabulary.words
    mapping = np.fromiter((numbers.get(word, n) for word in names), np.uint32, len(names))
    tokens = mapping[other.tokens]
    known = tokens < n
    ends = np.append(0, np.cumsum(known))[other.offsets]
    if not ends[-1]:
        raise ValueError("validation: expected a Corpus with words of the model, got none")
    return _part(corpus, TokenPieces(tokens[known]), ends)


def _part(corpus: Corpus, tokens: TokenPieces, offsets: NDArray[np.int64]) -> Corpus:
    """Other tokens with the vocabulary of a corpus, counts and all."""
    arrays = replace(corpus._opened(), tokens=tokens, offsets=offsets.astype(np.int64), tags=None)
    return Corpus(arrays, corpus.meta, corpus.path)

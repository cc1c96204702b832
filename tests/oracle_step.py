"""One training step of the oracle: scores, losses, noise words, and how weights change."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sgns import _core

MAX_SCORE = 6.0
TABLE_SIZE = 1000
# Pairs that are scored together before any of them is trained.
MAX_ROWS = 64
# Noise words of a job that are made ready; more than any test consumes.
NOISE_AHEAD = 1 << 16


def exact_sigmoid(scores):
    """1 / (1 + exp(-x)), which counts as certain from -6 and 6 on."""
    scores = np.asarray(scores, dtype=np.float64)
    sigma = 1 / (1 + np.exp(-np.clip(scores, -700, 700)))
    return np.where(scores >= MAX_SCORE, 1.0, np.where(scores <= -MAX_SCORE, 0.0, sigma))


def table_sigmoid(scores):
    """The C word2vec's: sigma at the lower end of each of 1000 steps from -6 to 6."""
    scores = np.asarray(scores, dtype=np.float64)
    step = np.clip(np.floor((scores + MAX_SCORE) * TABLE_SIZE / 12), 0, TABLE_SIZE - 1)
    sigma = 1 / (1 + np.exp(-(step * 12 / TABLE_SIZE - MAX_SCORE)))
    return np.where(scores >= MAX_SCORE, 1.0, np.where(scores <= -MAX_SCORE, 0.0, sigma))


def softplus(score):
    """log(1 + exp(x))."""
    return max(score, 0.0) + math.log1p(math.exp(-abs(score)))


def loss_of(h, positive_rows, noise_rows, noise_weights=None):
    """The loss of one target: section by section as it is defined.

    L = sum_{c in C+} log(1 + exp(-h.w_c)) + sum_{c in C-} weight_c log(1 + exp(h.w_c))
    """
    weights = [1.0] * len(noise_rows) if noise_weights is None else noise_weights
    positive = sum(softplus(-float(h @ row)) for row in positive_rows)
    noise = sum(w * softplus(float(h @ row)) for w, row in zip(weights, noise_rows, strict=True))
    return positive + noise


@dataclass(frozen=True, eq=False)
class NoiseWords:
    """Words drawn from a proposal, each of which counts for probability / proposal draws."""

    probability: np.ndarray
    proposal: np.ndarray | None = None

    def of_core(self):
        return _core.Noise(self.probability, self.proposal)

    def stream(self, key, n=NOISE_AHEAD):
        draws = np.empty(n, dtype=np.uint32)
        self.of_core().draw(key, draws)
        return draws.tolist()

    def ratio(self, word):
        return 1.0 if self.proposal is None else self.probability[word] / self.proposal[word]


class Step:
    """One step on targets of several lanes: the one place that knows how weights change."""

    def __init__(
        self, *, words, contexts, documents, join, document_weight, frozen, noise, negative, draw,
        rows_at_once, sigmoid,
    ):  # fmt: skip
        self.words, self.contexts, self.documents = words, contexts, documents
        self.join, self.document_weight, self.frozen = join, document_weight, frozen
        self.noise = noise
        self.negative = negative
        self.draw = draw
        self.rows_at_once = rows_at_once
        self.sigmoid = sigmoid
        self.largest_score = 0.0
        self.near_table_border = 0

    def start_job(self, key):
        self._draws = iter(self.noise.stream(key))

    def train(self, targets, alpha):
        """Returns the losses of words and documents, scores taken just before their update."""
        shared = self._shared_noise() if self.draw else {}
        rates = [alpha * (self.document_weight if t.word is None else 1) for t in targets]
        inputs = [self._input(target) for target in targets]
        moves = [np.zeros_like(h) for h in inputs]
        losses = np.zeros(len(targets))
        for batch in self._batches([self._rows(target) for target in targets]):
            self._train_pairs(batch, inputs, moves, rates, losses)
        if shared:
            losses += self._train_shared_noise(targets, inputs, moves, shared, rates)
        for target, move in zip(targets, moves, strict=True):
            self._spread(target, move)
        of_documents = np.array([target.word is None for target in targets])
        return np.array([losses[~of_documents].sum(), losses[of_documents].sum()])

    def _input(self, target):
        documents = [self.documents[row] for row in target.rows]
        if target.word is None:
            return documents[0].copy()
        word = self.words[target.word]
        if self.join == "mean":
            return np.mean([word, *documents], axis=0)
        if self.join == "concat":
            return np.concatenate([word, sum(documents, np.zeros_like(word))])
        return sum(documents, word)  # of nothing where words stand alone

    def _spread(self, target, move):
        size = self.words.shape[1]
        for_word, for_document = move, move
        if self.join == "concat":
            for_word, for_document = move[:size], move[-size:]
        if self.join == "mean":
            for_word = for_document = move / (1 + len(target.rows))
        if target.word is not None and not self.frozen:
            self.words[target.word] += for_word
        for row in target.rows:
            self.documents[row] += for_document

    def _move_context(self, word, by):
        if not self.frozen:
            self.contexts[word] += by

    def _shared_noise(self):
        """{word: how many plain draws its draws count for}."""
        drawn = {}
        for _ in range(self.draw):
            word = next(self._draws)
            drawn[word] = drawn.get(word, 0) + self.noise.ratio(word)
        return drawn

    def _rows(self, target):
        """The (word, label) that a target meets before the shared noise."""
        rows = []
        for context in target.contexts:
            rows.append((context, 1.0))
            if not self.draw:
                noise = [next(self._draws) for _ in range(self.negative)]
                rows += [(word, 0.0) for word in noise if word != context]
        return rows

    def _batches(self, rows_of_targets):
        """(target, word, label) whose scores are taken before any of their updates."""
        batch = []
        for target, rows in enumerate(rows_of_targets):
            of_this = 0
            for word, label in rows:
                if len(batch) == MAX_ROWS or of_this == self.rows_at_once:
                    yield batch
                    batch, of_this = [], 0
                batch.append((target, word, label))
                of_this += 1
        if batch:
            yield batch

    def _train_pairs(self, batch, inputs, moves, rates, losses):
        scores = np.array([self.contexts[word] @ inputs[target] for target, word, _ in batch])
        errors = np.array([label for *_, label in batch]) - self._sigma(scores)
        for (target, word, label), score, error in zip(batch, scores, errors, strict=True):
            step = rates[target] * error
            moves[target] += step * self.contexts[word]
            self._move_context(word, step * inputs[target])
            losses[target] += softplus(-score if label else score)

    def _train_shared_noise(self, targets, inputs, moves, drawn, rates):
        noise = list(drawn)
        weights = np.array([self._noise_weights(target, drawn) for target in targets])
        before = self.contexts[noise]
        scores = np.array(inputs) @ before.T
        steps = -np.array(rates)[:, None] * weights * self._sigma(scores)
        for i, step in enumerate(steps):
            moves[i] += step @ before
        for word, by in zip(noise, steps.T @ np.array(inputs), strict=True):
            self._move_context(word, by)
        return (weights * np.vectorize(softplus)(scores)).sum(axis=1)

    def _noise_weights(self, target, drawn):
        """A noise word stands for negative / draw of each pair whose context it is not."""
        pairs = len(target.contexts)
        return [
            self.negative / self.draw * share * (pairs - target.contexts.count(word))
            for word, share in drawn.items()
        ]

    def _sigma(self, scores):
        if scores.size:
            self.largest_score = max(self.largest_score, float(np.abs(scores).max()))
        place = (scores + MAX_SCORE) * TABLE_SIZE / 12
        inside = (place > 0) & (place < TABLE_SIZE)
        # float32 scores of these tests are right to some 1e-5
        self.near_table_border += int((inside & (abs(place - np.round(place)) < 1e-3)).sum())
        return self.sigmoid(scores)

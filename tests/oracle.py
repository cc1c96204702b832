"""Training once more, in plain Python and NumPy: slow, obvious, and independent of the C code.

`Oracle` takes the arguments of `_core.Plan` and gives what its workers should: the same targets in
the same order, the same noise words, the same learning rates, the same updates, in float64. It is
written from the definitions; of the package it uses only the random primitives (`random_at`,
`permute`, `derive_key`, `Noise.draw`), which are tested by themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from sgns import _core

MAX_SCORE = 6.0
TABLE_SIZE = 1000
# Noise words of a job that are made ready; more than any test consumes.
NOISE_AHEAD = 1 << 16


# ---- functions of one score ---------------------------------------------------------------------


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


# ---- the noise ----------------------------------------------------------------------------------


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


# ---- the walk -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """A centre, its contexts in the order of the text, and the stretch it belongs to."""

    word: int
    contexts: tuple[int, ...]
    stretch_end: int

    def cut(self, n):
        """The target with its first n contexts, and with those that are left."""
        return (
            replace(self, contexts=self.contexts[:n]),
            replace(self, contexts=self.contexts[n:]),
        )


class Walk:
    """Which target meets which contexts, worked out for the whole corpus at once."""

    def __init__(self, *, tokens, offsets, keep, window, shrink_windows, block):
        self.tokens = [int(token) for token in tokens]
        self.offsets = [int(offset) for offset in offsets]
        self.keep = [int(limit) for limit in keep]
        self.window = window
        self.shrink = shrink_windows
        self.block = block
        self.n_blocks = -(-len(self.tokens) // block)

    def start_epoch(self, token_key, order_key):
        self.token_key, self.order_key = token_key, order_key
        self.target_at = [None] * len(self.tokens)
        for start, end in pairwise(self.offsets):
            self._walk_document(start, end)

    def kept(self, place):
        """Is the token known and kept by subsampling?"""
        word = self.tokens[place]
        if word >= len(self.keep):
            return False
        return _core.random_at(self.token_key, place) >> 32 <= self.keep[word]

    def reach(self, place):
        """How many kept words to each side the window of this token takes in."""
        if not self.shrink:
            return self.window
        low = _core.random_at(self.token_key, place) & 0xFFFFFFFF
        return 1 + (low * self.window >> 32)

    def _walk_document(self, start, end):
        places = [place for place in range(start, end) if self.kept(place)]
        words = [self.tokens[place] for place in places]
        for i, place in enumerate(places):
            reach = len(words) if self.window == 0 else self.reach(place)
            contexts = words[max(i - reach, 0) : i] + words[i + 1 : i + 1 + reach]
            if contexts:
                stretch_end = min(end, (place // self.block + 1) * self.block)
                self.target_at[place] = Target(words[i], tuple(contexts), stretch_end)

    def blocks(self, places):
        """The (start, end) of the blocks that these places of the visiting order hold."""
        for place in places:
            number = (
                _core.permute(place, self.n_blocks, self.order_key) if self.order_key else place
            )
            yield number * self.block, min((number + 1) * self.block, len(self.tokens))

    def lane(self, places):
        """Targets of these blocks, each with the tokens that the lane has visited by then."""
        tokens_before = 0
        for start, end in self.blocks(places):
            for place in range(start, end):
                target = self.target_at[place]
                if target is not None:
                    yield target, tokens_before + target.stretch_end - start
            tokens_before += end - start

    def n_tokens(self, places):
        return sum(end - start for start, end in self.blocks(places))


# ---- the training step --------------------------------------------------------------------------


class Step:
    """One step on targets of several lanes: the one place that knows how weights change."""

    def __init__(self, *, words, contexts, noise, negative, draw, rows_at_once, sigmoid):
        self.words, self.contexts = words, contexts
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
        """Returns the loss, every score taken just before its own update."""
        shared = self._shared_noise() if self.draw else {}
        inputs = [self.words[target.word].copy() for target in targets]
        moves = [np.zeros_like(h) for h in inputs]
        loss = 0.0
        for target, h, move in zip(targets, inputs, moves, strict=True):
            loss += self._train_contexts(target, h, move, alpha)
        if shared:
            loss += self._train_shared_noise(targets, inputs, moves, shared, alpha)
        for target, move in zip(targets, moves, strict=True):
            self.words[target.word] += move
        return loss

    def _shared_noise(self):
        """{word: how many plain draws its draws count for}."""
        drawn = {}
        for _ in range(self.draw):
            word = next(self._draws)
            drawn[word] = drawn.get(word, 0) + self.noise.ratio(word)
        return drawn

    def _train_contexts(self, target, h, move, alpha):
        rows = []  # (word, label)
        for context in target.contexts:
            rows.append((context, 1.0))
            if not self.draw:
                noise = [next(self._draws) for _ in range(self.negative)]
                rows += [(word, 0.0) for word in noise if word != context]
        # The scores of so many rows are taken before any of their updates.
        n = self.rows_at_once
        batches = [rows[i : i + n] for i in range(0, len(rows), n)]
        return sum(self._train_rows(batch, h, move, alpha) for batch in batches)

    def _train_rows(self, rows, h, move, alpha):
        scores = np.array([self.contexts[word] @ h for word, _ in rows])
        steps = alpha * (np.array([label for _, label in rows]) - self._sigma(scores))
        for (word, _), step in zip(rows, steps, strict=True):
            move += step * self.contexts[word]
            self.contexts[word] += step * h
        return sum(
            softplus(-score if label else score)
            for (_, label), score in zip(rows, scores, strict=True)
        )

    def _train_shared_noise(self, targets, inputs, moves, drawn, alpha):
        noise = list(drawn)
        weights = np.array([self._noise_weights(target, drawn) for target in targets])
        before = self.contexts[noise]
        scores = np.array(inputs) @ before.T
        steps = -alpha * weights * self._sigma(scores)
        for i, step in enumerate(steps):
            moves[i] += step @ before
        self.contexts[noise] += steps.T @ np.array(inputs)
        return float((weights * np.vectorize(softplus)(scores)).sum())

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


# ---- the job ------------------------------------------------------------------------------------


class Oracle:
    """What `_core.Plan` and `_core.Worker` should do, one job after the other."""

    def __init__(
        self, *, tokens, offsets, keep, noise, words, contexts, kernel, vector_size, n_vocabulary,
        window, shrink_windows, negative, lanes, draw, pairs_at_once, rows_at_once, loss_every,
        block, blocks_per_job,
    ):  # fmt: skip
        self.walk = Walk(
            tokens=tokens, offsets=offsets, keep=keep, window=window,
            shrink_windows=shrink_windows, block=block,
        )  # fmt: skip
        self.words = np.array(words[:, :vector_size], dtype=np.float64)
        self.contexts = np.array(contexts[:, :vector_size], dtype=np.float64)
        self.step = Step(
            words=self.words, contexts=self.contexts, noise=noise, negative=negative, draw=draw,
            rows_at_once=rows_at_once,
            sigmoid=table_sigmoid if kernel == "blas" else exact_sigmoid,
        )  # fmt: skip
        self.lanes, self.pairs_at_once, self.loss_every = lanes, pairs_at_once, loss_every
        self.blocks_per_job = blocks_per_job
        self.n_vocabulary = n_vocabulary
        self.n_jobs = -(-self.walk.n_blocks // blocks_per_job)

    def start_epoch(self, token_key, order_key, noise_key):
        self.walk.start_epoch(token_key, order_key)
        self.noise_key = noise_key

    def train_job(self, job, alpha, alpha_end):
        """Returns the tally of the job, as `Worker.train_job` does."""
        key = _core.derive_key(self.noise_key, job)
        self.step.start_job(key)
        lanes = [list(self.walk.lane(places)) for places in self._lane_places(job)]
        lane_tokens = [self.walk.n_tokens(places) for places in self._lane_places(job)]
        first, last = self._job_places(job)
        tally = {
            "loss": 0.0, "sampled_targets": 0, "sampled_pairs": 0, "targets": 0, "pairs": 0,
            "tokens": sum(lane_tokens), "damaged": self._damaged(job),
        }  # fmt: skip
        for number in range(max(map(len, lanes))):
            together = [lane[number][0] for lane in lanes if number < len(lane)]
            visited = sum(
                lane[number][1] if number < len(lane) else tokens
                for lane, tokens in zip(lanes, lane_tokens, strict=True)
            )
            progress = min(visited / ((last - first) * self.walk.block), 1.0)
            loss = self._train_in_pieces(together, alpha + (alpha_end - alpha) * progress)
            pairs = sum(len(target.contexts) for target in together)
            tally["targets"] += len(together)
            tally["pairs"] += pairs
            if self.loss_every and (key + number) % 2**64 % self.loss_every == 0:
                tally["loss"] += loss
                tally["sampled_targets"] += len(together)
                tally["sampled_pairs"] += pairs
        return tally

    def _train_in_pieces(self, targets, alpha):
        """Steps of at most so many contexts of each target, until none are left; the loss."""
        loss = 0.0
        while targets:
            cuts = [target.cut(self.pairs_at_once) for target in targets]
            loss += self.step.train([piece for piece, _ in cuts], alpha)
            targets = [rest for _, rest in cuts if rest.contexts]
        return loss

    def _job_places(self, job):
        first = job * self.blocks_per_job
        return first, min(first + self.blocks_per_job, self.walk.n_blocks)

    def _lane_places(self, job):
        """The visiting order's places of each lane: equal parts of the job's."""
        first, last = self._job_places(job)
        borders = [first + (last - first) * i // self.lanes for i in range(self.lanes + 1)]
        return [range(a, b) for a, b in pairwise(borders)]

    def _damaged(self, job):
        places = range(*self._job_places(job))
        tokens = self.walk.tokens
        return sum(
            tokens[place] >= self.n_vocabulary
            for start, end in self.walk.blocks(places)
            for place in range(start, end)
        )

"""Training once more, in plain Python and NumPy: slow, obvious, and independent of the C code.

`Oracle` takes the arguments of `_core.Plan` and gives what its workers should: the same targets in
the same order, the same noise words, the same learning rates, the same updates, in float64. It is
written from the definitions; of the package it uses only the random primitives (`random_at`,
`permute`, `derive_key`, `Noise.draw`), which are tested by themselves.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np

from oracle_step import Step, exact_sigmoid, table_sigmoid
from oracle_walk import Walk
from sgns import _core


class Oracle:
    """What `_core.Plan` and `_core.Worker` should do, one job after the other."""

    def __init__(
        self, *, tokens, offsets, keep, noise, words, contexts, kernel, vector_size, n_vocabulary,
        window, shrink_windows, negative, lanes, draw, pairs_at_once, rows_at_once, loss_every,
        block, blocks_per_job, documents=None, tags=None, tag_offsets=None, join="word",
        word_targets=True, group=0, document_weight=1, document_uses=1, frozen=False,
    ):  # fmt: skip
        self.walk = Walk(
            tokens=tokens, offsets=offsets, keep=keep, window=window,
            shrink_windows=shrink_windows, block=block, tags=tags, tag_offsets=tag_offsets,
            joined=join != "word", word_targets=word_targets, group=group,
        )  # fmt: skip
        self.words = np.array(words, dtype=np.float64)
        self.contexts = np.array(contexts, dtype=np.float64)
        self.documents = None if documents is None else np.array(documents, dtype=np.float64)
        self.document_uses = document_uses
        self.step = Step(
            words=self.words, contexts=self.contexts, documents=self.documents, join=join,
            document_weight=document_weight, frozen=frozen, noise=noise, negative=negative,
            draw=draw, rows_at_once=rows_at_once,
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
            "document_loss": 0.0, "sampled_document_pairs": 0, "document_pairs": 0,
            "tokens": sum(lane_tokens), "damaged": self._damaged(job),
        }  # fmt: skip
        for number in range(max(map(len, lanes))):
            together = [lane[number][0] for lane in lanes if number < len(lane)]
            visited = sum(
                lane[number][1] if number < len(lane) else tokens
                for lane, tokens in zip(lanes, lane_tokens, strict=True)
            )
            progress = min(visited / ((last - first) * self.walk.block), 1.0)
            losses = self._train_in_pieces(together, alpha + (alpha_end - alpha) * progress)
            words = [target for target in together if target.word is not None]
            pairs = sum(len(target.contexts) for target in words)
            document_pairs = sum(len(target.contexts) for target in together) - pairs
            tally["targets"] += len(words)
            tally["pairs"] += pairs
            tally["document_pairs"] += document_pairs
            if self.loss_every and (key + number) % 2**64 % self.loss_every == 0:
                tally["loss"] += losses[0]
                tally["document_loss"] += losses[1]
                tally["sampled_targets"] += len(words)
                tally["sampled_pairs"] += pairs
                tally["sampled_document_pairs"] += document_pairs
        return tally

    def _train_in_pieces(self, targets, alpha):
        """Steps of at most so many contexts of each target and targets of each document."""
        losses = np.zeros(2)
        while targets:
            uses, pieces, left = Counter(), [], []
            for target in targets:
                if any(uses[row] >= self.document_uses for row in target.rows):
                    left.append(target)
                    continue
                uses.update(target.rows)
                piece, rest = target.cut(self.pairs_at_once)
                pieces.append(piece)
                left += [rest] if rest.contexts else []
            losses += self.step.train(pieces, alpha)
            targets = left
        return losses

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

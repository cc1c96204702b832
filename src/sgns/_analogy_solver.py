"""The best answers to many analogy questions, by one matrix product for each block of words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sgns._lookup import Float32, Int64, WordLookup, WordVectors, unit_vectors
from sgns.nearest import unit_rows

# A tile of 512 questions by 4,096 words has 8 MB of scores; 3CosMul holds three such tiles.
_QUESTIONS = 512
_WORDS = 4096
_SHARED = 1 << 23  # similarities that 3CosMul shares among all questions: 32 MB
_EPSILON = np.float32(1e-6)  # keeps 3CosMul from dividing by zero, the value gensim uses

Scorer = Callable[[slice], Float32]


def solve(kv: WordVectors, lookup: WordLookup, questions: Int64, objective: str) -> Int64:
    """Return the row of the best answer to each question, -1 where no candidate is left.

    Parameters
    ----------
    kv : KeyedVectors
        The vectors.
    lookup : WordLookup
        Candidates are its rows, but never a spelling of a word asked with.
    questions : int64 array of shape (n, 3)
        Rows of the words `a`, `b`, `c`, as `lookup` gives them.
    objective : {"3CosAdd", "3CosMul"}
        With unit vectors, 3CosAdd maximises ``x.(b - a + c)``, and 3CosMul
        ``x'b * x'c / (x'a + epsilon)`` where ``x'y = (1 + x.y) / 2`` (Levy & Goldberg 2014,
        equation 4 and footnote 7).
    """
    answers = np.full(len(questions), -1, dtype=np.int64)
    if len(questions) == 0:
        return answers
    best = np.full(len(questions), -np.inf, dtype=np.float32)
    words, places = np.unique(questions, return_inverse=True)
    unit = unit_vectors(kv, words)
    a, b, c = places.reshape(questions.shape).T
    targets = unit[b] + unit[c] - unit[a] if objective == "3CosAdd" else unit
    taken = _Taken(lookup, questions)

    step = _WORDS
    if objective == "3CosMul":
        step = min(_WORDS, max(1, _SHARED // len(words)))
    for start in range(0, len(lookup), step):
        stop = min(start + step, len(lookup))
        block = unit_rows(kv.vectors[start:stop])
        score: Scorer
        if objective == "3CosAdd":
            score = _add_scorer(targets, block)
        else:
            score = _mul_scorer(targets, block, a, b, c)
        for first in range(0, len(questions), _QUESTIONS):
            tile = slice(first, min(first + _QUESTIONS, len(questions)))
            scores = score(tile)
            taken.hide(scores, tile, start, stop)
            winners = scores.argmax(axis=1)
            reached = scores[np.arange(len(scores)), winners]
            better = reached > best[tile]
            best[tile][better] = reached[better]
            answers[tile][better] = winners[better] + start
    return answers


def _add_scorer(targets: Float32, block: Float32) -> Scorer:
    def score(tile: slice) -> Float32:
        return targets[tile] @ block.T

    return score


def _mul_scorer(
    unit: Float32, block: Float32, a: NDArray[np.intp], b: NDArray[np.intp], c: NDArray[np.intp]
) -> Scorer:
    """Score by 3CosMul; all questions share the similarities of the few words they are made of."""
    shifted = unit @ block.T
    shifted += 1.0
    shifted /= 2.0

    def score(tile: slice) -> Float32:
        scores: Float32 = shifted[b[tile]]
        scores *= shifted[c[tile]]
        scores /= shifted[a[tile]] + _EPSILON
        return scores

    return score


class _Taken:
    """Which rows may not answer which question: every spelling of the words asked with."""

    def __init__(self, lookup: WordLookup, questions: Int64) -> None:
        question = np.repeat(np.arange(len(questions)), 3)
        row = questions.reshape(-1)
        variants = lookup.variants()
        if variants:
            more = [variants.get(int(first), np.empty(0, np.int64)) for first in row]
            question = np.concatenate([question, np.repeat(question, [len(x) for x in more])])
            row = np.concatenate([row, *more])
        order = np.argsort(row, kind="stable")
        self._row: Int64 = row[order]
        self._question: Int64 = question[order]

    def hide(self, scores: Float32, tile: slice, start: int, stop: int) -> None:
        """Set the scores of taken rows, in a tile of words `start` to `stop`, to -inf."""
        first, last = np.searchsorted(self._row, [start, stop])
        question, row = self._question[first:last], self._row[first:last]
        inside = (question >= tile.start) & (question < tile.stop)
        scores[question[inside] - tile.start, row[inside] - start] = -np.inf

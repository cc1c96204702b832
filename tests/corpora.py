"""Small corpora and models that several test files train on."""

from __future__ import annotations

import numpy as np

from sgns import Corpus, Model


def corpus_of(lengths, n_words=30, seed=0):
    """Documents of these lengths, of words with falling shares."""
    generator = np.random.default_rng(seed)
    offsets = np.cumsum([0, *lengths])
    share = 1 / np.arange(2, n_words + 2)
    tokens = generator.choice(n_words, size=offsets[-1], p=share / share.sum())
    return Corpus.from_arrays(tokens, offsets, [f"w{i}" for i in range(n_words)])


def small_corpus():
    """2,300 tokens: a single job of 36 blocks, 2 and more for each of 16 lanes."""
    return corpus_of([300, 0, 7, 1, 992, 500, 500])


def model_of(corpus, **changes):
    return Model(corpus, **({"vector_size": 8, "min_count": 1} | changes))

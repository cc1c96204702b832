"""What type checkers see of the public names: mypy checks this file, nothing runs it."""

from __future__ import annotations

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from sgns import (
    Corpus,
    EpochRecord,
    KeyedVectors,
    Model,
    ShardedCorpus,
    TrainingConfig,
    Vocabulary,
)


def corpora() -> None:
    corpus = Corpus.build([["a", "b"], ["b", "c"]])
    assert_type(corpus, Corpus)
    assert_type(Corpus.open("reviews.corpus"), Corpus)
    assert_type(ShardedCorpus.open("reviews.corpus"), ShardedCorpus)
    assert_type(ShardedCorpus.open("reviews.corpus").shard(0), Corpus)
    assert_type(corpus.tokens, NDArray[np.uint32])
    assert_type(corpus.offsets, NDArray[np.int64])
    assert_type(corpus.vocabulary, Vocabulary)


def vocabularies(vocabulary: Vocabulary) -> None:
    assert_type(vocabulary[0], str)
    assert_type(vocabulary.get("a"), int | None)
    assert_type(vocabulary.get("a", 0), int)
    assert_type(vocabulary.counts, NDArray[np.int64])


def models() -> None:
    model = Model("reviews.txt", vector_size=50, window="document")
    assert_type(model.train(epochs=2, workers=1), Model)
    assert_type(model.config, TrainingConfig)
    assert_type(model.wv, KeyedVectors)
    assert_type(model.history[-1], EpochRecord)
    assert_type(model.history[-1].loss_per_pair, float)
    assert_type(Model.load("reviews.model"), Model)
    Model("reviews.txt", window="sentence")  # type: ignore[arg-type]
    Model("reviews.txt", kernel="gpu")  # type: ignore[arg-type]


def queries(wv: KeyedVectors) -> None:
    assert_type(wv.similarity("a", "b"), float)
    assert_type("a" in wv, bool)
    assert_type(len(wv), int)
    vector: NDArray[Any] = wv["a"]
    assert_type(vector, NDArray[Any])
    wv.vectors = vector  # type: ignore[misc]

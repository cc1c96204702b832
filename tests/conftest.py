"""Corpora with a known answer, shared by several test files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from sgns import Corpus

N_CLASSES, WORDS_PER_CLASS = 8, 10


@dataclass(frozen=True)
class Planted:
    """Documents whose words all come from one class, so that neighbours are known."""

    documents: list[list[str]]
    class_of: dict[str, int]

    def share_of_class(self, wv, topn=5):
        """The share of each word's nearest neighbours that are of its own class."""
        hits = [
            self.class_of[neighbour] == self.class_of[word]
            for word in wv.index_to_key
            for neighbour, _ in wv.most_similar(word, topn=topn)
        ]
        return sum(hits) / len(hits)


@pytest.fixture(scope="session")
def planted():
    """80 words in 8 classes, 1,600 documents of 12 words of one class each."""
    generator = np.random.default_rng(20)
    classes = generator.integers(N_CLASSES, size=1600)
    members = generator.integers(WORDS_PER_CLASS, size=(1600, 12))
    documents = [
        [f"class{c}word{w}" for w in row]
        for c, row in zip(classes.tolist(), members.tolist(), strict=True)
    ]
    names = [(f"class{c}word{w}", c) for c in range(N_CLASSES) for w in range(WORDS_PER_CLASS)]
    return Planted(documents, dict(names))


@pytest.fixture(scope="session")
def planted_corpus(planted):
    """The same documents as a corpus, 19,200 tokens: three jobs of an epoch."""
    with Corpus.build(planted.documents) as corpus:
        yield corpus

"""Documents of planted topics, whose words say little of the topic one by one."""

from __future__ import annotations

import numpy as np

N_TOPICS, N_WORDS, WORDS_PER_TOPIC, LENGTH = 6, 60, 15, 40


def planted_topics(n_documents=300, seed=3):
    """Lists of words, and the topic of each: every topic has a quarter of all words."""
    generator = np.random.default_rng(seed)
    members = [generator.permutation(N_WORDS)[:WORDS_PER_TOPIC] for _ in range(N_TOPICS)]
    topics = generator.integers(N_TOPICS, size=n_documents)
    drawn = generator.integers(WORDS_PER_TOPIC, size=(n_documents, LENGTH))
    documents = [
        [f"w{word}" for word in members[topic][row]]
        for topic, row in zip(topics, drawn, strict=True)
    ]
    return documents, topics


def share_of_topic(vectors, of, topics, others, topn=5):
    """The share of the nearest of `others` (n, dim) that have the topic of the vector, not itself.

    `topics` are those of the vectors (m, dim), `of` those of the others.
    """
    found, near = (
        matrix / np.linalg.norm(matrix, axis=1, keepdims=True) for matrix in (vectors, others)
    )
    cosines = found @ near.T
    if vectors is others:
        np.fill_diagonal(cosines, -np.inf)
    nearest = np.argsort(-cosines, axis=1)[:, :topn]
    return float((of[nearest] == topics[:, None]).mean())

"""Texts that are awkward to read, and what a corpus of them holds."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np


def awkward_text(seed=0, n_lines=300):
    """Lines of words of 1 to 40 bytes: Latin, Greek, emoji, empty lines, one very long line."""
    generator = random.Random(seed)
    words = ["a", "the", "of", "é", "πολύ", "😀😀", "x" * 40, "eightyte", "ninebytes", "a\0b"]
    words += ["".join(generator.choices("abcdé", k=generator.randint(1, 12))) for _ in range(200)]
    lines = [
        generator.choice([" ", "  ", "\t"]).join(
            generator.choices(words, k=generator.randint(0, 12))
        )
        for _ in range(n_lines)
    ]
    lines[n_lines // 2] = " ".join(generator.choices(words, k=3000))
    return "\n".join(lines) + "\n"


def reference(lines):
    """Tokens, offsets, counts and words, in plain Python."""
    documents = [[word.decode() for word in line.encode().split()] for line in lines]
    counter = Counter(word for document in documents for word in document)
    words = sorted(counter, key=lambda word: (-counter[word], word))
    ids = {word: i for i, word in enumerate(words)}
    tokens = [ids[word] for document in documents for word in document]
    offsets = np.cumsum([0, *map(len, documents)]).tolist()
    return tokens, offsets, [counter[word] for word in words], words


def content(corpus):
    vocabulary = corpus.vocabulary
    return (
        corpus.tokens.tolist(),
        corpus.offsets.tolist(),
        vocabulary.counts.tolist(),
        list(vocabulary.words),
    )


def folder_bytes(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}

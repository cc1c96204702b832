"""Texts and corpora out of random numbers, for what does not depend on what words mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sgns import Corpus

DOCUMENT = 200
"""Words in a document."""


def zipf_tokens(n_tokens: int, n_words: int, seed: int = 1) -> NDArray[np.uint32]:
    """Draw words whose frequency falls as one over their rank plus 2.7, as in natural text."""
    share = 1 / (np.arange(n_words) + 2.7)
    places = np.searchsorted(
        np.cumsum(share / share.sum()), np.random.default_rng(seed).random(n_tokens)
    )
    return np.minimum(places, n_words - 1).astype(np.uint32)


def zipf_corpus(n_tokens: int, n_words: int, seed: int = 1) -> Corpus:
    """Return a corpus in memory, every word of which occurs."""
    tokens = zipf_tokens(n_tokens, n_words, seed)
    tokens[: min(n_words, n_tokens)] = np.arange(min(n_words, n_tokens))
    offsets = np.append(np.arange(0, n_tokens, DOCUMENT), n_tokens)
    return Corpus.from_arrays(tokens, offsets, [f"w{i}" for i in range(n_words)])


def zipf_text(path: Path, n_tokens: int, n_words: int = 100_000, seed: int = 1) -> Path:
    """Write documents a line, of words that are the longer the rarer they are, as in text."""
    tokens = zipf_tokens(n_tokens, n_words, seed)
    words = np.array([_name(i) for i in range(n_words)], dtype=object)
    with path.open("w", encoding="ascii") as file:
        for start in range(0, n_tokens, DOCUMENT):
            file.write(" ".join(words[tokens[start : start + DOCUMENT]]) + "\n")
    return path


def _name(number: int) -> str:
    letters = ""
    while number >= 0:
        letters = chr(ord("a") + number % 20) + letters
        number = number // 20 - 1
    return letters + "e"

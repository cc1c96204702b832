"""Documents to infer vectors for, in the numbers that the model has for its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sgns.corpus import Corpus
from sgns.tokenizers import DEFAULT, NAMED, Reading, Tokenizer, split_words
from sgns.vocabulary import Vocabulary

# Tokens that are numbered and inferred at a time.
CHUNK_TOKENS = 1 << 22

_SPACED = re.compile("[^ \t\n\v\f\r]+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some documents in the model's numbers; unknown words have the number past the last.

    Attributes
    ----------
    tokens : uint32 array (n_tokens,)
    offsets : int64 array (n_documents + 1,)
    """

    tokens: NDArray[np.uint32]
    offsets: NDArray[np.int64]


def document_chunks(
    documents: Corpus | Iterable[Any],
    vocabulary: Vocabulary,
    tokenizer: str | Tokenizer | None,
    trained_with: str | None,
) -> Iterator[Chunk]:
    """The documents in pieces, strings cut as in training unless `tokenizer` says otherwise.

    Raises
    ------
    TypeError
        `documents` is a single string, or no iterable.
    ValueError
        There is no such tokenizer.
    """
    if isinstance(documents, Corpus):
        if tokenizer is not None:
            raise ValueError("tokenizer: expected with strings only; a Corpus has its words")
        return corpus_chunks(documents, vocabulary)
    if isinstance(documents, str | bytes) or not isinstance(documents, Iterable):
        one = "; for one document, pass a list of one text" if isinstance(documents, str) else ""
        raise TypeError(
            "documents: expected a Corpus or an iterable of strings or of lists of words, "
            f"got {documents!r}{one}"
        )
    if tokenizer is None:
        return list_chunks(documents, vocabulary, _named(trained_with))
    return list_chunks(documents, vocabulary, Reading(tokenizer).tokenizer)


def _named(trained_with: str | None) -> Tokenizer | str:
    """The tokenizer of the corpus, or where it is a function, one that asks for it."""
    if trained_with is None or trained_with in NAMED:
        return DEFAULT if trained_with is None else trained_with

    def ask(_: str) -> list[str]:
        raise ValueError(
            f"tokenizer: the model was trained on what the function {trained_with!r} made of "
            "text; pass it, or lists of words"
        )

    return ask


def corpus_chunks(corpus: Corpus, vocabulary: Vocabulary) -> Iterator[Chunk]:
    """The documents of a corpus in pieces, its words renumbered by those of the model."""
    unknown = len(vocabulary)
    words = corpus.vocabulary.words
    numbers = np.fromiter(
        (vocabulary.get(word, unknown) for word in words), dtype=np.uint32, count=len(words)
    )
    offsets = corpus.offsets
    start, n = 0, corpus.n_documents
    while start < n:
        end = int(np.searchsorted(offsets, offsets[start] + CHUNK_TOKENS, side="right")) - 1
        end = min(max(end, start + 1), n)
        tokens = corpus.pieces[offsets[start] : offsets[end]]
        yield Chunk(numbers[tokens], offsets[start : end + 1] - offsets[start])
        start = end


def list_chunks(
    documents: Iterable[Any], vocabulary: Vocabulary, tokenizer: str | Tokenizer
) -> Iterator[Chunk]:
    """The same of strings, lists of words, or objects with `words`.

    Raises
    ------
    TypeError
        A document or word is of another type.
    """
    split = _splitter(tokenizer)
    unknown = len(vocabulary)
    tokens: list[int] = []
    offsets = [0]
    for number, document in enumerate(documents):
        words = _words(document, number, split)
        tokens.extend([vocabulary.get(word, unknown) for word in words])
        offsets.append(len(tokens))
        if len(tokens) >= CHUNK_TOKENS:
            yield Chunk(np.array(tokens, dtype=np.uint32), np.array(offsets, dtype=np.int64))
            tokens, offsets = [], [0]
    if len(offsets) > 1:
        yield Chunk(np.array(tokens, dtype=np.uint32), np.array(offsets, dtype=np.int64))


def _splitter(tokenizer: str | Tokenizer) -> Callable[[str], Iterable[str]]:
    if callable(tokenizer):
        return tokenizer
    return split_words if tokenizer == "words" else _SPACED.findall


def _words(document: Any, number: int, split: Callable[[str], Iterable[str]]) -> list[str]:
    content = document.words if hasattr(document, "words") else document
    if isinstance(content, str):
        return list(split(content))
    if isinstance(content, bytes | bytearray) or not isinstance(content, Iterable):
        raise TypeError(
            f"document {number:,}: expected a string or a list of words, "
            f"got {type(content).__name__}"
        )
    words = list(content)
    for position, word in enumerate(words):
        if not isinstance(word, str):
            raise TypeError(
                f"document {number:,}, word {position:,}: expected a string, "
                f"got {type(word).__name__}"
            )
    return words

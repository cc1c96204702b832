"""The corpus of a model: from any source, and checked against the words and tags of the model."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from sgns.config import TrainingConfig
from sgns.corpus import Corpus
from sgns.corpus_meta import is_address, is_corpus
from sgns.document_rows import document_rows
from sgns.vocabulary import Vocabulary

Source = Corpus | str | os.PathLike[str] | Iterable[Any]


def as_corpus(source: Source, tokenizer: Any) -> Corpus:
    """The corpus itself, the one in a folder, or a temporary one of the text."""
    if isinstance(source, Corpus):
        return source
    if isinstance(source, str | os.PathLike) and (is_address(source) or is_corpus(source)):
        return Corpus.open(source)
    return Corpus.build(source, tokenizer=tokenizer)


def trained_words(corpus: Corpus, config: TrainingConfig) -> Vocabulary:
    """The words that survive `min_count` and `max_final_vocab`."""
    vocabulary = corpus.vocabulary
    n = vocabulary.prefix(config.min_count, config.max_final_vocab)
    if n == 0:
        most = f"the most frequent one, {vocabulary[0]!r}, occurs {vocabulary.counts[0]:,} times"
        raise ValueError(
            f"min_count: none of the {len(vocabulary):,} words occurs {config.min_count:,} times; "
            f"{most}"
        )
    if n == 1:
        raise ValueError(
            f"vocabulary: expected at least 2 words, got only {vocabulary[0]!r} "
            f"(min_count={config.min_count}, max_final_vocab={config.max_final_vocab})"
        )
    if n == len(vocabulary):
        return vocabulary
    return Vocabulary(vocabulary.words[:n], vocabulary.counts[:n])


def checked_corpus(corpus: Corpus, vocabulary: Vocabulary, tags: Sequence[Any] | None) -> Corpus:
    """The corpus, if its words and tags have the numbers that they have in the model."""
    if not isinstance(corpus, Corpus):
        raise TypeError(f"corpus: expected a Corpus, got {type(corpus).__name__}")
    theirs = corpus.vocabulary.words
    for number, word in enumerate(vocabulary):
        if number >= len(theirs) or theirs[number] != word:
            other = repr(theirs[number]) if number < len(theirs) else "nothing"
            raise ValueError(
                f"corpus: expected word {number} to be {word!r} as in the model, got {other}"
            )
    if tags is not None:
        _check_tags(document_rows(corpus).keys, tags)
    return corpus


def _check_tags(found: Sequence[Any], expected: Sequence[Any]) -> None:
    """Refuse a corpus whose documents would train the vectors of others."""
    if len(found) != len(expected):
        raise ValueError(
            f"corpus: expected documents with the model's {len(expected):,} tags, "
            f"got {len(found):,}"
        )
    if type(found) is type(expected) and found == expected:
        return
    for number, (theirs, ours) in enumerate(zip(found, expected, strict=True)):
        if theirs != ours:
            raise ValueError(
                f"corpus: expected tag {number} to be {ours!r} as in the model, got {theirs!r}"
            )

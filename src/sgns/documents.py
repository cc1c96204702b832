"""Documents in memory - strings, lists of tokens - as chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Any

import numpy as np

from sgns import chunks
from sgns.chunks import Chunk, TextChunk, TokenChunk, cut_text
from sgns.tokenizers import Reading, spaced_words, split_words

BYTES_PER_TOKEN = 8
"""A guess, for the size of chunks."""


def document_chunks(documents: Iterable[Any], reading: Reading) -> Iterator[Chunk]:
    """Cut documents - strings, or lists or other iterables of tokens - into chunks, in order.

    Raises
    ------
    TypeError
        A document or token is of another type; the message names both by number.
    """
    texts: list[str] = []
    lists: list[list[Any]] = []
    size = first = 0
    for number, content in enumerate(documents):
        as_text = isinstance(content, str) and not callable(reading.tokenizer)
        if size >= chunks.CHUNK_BYTES or (lists if as_text else texts):
            yield from _gathered(texts, lists, first, reading)
            texts, lists, size, first = [], [], 0, number
        if as_text:
            texts.append(content)
            size += len(content) + 1
        else:
            lists.append(_token_list(content, number, reading))
            size += len(lists[-1]) * BYTES_PER_TOKEN + 1
    yield from _gathered(texts, lists, first, reading)


def _token_list(content: Any, number: int, reading: Reading) -> list[Any]:
    """Return the tokens of a document, whose types are checked later."""
    expected = "expected a string or a list of strings"
    if isinstance(content, str):
        if not callable(reading.tokenizer):
            return split_words(content)
        content = reading.tokenizer(content)
        expected = "expected a list of strings from the tokenizer"
        if isinstance(content, str):
            raise TypeError(f"document {number:,}: {expected}, got str")
    if isinstance(content, (bytes, bytearray, memoryview)) or not isinstance(content, Iterable):
        raise TypeError(f"document {number:,}: {expected}, got {type(content).__name__}")
    return list(content)


def _gathered(
    texts: list[str], lists: list[list[Any]], first: int, reading: Reading
) -> Iterator[Chunk]:
    if texts:
        yield from _text_chunks(texts, reading)
    if lists:
        yield _token_chunk(lists, first)


def _text_chunks(texts: Sequence[str], reading: Reading) -> Iterator[TextChunk]:
    """Make each text a line."""
    joined = "\n".join(text.replace("\n", " ") for text in texts)
    if reading.tokenizer == "words":
        data = spaced_words(joined)
    else:
        data = joined.encode("utf-8", "surrogatepass")
    yield from cut_text(data, lines=True, closes=True, errors="trust")


def _token_chunk(lists: Sequence[list[Any]], first: int) -> TokenChunk:
    tokens = list(chain.from_iterable(lists))
    try:
        joined = "\n".join(tokens)
    except TypeError:
        raise _not_a_string(lists, first) from None
    document_ends = np.array(list(accumulate(map(len, lists))), dtype=np.int64)
    if joined.count("\n") == len(tokens) - 1:
        data = joined.encode("utf-8", "surrogatepass")
        feeds = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))
        ends = np.append(feeds, len(data)).astype(np.int64)
        return TokenChunk(data, ends, 1, document_ends)
    # A token holds a line feed itself.
    pieces = [token.encode("utf-8", "surrogatepass") for token in tokens]
    ends = np.array(list(accumulate(map(len, pieces))), dtype=np.int64)
    return TokenChunk(b"".join(pieces), ends, 0, document_ends)


def _not_a_string(lists: Sequence[list[Any]], first: int) -> TypeError:
    for number, tokens in enumerate(lists, first):
        for position, token in enumerate(tokens):
            if not isinstance(token, str):
                return TypeError(
                    f"document {number:,}, token {position:,}: "
                    f"expected a string, got {type(token).__name__}"
                )
    raise AssertionError("every token is a string")

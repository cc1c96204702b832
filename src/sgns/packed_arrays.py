"""Token arrays that exist already, as the arrays of a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sgns._encode import WordTable, remap
from sgns.corpus_files import CorpusArrays
from sgns.string_array import StringArray
from sgns.tag_sources import pack_tags
from sgns.token_pieces import TokenPieces


def pack_arrays(
    tokens: ArrayLike, offsets: ArrayLike, words: Sequence[str], tags: Iterable[Any] | None
) -> CorpusArrays:
    """Check and copy the arrays of `Corpus.from_arrays`, renumbering words by falling count.

    Raises
    ------
    TypeError, ValueError
        See `Corpus.from_arrays`.
    """
    table = WordTable()
    texts = _unique_words(words, table)
    ids = _integers("tokens", tokens)
    ends = _integers("offsets", offsets)
    _check_offsets(ends, len(ids))
    if not len(ids):
        raise ValueError("tokens: expected at least one token, got none")
    if int(ids.max()) >= len(texts) or int(ids.min()) < 0:
        i = int(np.flatnonzero((ids < 0) | (ids >= len(texts)))[0])
        raise ValueError(
            f"tokens[{i}]: expected the number of one of {len(texts):,} words, got {ids[i]}"
        )
    numbered = ids.astype(np.uint32)
    table.count(np.bincount(numbered, minlength=len(texts)).astype(np.int64, copy=False))
    ranks, counts, word_offsets, word_bytes = table.ranks()
    remap(numbered, ranks)
    packed = CorpusArrays(
        TokenPieces(numbered),
        ends.astype(np.int64),
        counts,
        StringArray(word_bytes, word_offsets),
        pack_tags(tags, len(ends) - 1),
    )
    for array in (numbered, packed.offsets):
        array.flags.writeable = False
    return packed


def _integers(name: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise TypeError(
            f"{name}: expected a one-dimensional array of integers, "
            f"got {array.dtype} of shape {array.shape}"
        )
    return array if array.dtype.kind in "iu" else array.astype(np.int64)


def _check_offsets(offsets: NDArray[Any], n_tokens: int) -> None:
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != n_tokens:
        got = f"{offsets[0]} and {offsets[-1]}" if len(offsets) else "no offsets"
        raise ValueError(f"offsets: expected to begin with 0 and end with {n_tokens}, got {got}")
    falls = np.flatnonzero(offsets[1:] < offsets[:-1])
    if falls.size:
        i = int(falls[0]) + 1
        raise ValueError(
            f"offsets must not fall: offsets[{i}] is {offsets[i]} after {offsets[i - 1]}"
        )


def _unique_words(words: Sequence[str], table: WordTable) -> StringArray:
    """Enter words into an empty table, which numbers them as they come."""
    for i, word in enumerate(words):
        if not isinstance(word, str):
            raise TypeError(f"words[{i}]: expected a string, got {type(word).__name__}")
    texts = StringArray.from_strings(words)
    numbers = table.encode_tokens(texts.data.data, texts.offsets[1:], 0)
    if len(table) != len(texts):
        i = int(np.flatnonzero(numbers != np.arange(len(texts)))[0])
        raise ValueError(f"word {words[i]!r} stands twice: at {numbers[i]} and at {i}")
    table.count(np.full(len(texts), -1, dtype=np.int64))
    return texts

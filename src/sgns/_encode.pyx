"""Bytes -> counted, numbered tokens: checks memory views, drops the GIL, calls kernels/encode.c."""

import numpy as np

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t


cdef extern from "encode.h" nogil:
    enum encode_status:
        ENCODE_OK
        ENCODE_NO_MEMORY
        ENCODE_TOO_MANY_WORDS
        ENCODE_INVALID_UTF8

    enum encode_errors:
        ENCODE_STRICT
        ENCODE_REPLACE
        ENCODE_IGNORE
        ENCODE_TRUST

    struct word_table:
        pass

    struct c_text "encode_text":
        const uint8_t *data
        size_t begin
        size_t stop
        size_t end
        int lines
        int closes
        encode_errors errors
        uint32_t *tokens
        size_t n_tokens
        int64_t *document_ends
        size_t n_documents
        size_t invalid

    word_table *table_new()
    void table_free(word_table *table)
    size_t table_words(const word_table *table)
    size_t table_bytes(const word_table *table)
    encode_status c_encode_text "encode_text"(word_table *table, c_text *text)
    encode_status c_encode_tokens "encode_tokens"(
        word_table *table, const uint8_t *data, size_t size, const int64_t *ends,
        size_t n_tokens, size_t gap, uint32_t *tokens)
    encode_status table_absorb(word_table *table, const word_table *other, uint32_t *mapping)
    encode_status table_rank(
        const word_table *table, uint32_t *ranks, int64_t *counts, int64_t *offsets,
        uint8_t *bytes)
    void table_texts(const word_table *table, int64_t *offsets, uint8_t *bytes)
    size_t c_take_column "take_column"(
        uint8_t *text, size_t size, uint8_t *column, int64_t *ends)
    void table_count(word_table *table, const int64_t *counts)
    size_t remap_tokens(uint32_t *tokens, size_t n_tokens, const uint32_t *mapping, size_t n_words)
    uint32_t c_largest_token "largest_token"(const uint32_t *tokens, size_t n_tokens)
    uint64_t c_hash_bytes "hash_bytes"(const uint8_t *data, size_t size)


ERRORS = {
    "strict": ENCODE_STRICT,
    "replace": ENCODE_REPLACE,
    "ignore": ENCODE_IGNORE,
    "trust": ENCODE_TRUST,
}


class InvalidUTF8(ValueError):
    """Text is not UTF-8; the argument is the position of the first such byte."""


cdef int check(encode_status status, size_t invalid) except -1:
    if status == ENCODE_NO_MEMORY:
        raise MemoryError("no memory for the table of words")
    if status == ENCODE_TOO_MANY_WORDS:
        raise OverflowError("more than 2^32 - 1 different words")
    if status == ENCODE_INVALID_UTF8:
        raise InvalidUTF8(invalid)
    return 0


cdef class WordTable:
    """Numbers words in the order of their first appearance, and counts them.

    One thread at a time may use a table; the GIL is not held meanwhile.
    """

    cdef word_table *table
    # Room for the worst case of one call; what is returned is cut to size.
    cdef uint32_t[::1] tokens
    cdef int64_t[::1] ends

    def __cinit__(self):
        self.tokens = np.empty(1, dtype=np.uint32)
        self.ends = np.empty(1, dtype=np.int64)
        self.table = table_new()
        if self.table is NULL:
            raise MemoryError("no memory for the table of words")

    def __dealloc__(self):
        table_free(self.table)

    def __len__(self):
        return table_words(self.table)

    def encode_text(self, const uint8_t[::1] data, size_t begin, size_t stop, *,
                    bint lines, bint closes, str errors):
        """Split ``data`` at ASCII white space and return its tokens and document ends.

        Tokens that start in [begin, stop) are taken, each to its end, even past `stop`; one that
        started before `begin` is left out. See `encode_text` in encode.h.
        """
        cdef c_text text
        cdef uint8_t nothing = 0
        cdef encode_status status
        if not begin <= stop <= <size_t>data.shape[0]:
            raise ValueError(f"expected begin <= stop <= {data.shape[0]}, got {begin} and {stop}")
        self.reserve((stop - begin + 1) // 2, (stop - begin if lines else 0) + 1)
        text.data = &data[0] if data.shape[0] else &nothing
        text.begin, text.stop, text.end = begin, stop, data.shape[0]
        text.lines, text.closes, text.errors = lines, closes, ERRORS[errors]
        text.tokens = &self.tokens[0]
        text.document_ends = &self.ends[0]
        text.invalid = 0
        with nogil:
            status = c_encode_text(self.table, &text)
        check(status, text.invalid)
        return (
            np.array(self.tokens[:text.n_tokens]), np.array(self.ends[:text.n_documents]))

    cdef int reserve(self, size_t n_tokens, size_t n_ends) except -1:
        if <size_t>self.tokens.shape[0] < n_tokens:
            self.tokens = np.empty(n_tokens, dtype=np.uint32)
        if <size_t>self.ends.shape[0] < n_ends:
            self.ends = np.empty(n_ends, dtype=np.int64)
        return 0

    def encode_tokens(self, const uint8_t[::1] data, const int64_t[::1] ends, size_t gap):
        """Return the numbers of tokens given by their ends, `gap` bytes lying between them."""
        cdef Py_ssize_t i, n = ends.shape[0]
        cdef int64_t start = 0
        cdef uint8_t nothing = 0
        cdef encode_status status
        for i in range(n):
            if not start <= ends[i] <= data.shape[0]:
                raise ValueError(f"token {i} ends at {ends[i]}, expected {start} or later")
            start = ends[i] + <int64_t>gap
        tokens = np.empty(n, dtype=np.uint32)
        cdef uint32_t[::1] view = tokens
        cdef const uint8_t *bytes = &data[0] if data.shape[0] else &nothing
        if n:
            with nogil:
                status = c_encode_tokens(
                    self.table, bytes, data.shape[0], &ends[0], n, gap, &view[0])
            check(status, 0)
        return tokens

    def absorb(self, WordTable other):
        """Enter the words and counts of `other`; return the numbers that its words have here."""
        mapping = np.empty(max(1, len(other)), dtype=np.uint32)
        cdef uint32_t[::1] view = mapping
        cdef encode_status status
        if other is self:
            raise ValueError("a table cannot absorb itself")
        with nogil:
            status = table_absorb(self.table, other.table, &view[0])
        check(status, 0)
        return mapping[:len(other)]

    def count(self, const int64_t[::1] counts):
        """Add ``counts[i]`` to the count of word i."""
        if counts.shape[0] != len(self):
            raise ValueError(f"expected {len(self)} counts, got {counts.shape[0]}")
        if counts.shape[0]:
            table_count(self.table, &counts[0])

    def ranks(self):
        """Order words by falling count, ties by code points.

        Returns (n,) the rank of each word, and by rank: (n,) counts, (n + 1,) offsets of the
        words in their bytes, and these bytes.
        """
        cdef size_t n = table_words(self.table)
        cdef encode_status status
        ranks = np.empty(n + 1, dtype=np.uint32)
        counts = np.empty(n + 1, dtype=np.int64)
        offsets = np.empty(n + 1, dtype=np.int64)
        text = np.empty(table_bytes(self.table) + 1, dtype=np.uint8)
        cdef uint32_t[::1] rank_view = ranks
        cdef int64_t[::1] count_view = counts
        cdef int64_t[::1] offset_view = offsets
        cdef uint8_t[::1] text_view = text
        with nogil:
            status = table_rank(
                self.table, &rank_view[0], &count_view[0], &offset_view[0], &text_view[0])
        check(status, 0)
        return ranks[:n], counts[:n], offsets, text[:table_bytes(self.table)]

    def words(self):
        """Return (n + 1,) offsets of the words, by number, in their bytes, and these bytes."""
        cdef size_t n = table_words(self.table)
        offsets = np.empty(n + 1, dtype=np.int64)
        text = np.empty(table_bytes(self.table) + 1, dtype=np.uint8)
        cdef int64_t[::1] offset_view = offsets
        cdef uint8_t[::1] text_view = text
        with nogil:
            table_texts(self.table, &offset_view[0], &text_view[0])
        return offsets, text[:table_bytes(self.table)]


def take_column(text):
    """Take what stands before the first tab of each line out of a bytearray.

    Spaces are written in its place. Returns the items as bytes, each with a line feed after it,
    and (n_lines,) where each ends, before its line feed. A line without a tab is the last thing
    looked at: there are fewer ends then.
    """
    cdef uint8_t[::1] view = text
    cdef size_t n_lines = text.count(b"\n") + (not text.endswith(b"\n")), done
    column = np.empty(len(text), dtype=np.uint8)
    ends = np.empty(n_lines, dtype=np.int64)
    cdef uint8_t[::1] column_view = column
    cdef int64_t[::1] end_view = ends
    if view.shape[0] == 0:
        return b"", ends[:0]
    with nogil:
        done = c_take_column(&view[0], view.shape[0], &column_view[0], &end_view[0])
    return column[:ends[done - 1] + 1 if done else 0].tobytes(), ends[:done]


def remap(uint32_t[::1] tokens, const uint32_t[::1] mapping):
    """Replace each token by ``mapping[token]``; ValueError if the mapping is too short."""
    cdef size_t done, n = tokens.shape[0]
    if n == 0:
        return
    cdef const uint32_t *numbers = &mapping[0] if mapping.shape[0] else NULL
    with nogil:
        done = remap_tokens(&tokens[0], n, numbers, mapping.shape[0])
    if done < n:
        raise ValueError(f"token {done} is {tokens[done]}, expected below {mapping.shape[0]}")


def largest_token(const uint32_t[::1] tokens):
    """Return the largest token, 0 if there is none."""
    cdef uint32_t largest = 0
    if tokens.shape[0]:
        with nogil:
            largest = c_largest_token(&tokens[0], tokens.shape[0])
    return largest


def hash_bytes(const uint8_t[::1] data):
    """Return a 64-bit checksum."""
    cdef uint8_t nothing = 0
    cdef const uint8_t *bytes = &data[0] if data.shape[0] else &nothing
    cdef uint64_t result
    with nogil:
        result = c_hash_bytes(bytes, data.shape[0])
    return result

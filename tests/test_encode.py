"""The encoder in C against plain Python, at sizes and borders that are awkward for it."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from sgns._encode import InvalidUTF8, WordTable, hash_bytes, largest_token, remap

SPACES = b" \t\n\r\v\f"


def encode(table, data, begin=0, stop=None, *, lines=True, closes=False, errors="strict"):
    stop = len(data) if stop is None else stop
    tokens, ends = table.encode_text(data, begin, stop, lines=lines, closes=closes, errors=errors)
    return tokens.tolist(), ends.tolist()


def words_by_number(table):
    ranks, _, offsets, text = table.ranks()
    by_rank = [text[a:b].tobytes() for a, b in pairwise(offsets)]
    return [by_rank[rank] for rank in ranks]


def random_text(seed, n_bytes, letters=b"ab\xc3\xa9\x00z", spaces=SPACES):
    """Words of all lengths up to 40, with runs of white space; some bytes are not UTF-8."""
    generator = random.Random(seed)
    pieces = []
    while sum(map(len, pieces)) < n_bytes:
        pieces.append(bytes(generator.choices(letters, k=generator.choice([0, 1, 2, 7, 8, 9, 40]))))
        pieces.append(bytes(generator.choices(spaces, k=generator.choice([1, 1, 1, 2, 20]))))
    return b"".join(pieces)


@pytest.mark.parametrize("seed", range(20))
def test_tokens_and_lines_are_those_of_python(seed):
    data = random_text(seed, 50 * seed)
    table = WordTable()
    tokens, ends = encode(table, data, errors="trust")
    words = words_by_number(table)
    assert [words[t] for t in tokens] == data.split()
    lines = data.split(b"\n")[:-1]
    assert np.diff([0, *ends]).tolist() == [len(line.split()) for line in lines]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 16, 17, 64])
def test_cuts_inside_of_words_change_nothing(step):
    data = random_text(7, 600)
    whole, pieces = WordTable(), WordTable()
    expected = encode(whole, data, errors="trust")
    tokens, ends = [], []
    for begin in range(0, len(data), step):
        more, more_ends = encode(pieces, data, begin, min(begin + step, len(data)), errors="trust")
        ends += [len(tokens) + end for end in more_ends]
        tokens += more
    assert (tokens, ends) == expected


def test_every_byte_splits_as_in_python():
    for byte in range(256):
        for position in range(20):  # in vector loads and in the rest
            data = b"x" * position + bytes([byte]) + b"y" * 18
            table = WordTable()
            tokens, _ = encode(table, data, errors="trust")
            assert len(tokens) == len(data.split()), (byte, position)


def test_words_that_differ_late_or_by_nul_are_different():
    words = [b"a" * n for n in range(1, 70)]
    words += [b"a" * n + b"b" for n in range(70)] + [b"b" + b"a" * n for n in range(1, 70)]
    words += [b"\0" * n for n in range(1, 20)] + [b"a" + b"\0" * n for n in range(1, 20)]
    table = WordTable()
    tokens, _ = encode(table, b" ".join(words + words))
    assert tokens == 2 * list(range(len(words)))


def test_tokens_by_their_ends():
    words = ["", "a", "a b", "", "\n", "é" * 9, "a"]
    pieces = [word.encode() for word in words]
    table = WordTable()
    tokens = table.encode_tokens(b"".join(pieces), np.cumsum([len(p) for p in pieces]), 0)
    assert tokens.tolist() == [0, 1, 2, 0, 3, 4, 1]
    gapped = table.encode_tokens(b"x|a b|", np.array([1, 5, 6]), 1)
    assert gapped.tolist() == [5, 2, 0]


def test_ends_outside_of_the_data_are_refused():
    table = WordTable()
    with pytest.raises(ValueError, match="token 1 ends at 4, expected 1 or later"):
        table.encode_tokens(b"abc", np.array([1, 4]), 0)
    with pytest.raises(ValueError, match="token 1 ends at 1, expected 2 or later"):
        table.encode_tokens(b"abc", np.array([2, 1]), 0)
    with pytest.raises(ValueError, match="begin <= stop <= 3"):
        encode(table, b"abc", 2, 4)
    with pytest.raises(ValueError, match="begin <= stop"):
        encode(table, b"abc", 2, 1)


def test_ranks_fall_by_count_then_rise_by_code_point():
    words = ["b", "a", "\U0001f600", "\uffff", "zz", "zz", "a" * 9 + "b", "a" * 9 + "a", "a\0", "z"]
    generator = random.Random(1)
    words += ["".join(generator.choices("xy", k=generator.randint(1, 12))) for _ in range(3000)]
    table = WordTable()
    tokens, _ = encode(table, " ".join(words).encode())
    ranks, counts, offsets, text = table.ranks()
    expected = sorted(set(words), key=lambda word: (-words.count(word), word))
    found = [text[a:b].tobytes().decode() for a, b in pairwise(offsets)]
    assert found == expected
    assert counts.tolist() == [words.count(word) for word in expected]
    assert [found[ranks[t]] for t in tokens] == words


def test_absorbing_a_table_is_as_if_it_had_read_both():
    first, second, both = random_text(1, 3000), random_text(2, 3000), WordTable()
    a, b = WordTable(), WordTable()
    for data, table in ((first, a), (second, b)):
        encode(table, data, errors="trust")
        encode(both, data, errors="trust")
    numbers = words_by_number(b)
    mapping = a.absorb(b)
    merged = words_by_number(a)
    assert [merged[i] for i in mapping] == numbers
    for found, expected in zip(a.ranks()[1:], both.ranks()[1:], strict=True):
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="itself"):
        a.absorb(a)


def test_empty_text_and_empty_tables():
    table = WordTable()
    assert encode(table, b"") == ([], [])
    assert encode(table, b"", closes=True) == ([], [0])
    assert encode(table, b" \n \n", closes=True) == ([], [0, 0, 0])
    assert len(table.absorb(WordTable())) == 0
    assert [len(array) for array in table.ranks()] == [0, 0, 1, 0]


MALFORMED = [
    b"\x80",
    b"\xff",
    b"\xc0\x80",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xed\xa0\x80",
    b"\xf0\x8f\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xc3",
    b"\xe2\x28\xa1",
    b"\xf0\x9f\x98\xf0\x9f\x98\x80",
    b"\xe2\x82\xe2\x82\xac",
    b"\xf1\x80\x80a",
]


@pytest.mark.parametrize("bad", MALFORMED)
@pytest.mark.parametrize("before", [b"", b"abc", b"ok\n\xc3\xa9 eightyte", b"x" * 16])
def test_malformed_utf8_is_found_and_repaired_as_python_does(bad, before):
    data = before + bad + b" after"
    with pytest.raises(InvalidUTF8) as caught:
        encode(WordTable(), data)
    with pytest.raises(UnicodeDecodeError) as reference:
        data.decode()
    assert caught.value.args[0] == reference.value.start
    for errors in ("replace", "ignore"):
        table = WordTable()
        tokens, _ = encode(table, data * 2 + b"\n", errors=errors)
        words = words_by_number(table)
        expected = (data * 2).decode(errors=errors).encode().split()
        assert [words[t] for t in tokens] == expected


def test_tokens_of_nothing_but_malformed_bytes_vanish_without_moving_documents():
    tokens, ends = encode(WordTable(), b"a \xff\nb\n\xff \xff\nc", errors="ignore", closes=True)
    assert (tokens, ends) == ([0, 1, 2], [1, 2, 2, 3])


def test_every_code_point_is_valid():
    text = "".join(map(chr, [*range(0x21, 0xD800, 7), *range(0xE000, 0x110000, 97), 0x10FFFF]))
    tokens, _ = encode(WordTable(), text.encode())
    assert len(tokens) == len(text.encode().split())


def test_remap_refuses_numbers_past_the_mapping():
    tokens = np.array([0, 2, 1], dtype=np.uint32)
    with pytest.raises(ValueError, match="token 1 is 2, expected below 2"):
        remap(tokens, np.array([5, 6], dtype=np.uint32))
    tokens = np.array([0, 1, 1], dtype=np.uint32)
    remap(tokens, np.array([5, 2**32 - 1], dtype=np.uint32))
    assert tokens.tolist() == [5, 2**32 - 1, 2**32 - 1]


def test_largest_token():
    assert largest_token(np.array([], dtype=np.uint32)) == 0
    assert largest_token(np.array([3, 2**32 - 1, 1], dtype=np.uint32)) == 2**32 - 1


def test_the_hash_sees_every_bit_every_length_and_every_swap():
    data = bytearray(random.Random(3).randbytes(100))
    seen = {hash_bytes(bytes(data))}
    for i in range(800):
        data[i // 8] ^= 1 << i % 8
        seen.add(hash_bytes(bytes(data)))
        data[i // 8] ^= 1 << i % 8
    assert len(seen) == 801
    assert len({hash_bytes(bytes(n)) for n in range(200)}) == 200
    swapped = bytes(data[8:16] + data[:8] + data[16:])
    assert hash_bytes(swapped) != hash_bytes(bytes(data))


def test_the_hash_stays_what_saved_corpora_have():
    assert [hash_bytes(data) for data in GOLDEN] == list(GOLDEN.values())


GOLDEN = {
    b"": 4152013857826726485,
    b"abc": 3833701754418786677,
    bytes(range(100)): 8168500377898622043,
}

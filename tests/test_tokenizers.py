"""The words of `split_words`, and of the faster way over whole blocks of text."""

from __future__ import annotations

import random

import pytest

from sgns.tokenizers import spaced_words, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World!", ["hello", "world"]),
        (
            "don't 'quoted' rock 'n' roll o''clock",
            ["don't", "quoted", "rock", "n", "roll", "o", "clock"],
        ),
        ("it\u2019s l\u2019été", ["it\u2019s", "l\u2019été"]),
        ("snake_case 3.14 x2", ["snake", "case", "3", "14", "x2"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("ÄÖÜ ΣΑΣ", ["äöü", "σας"]),
        ("日本 語", ["日本", "語"]),
        ("😀 \ud800 --- ''' \n", []),
        ("a'b'c ab' 'ab '", ["a'b'c", "ab", "ab"]),
    ],
)
def test_words(text, words):
    assert split_words(text) == words
    assert spaced_words(text).decode("utf-8", "surrogatepass").split() == words


def test_words_of_ascii_are_the_same_by_both_ways():
    text = "".join(map(chr, range(128))) * 2 + " A'b''C'1_'_ 'x'\n'"
    assert spaced_words(text).split() == spaced_words(text + "é").split()[:-1]
    assert spaced_words(text).count(b"\n") == text.count("\n")


def test_words_of_random_texts_are_the_same_by_both_ways():
    generator = random.Random(0)
    for _ in range(3000):
        text = "".join(generator.choices("aB1'_ \n.é\u2019\u0301", k=generator.randint(0, 14)))
        for variant in (text, text.encode("ascii", "ignore").decode()):
            lines = [line.split() for line in spaced_words(variant).decode().split("\n")]
            assert lines == [split_words(line) for line in variant.split("\n")]

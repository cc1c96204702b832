"""Vocabulary against formulas written out once more."""

from __future__ import annotations

import numpy as np
import pytest

from sgns.vocabulary import Vocabulary


@pytest.fixture
def vocabulary():
    return Vocabulary(["the", "of", "cat", "dog", "emu"], [50, 30, 5, 5, 1])


def test_words_and_numbers(vocabulary):
    assert len(vocabulary) == 5
    assert vocabulary[0] == "the"
    assert vocabulary[-1] == "emu"
    assert list(vocabulary) == list(vocabulary.words) == ["the", "of", "cat", "dog", "emu"]
    assert "cat" in vocabulary
    assert "cow" not in vocabulary
    assert vocabulary.id("dog") == 3
    assert vocabulary.get("dog") == 3
    assert vocabulary.get("cow") is None
    assert vocabulary.get("cow", -1) == -1
    assert vocabulary.total == 91
    with pytest.raises(KeyError, match="cow"):
        vocabulary.id("cow")


def test_it_cannot_be_changed(vocabulary):
    with pytest.raises(ValueError, match="read-only"):
        vocabulary.counts[0] = 1
    with pytest.raises(TypeError):
        vocabulary.words[0] = "a"
    with pytest.raises(AttributeError):
        vocabulary.other = 1
    counts = np.array([2, 1])
    copied = Vocabulary(["a", "b"], counts)
    counts[0] = 0
    assert copied.counts.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("words", "counts", "error", "message"),
    [
        (["a"], [1, 2], ValueError, "expected a count for each of 1 words, got 2"),
        (["a", "b"], [1, 2], ValueError, r"counts\[1\] is 2 after 1"),
        (["a", "b"], [1, -1], ValueError, r"counts\[1\]: expected 0 to 2\^63 - 1, got -1"),
        (["a"], np.array([2**63], dtype=np.uint64), ValueError, r"counts\[0\]: expected 0 to"),
        (["a", "b", "a"], [3, 2, 1], ValueError, "word 'a' stands twice: at 0 and at 2"),
        (["a", 7], [2, 1], TypeError, r"words\[1\]: expected a string, got int"),
        (["a"], [1.0], TypeError, "array of integers, got float64"),
        (["a"], [[1]], TypeError, r"one-dimensional .* of shape \(1, 1\)"),
    ],
)
def test_what_is_no_vocabulary_is_refused(words, counts, error, message):
    with pytest.raises(error, match=message):
        Vocabulary(words, counts)


def test_prefix(vocabulary):
    assert [vocabulary.prefix(m) for m in (0, 1, 2, 5, 6, 30, 31, 51)] == [5, 5, 4, 4, 2, 2, 1, 0]
    assert vocabulary.prefix(5, 3) == 3
    assert vocabulary.prefix(5, 10) == 4
    assert vocabulary.prefix(1, 0) == 0
    with pytest.raises(ValueError, match="max_final_vocab: expected at least 0, got -1"):
        vocabulary.prefix(1, -1)
    assert Vocabulary([], []).prefix(1) == 0


def test_counts_past_32_bits():
    vocabulary = Vocabulary(["a", "b"], [2**40, 2**33])
    assert vocabulary.total == 2**40 + 2**33
    assert vocabulary.prefix(2**33 + 1) == 1
    assert vocabulary.noise_distribution(2, 1.0)[1] == pytest.approx(1 / 129)


def test_keep_probability_is_that_of_the_c_program(vocabulary):
    """(sqrt(cn / (sample * words)) + 1) * (sample * words) / cn, as written there."""
    n, sample = 4, 0.05
    words = sum(vocabulary.counts[:n])
    expected = [
        min(1.0, ((cn / (sample * words)) ** 0.5 + 1) * (sample * words) / cn)
        for cn in vocabulary.counts[:n].tolist()
    ]
    found = vocabulary.keep_probability(n, sample)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert found[0] < found[1] < 1.0 == found[2]
    np.testing.assert_array_equal(vocabulary.keep_probability(n, 0), np.ones(n))
    assert vocabulary.keep_probability(0, 0.1).shape == (0,)
    assert Vocabulary(["a", "b"], [1, 0]).keep_probability(2, 1e-9)[1] == 1.0


@pytest.mark.parametrize("sample", [-1.0, float("nan")])
def test_keep_probability_refuses(vocabulary, sample):
    with pytest.raises(ValueError, match="sample: expected a number of at least 0"):
        vocabulary.keep_probability(2, sample)


@pytest.mark.parametrize("exponent", [0.75, 0.0, 1.0, -0.5])
def test_noise_distribution(vocabulary, exponent):
    expected = np.array([50.0, 30.0, 5.0, 5.0]) ** exponent
    found = vocabulary.noise_distribution(4, exponent)
    np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-13)
    assert found.sum() == pytest.approx(1.0, abs=1e-15)


def test_noise_distribution_at_the_edges(vocabulary):
    np.testing.assert_allclose(vocabulary.noise_distribution(5, 1e6), [1, 0, 0, 0, 0])
    np.testing.assert_allclose(vocabulary.noise_distribution(5, -1e6), [0, 0, 0, 0, 1])
    with_unused = Vocabulary(["a", "b"], [3, 0])
    np.testing.assert_array_equal(with_unused.noise_distribution(2, -1.0), [1.0, 0.0])
    with pytest.raises(ValueError, match="ns_exponent: expected a finite number, got nan"):
        vocabulary.noise_distribution(2, float("nan"))
    with pytest.raises(ValueError, match="n: expected 0 to 5 words, got 6"):
        vocabulary.noise_distribution(6, 0.75)
    with pytest.raises(ValueError, match="none of the first 0 words occurs"):
        vocabulary.noise_distribution(0, 0.75)


def test_packed_words_that_stand_twice_are_named_at_the_first_look_up():
    vocabulary = Vocabulary._packed(["a", "b", "a"], np.array([3, 2, 1]))
    assert len(vocabulary) == 3
    with pytest.raises(ValueError, match="word 'a' stands twice: at 0 and at 2"):
        vocabulary.get("b")

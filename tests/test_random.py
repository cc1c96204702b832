"""Random numbers: the published generator, and streams that never change."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sgns import _core

GOLDEN = Path(__file__).parent / "golden" / "random_streams_v2.json"
WORD = 2**64 - 1
GAMMA = 0x9E3779B97F4A7C15


def mix(z):
    """The finaliser of SplitMix64 (Steele, Lea & Flood 2014)."""
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & WORD
    return z ^ (z >> 31)


def test_random_numbers_are_those_of_splitmix64():
    # The first outputs of the reference implementation with the seed 1234567.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [_core.random_at(1234567, i) for i in (1, 2, 3)] == published
    for key, place in [(0, 0), (5, 2**40), (WORD, WORD)]:
        assert _core.random_at(key, place) == mix((key + place * GAMMA) & WORD)


def test_keys_are_derived_as_written():
    for key, number in [(0, 0), (1, 1), (1, 2), (WORD, WORD), (2**63, 3)]:
        expected = mix(mix((key + GAMMA) & WORD) ^ (number * GAMMA + 1) & WORD)
        assert _core.derive_key(key, number) == expected
    derived = {_core.derive_key(key, number) for key in range(100) for number in range(100)}
    assert len(derived) == 10_000


def test_random_streams_are_the_same_on_every_machine_and_in_every_release():
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for key, number, expected in golden["derive_key"]:
        assert _core.derive_key(key, number) == expected
    for key, counter, expected in golden["random_at"]:
        assert _core.random_at(key, counter) == expected
    for n, key, expected in golden["permute"]:
        assert [_core.permute(i, n, key) for i in range(len(expected))] == expected
    for probability, proposal, key, expected in golden["noise"]:
        draws = np.zeros(len(expected), dtype=np.uint32)
        drawn_from = None if proposal is None else np.array(proposal)
        _core.Noise(np.array(probability), drawn_from).draw(key, draws)
        assert draws.tolist() == expected


@pytest.mark.parametrize("n", [*range(1, 20), 63, 64, 65, 255, 256, 257, 1000, 4097, 65536])
def test_permute_visits_every_place_once(n):
    for key in (0, 1, _core.derive_key(7, n)):
        assert sorted(_core.permute(i, n, key) for i in range(n)) == list(range(n))


def test_permute_holds_past_32_bits():
    n = 2**40 + 3
    places = {_core.permute(i, n, 9) for i in [*range(1000), *range(n - 1000, n)]}
    assert len(places) == 2000
    assert max(places) < n
    assert max(places) > 2**39


def test_permute_sends_a_place_everywhere_alike():
    # 16,000 keys, 15 degrees of freedom each; 5 standard deviations above the mean of chi-square.
    n, n_keys = 16, 16_000
    for index in (0, 5, 15):
        places = [_core.permute(index, n, _core.derive_key(3, k)) for k in range(n_keys)]
        statistic = stats.chisquare(np.bincount(places, minlength=n)).statistic
        assert statistic < 15 + 5 * np.sqrt(2 * 15)


def test_permute_refuses_a_place_outside():
    with pytest.raises(ValueError, match="index: expected below 4, got 4"):
        _core.permute(4, 4, 1)

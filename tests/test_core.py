"""The compiled primitives: vector kernels and random numbers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from oracle import exact_sigmoid, table_sigmoid
from sgns import _core

INSTRUCTION_SETS = _core.available_kernels()
KERNELS = [*INSTRUCTION_SETS, "blas"]
SIZES = [1, 7, 15, 16, 17, 31, 32, 33, 97, 100, 300]
ROWS = [*range(1, 18), 64]
ROUNDING = 2.0**-24  # of one float32 operation, relative
GOLDEN = Path(__file__).parent / "golden" / "random_streams_v2.json"


def padded(generator, n, size, kernel):
    """(n, width) numbers of which those from `size` on are zero, aligned to nothing but floats."""
    lanes = _core.kernel_lanes(kernel)
    width = -(-size // lanes) * lanes
    memory = np.zeros(n * width + 1, dtype=np.float32)[1:]
    rows = memory.reshape(n, width)
    rows[:, :size] = generator.standard_normal((n, size), dtype=np.float32)
    return rows


def assert_right(found, expected, magnitude, n_operations):
    """Within the error that so many float32 operations on terms of this size can make."""
    room = n_operations * ROUNDING * magnitude + 1e-37
    worst = np.max(np.abs(found - expected) / room)
    assert worst <= 1, f"{worst:.2f} times the room for rounding"


# ---- vector kernels -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_score_is_the_dot_product_of_every_row(kernel, size):
    generator = np.random.default_rng(size)
    for n in ROWS:
        h, rows = padded(generator, 1, size, kernel)[0], padded(generator, n, size, kernel)
        scores = np.full(n + 1, 7, dtype=np.float32)
        _core.score(kernel, h, rows, scores[:n])
        exact = rows.astype(float) @ h.astype(float)
        assert_right(scores[:n], exact, np.abs(rows) @ np.abs(h), size + 1)
        assert scores[n] == 7


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_update_moves_the_gradient_and_every_row(kernel, size):
    generator = np.random.default_rng(size)
    for n in ROWS:
        h, rows = padded(generator, 1, size, kernel)[0], padded(generator, n, size, kernel)
        gradient = padded(generator, 1, size, kernel)[0]
        step = generator.standard_normal(n, dtype=np.float32)
        before, sum_before = rows.astype(float), gradient.astype(float)
        _core.update(kernel, h, gradient, rows, step)
        magnitude = np.abs(sum_before) + np.abs(step) @ np.abs(before)
        assert_right(gradient, sum_before + step @ before, magnitude, n + 1)
        moves = np.outer(step, h)
        assert_right(rows, before + moves, np.abs(before) + np.abs(moves), 2)
        assert not rows[:, size:].any()
        assert not gradient[size:].any()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kernel", INSTRUCTION_SETS)
def test_blocks_are_matrix_products(kernel, size):
    generator = np.random.default_rng(size)
    for m in ROWS:
        for n in ROWS if size in {7, 33} else [1, 2, 3, 4, 5, 16, 64]:
            inputs, rows = padded(generator, m, size, kernel), padded(generator, n, size, kernel)
            gradients = padded(generator, m, size, kernel)
            h, r, g = inputs.astype(float), rows.astype(float), gradients.astype(float)

            memory = np.full(m * n + 2, 7, dtype=np.float32)
            scores = memory[: m * n].reshape(m, n)
            _core.score_block(kernel, inputs, rows, scores)
            assert_right(scores, h @ r.T, np.abs(h) @ np.abs(r).T, size + 1)
            assert (memory[m * n :] == 7).all()

            step = generator.standard_normal((m, n), dtype=np.float32)
            s = step.astype(float)
            _core.update_block(kernel, inputs, gradients, rows, step)
            magnitude = np.abs(g) + np.abs(s) @ np.abs(r)
            assert_right(gradients, g + s @ r, magnitude, n + 1)
            assert_right(rows, r + s.T @ h, np.abs(r) + np.abs(s).T @ np.abs(h), m + 1)
            assert not gradients[:, size:].any()
            assert not rows[:, size:].any()


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_order_of_a_sum_is_all_that_tells_a_kernel_from_scalar(kernel):
    generator = np.random.default_rng(5)
    h, rows = padded(generator, 1, 112, kernel)[0], padded(generator, 9, 112, kernel)
    scores, scalar_scores = np.zeros((2, 9), dtype=np.float32)
    _core.score(kernel, h, rows, scores)
    _core.score("scalar", h, rows, scalar_scores)
    assert_right(scores, scalar_scores, np.abs(rows) @ np.abs(h), 2 * 113)


@pytest.mark.parametrize("kernel", KERNELS)
def test_sigmoid_is_exact_to_a_few_roundings_or_is_the_table(kernel):
    x = np.linspace(-7, 7, 64 * 1024, dtype=np.float32)
    found = x.copy()
    _core.sigmoid(kernel, found, len(found))
    if kernel == "blas":
        # A score at the border of a step may fall on its other side: then it is one entry off.
        assert (np.abs(found - table_sigmoid(x)) < 0.25 * 12 / 1000 + 1e-6).all()
        inside = np.abs((x + 6.0) * 1000 / 12 % 1 - 0.5) < 0.49
        assert np.abs(found - table_sigmoid(x))[inside].max() < 4 * ROUNDING
    else:
        # A fit within 1.1e-8 of a number below 1/2, whose quotient and sum round some four times.
        assert np.abs(found - exact_sigmoid(x)).max() < 3 * ROUNDING
        assert np.abs(found + found[::-1] - 1).max() < 3 * ROUNDING


@pytest.mark.parametrize("kernel", KERNELS)
def test_sigmoid_is_certain_from_six_on_and_not_before(kernel):
    six = np.float32(6)
    below = np.nextafter(six, np.float32(0))
    x = np.zeros(16, dtype=np.float32)
    x[:8] = [six, -six, 1e30, -1e30, np.inf, -np.inf, below, -below]
    _core.sigmoid(kernel, x, 16)
    assert x[:6].tolist() == [1, 0, 1, 0, 1, 0]
    # The table holds the lower ends of its steps.
    assert x[6] == pytest.approx(exact_sigmoid(6 - 1e-9), abs=1e-6 if kernel != "blas" else 4e-5)
    assert x[7] == pytest.approx(1 - exact_sigmoid(6 - 1e-9), abs=1e-6)


@pytest.mark.parametrize("kernel", KERNELS)
def test_sigmoid_stays_within_its_registers(kernel):
    lanes = _core.kernel_lanes(kernel)
    for n in ROWS:
        room = -(-n // lanes) * lanes
        x = np.full(room + 3, 0.5, dtype=np.float32)
        _core.sigmoid(kernel, x, n)
        assert np.allclose(x[:n], exact_sigmoid(0.5), atol=0.003)
        assert (x[room:] == 0.5).all()


def test_sigmoid_of_what_is_no_number_is_harmless():
    # In a process of its own: a table that is indexed by NaN takes the interpreter with it.
    code = f"""
import numpy as np
from sgns import _core
for kernel in {KERNELS}:
    _core.sigmoid(kernel, np.full(16, np.nan, dtype=np.float32), 16)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_kernels_refuse_rows_that_do_not_fit():
    six, seven = np.zeros((2, 6), dtype=np.float32), np.zeros((2, 7), dtype=np.float32)
    with pytest.raises(ValueError, match="expected equal widths in multiples of 1, got 6 and 7"):
        _core.score("scalar", six[0], seven, np.zeros(2, dtype=np.float32))
    best = INSTRUCTION_SETS[-1]
    if _core.kernel_lanes(best) > 1:
        with pytest.raises(ValueError, match="in multiples of"):
            _core.score(best, seven[0], seven, np.zeros(2, dtype=np.float32))
    with pytest.raises(ValueError, match="expected room for 3 scores in whole registers"):
        _core.sigmoid("scalar", np.zeros(2, dtype=np.float32), 3)


def zeros(*shape):
    return np.zeros(shape, dtype=np.float32)


@pytest.mark.parametrize(
    ("function", "shapes", "message"),
    [
        ("score", [(6,), (2, 6), (3,)], "scores: expected a length of 2, got 3"),
        ("score", [(6,), (2, 6), (1,)], "scores: expected a length of 2, got 1"),
        ("update", [(6,), (5,), (2, 6), (2,)], "gradient: expected a length of 6, got 5"),
        ("update", [(6,), (6,), (2, 6), (1,)], "step: expected a length of 2, got 1"),
        ("score_block", [(3, 6), (2, 7), (3, 2)], "expected equal widths"),
        ("score_block", [(3, 6), (2, 6), (2, 2)], "scores: expected a length of 3, got 2"),
        ("score_block", [(3, 6), (2, 6), (3, 1)], "scores: expected a length of 2, got 1"),
        ("update_block", [(3, 6), (2, 6), (2, 6), (3, 2)], "gradients: .* of 3, got 2"),
        ("update_block", [(3, 6), (3, 5), (2, 6), (3, 2)], "gradients: .* of 6, got 5"),
        ("update_block", [(3, 6), (3, 6), (2, 6), (2, 2)], "step: .* of 3, got 2"),
        ("update_block", [(3, 6), (3, 6), (2, 6), (3, 1)], "step: .* of 2, got 1"),
        ("update_block", [(65, 6), (65, 6), (2, 6), (65, 2)], "inputs: .* at most 64, got 65"),
    ],
)
def test_kernels_refuse_arrays_too_short_for_each_other(function, shapes, message):
    with pytest.raises(ValueError, match=message):
        getattr(_core, function)("scalar", *(zeros(*shape) for shape in shapes))


@pytest.mark.parametrize(("function", "n_arrays"), [("score_block", 3), ("update_block", 4)])
def test_blocks_of_a_kernel_that_has_none_are_refused(function, n_arrays):
    # In a process of its own: what is not there must not be called.
    code = f"""
import numpy as np
from sgns import _core
arrays = [np.zeros((2, 2), dtype=np.float32) for _ in range({n_arrays})]
try:
    _core.{function}("blas", *arrays)
except ValueError as error:
    assert "'blas'" in str(error), error
    print("refused")
"""
    process = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60
    )
    assert (process.returncode, process.stdout) == (0, "refused\n"), process.stderr


def test_an_unknown_instruction_set_is_named_beside_those_there_are():
    with pytest.raises(ValueError, match=r"expected one of scalar.*, got 'mmx'"):
        _core.kernel_lanes("mmx")


def test_the_specification_is_always_available_and_first():
    assert INSTRUCTION_SETS[0] == "scalar"
    assert len(set(INSTRUCTION_SETS)) == len(INSTRUCTION_SETS)


# ---- random numbers -----------------------------------------------------------------------------

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

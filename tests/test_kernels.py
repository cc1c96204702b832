"""Every kernel computes what is written down for it, on rows of any width."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from oracle_step import exact_sigmoid, table_sigmoid
from sgns import _kernels

INSTRUCTION_SETS = _kernels.available_kernels()
KERNELS = [*INSTRUCTION_SETS, "blas"]
SIZES = [1, 7, 15, 16, 17, 31, 32, 33, 97, 100, 300]
ROWS = [*range(1, 18), 64]
ROUNDING = 2.0**-24  # of one float32 operation, relative


def padded(generator, n, size, kernel):
    """(n, width) numbers of which those from `size` on are zero, aligned to nothing but floats."""
    lanes = _kernels.kernel_lanes(kernel)
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


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_score_is_the_dot_product_of_every_row(kernel, size):
    generator = np.random.default_rng(size)
    for n in ROWS:
        inputs, rows = padded(generator, n, size, kernel), padded(generator, n, size, kernel)
        scores = np.full(n + 1, 7, dtype=np.float32)
        _kernels.score(kernel, inputs, rows, scores[:n])
        exact = (rows.astype(float) * inputs).sum(1)
        assert_right(scores[:n], exact, np.abs(rows * inputs).sum(1), size + 1)
        assert scores[n] == 7


@pytest.mark.parametrize("run", [*range(2, 10), 17])
@pytest.mark.parametrize("kernel", KERNELS)
def test_score_of_pairs_with_the_same_input_is_what_each_has_alone(kernel, run):
    generator = np.random.default_rng(run)
    for n in ROWS:
        inputs, rows = padded(generator, n, 33, kernel), padded(generator, n, 33, kernel)
        shared, alone = np.empty((2, n), dtype=np.float32)
        _kernels.score(kernel, inputs, rows, shared, run=run)
        firsts = np.arange(n) // run * run
        _kernels.score(kernel, np.ascontiguousarray(inputs[firsts]), rows, alone)
        assert (shared == alone).all()
    with pytest.raises(ValueError, match="run: expected 1 or more, got 0"):
        _kernels.score(kernel, inputs, rows, shared, run=0)


@pytest.mark.parametrize(("m", "n"), [(1, 1), (3, 70), (300, 2), (513, 65)])
@pytest.mark.parametrize("kernel", INSTRUCTION_SETS)
def test_score_all_goes_over_any_number_of_inputs_and_rows(kernel, m, n):
    generator = np.random.default_rng(m)
    inputs, rows = padded(generator, m, 21, kernel), padded(generator, n, 21, kernel)
    scores = np.full((-(-n // 16) * 16, -(-m // 16) * 16 + 16), 7, dtype=np.float32)
    _kernels.score_all(kernel, inputs, rows, scores)
    exact = rows.astype(float) @ inputs.T.astype(float)
    assert_right(scores[:n, :m], exact, np.abs(rows) @ np.abs(inputs).T, 22)
    assert (scores[:, -16:] == 7).all()
    with pytest.raises(ValueError, match=r"scores: expected at least \d+ x \d+ numbers, got"):
        _kernels.score_all(kernel, inputs, rows, scores[:, : m - 1].copy())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_update_moves_the_gradient_and_every_row(kernel, size):
    generator = np.random.default_rng(size)
    for n in ROWS:
        h, rows = padded(generator, 1, size, kernel)[0], padded(generator, n, size, kernel)
        gradient = padded(generator, 1, size, kernel)[0]
        step = generator.standard_normal(n, dtype=np.float32)
        before, sum_before = rows.astype(float), gradient.astype(float)
        _kernels.update(kernel, h, gradient, rows, step)
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
            scores = memory[: m * n].reshape(n, m)
            _kernels.score_block(kernel, inputs, rows, scores)
            assert_right(scores, r @ h.T, np.abs(r) @ np.abs(h).T, size + 1)
            assert (memory[m * n :] == 7).all()

            step = generator.standard_normal((n, m), dtype=np.float32)
            s = step.astype(float)
            _kernels.update_block(kernel, inputs, gradients, rows, step)
            magnitude = np.abs(g) + np.abs(s).T @ np.abs(r)
            assert_right(gradients, g + s.T @ r, magnitude, n + 1)
            assert_right(rows, r + s @ h, np.abs(r) + np.abs(s) @ np.abs(h), m + 1)
            assert not gradients[:, size:].any()
            assert not rows[:, size:].any()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_gathering_moves_gradients_alone_and_each_by_itself(kernel, size):
    generator = np.random.default_rng(size)
    for m in ROWS:
        for n in [1, 2, 3, 8, 24]:
            rows, before = padded(generator, n, size, kernel), padded(generator, m, size, kernel)
            step = generator.standard_normal((n, m), dtype=np.float32)
            found, kept = before.copy(), rows.copy()
            _kernels.gather_block(kernel, found, rows, step)
            g, s, r = (x.astype(float) for x in (before, step, rows))
            assert_right(found, g + s.T @ r, np.abs(g) + np.abs(s).T @ np.abs(r), n + 1)
            assert (rows == kept).all()
            for i in {0, m // 2, m - 1}:
                alone = before[i : i + 1].copy()
                _kernels.gather_block(kernel, alone, rows, step[:, i : i + 1].copy())
                assert (alone[0] == found[i]).all()


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_order_of_a_sum_is_all_that_tells_a_kernel_from_scalar(kernel):
    generator = np.random.default_rng(5)
    inputs, rows = padded(generator, 9, 112, kernel), padded(generator, 9, 112, kernel)
    scores, scalar_scores = np.zeros((2, 9), dtype=np.float32)
    _kernels.score(kernel, inputs, rows, scores)
    _kernels.score("scalar", inputs, rows, scalar_scores)
    assert_right(scores, scalar_scores, np.abs(rows * inputs).sum(1), 2 * 113)


@pytest.mark.parametrize("kernel", KERNELS)
def test_sigmoid_is_exact_to_a_few_roundings_or_is_the_table(kernel):
    x = np.linspace(-7, 7, 64 * 1024, dtype=np.float32)
    found = x.copy()
    _kernels.sigmoid(kernel, found, len(found))
    if kernel == "blas":
        # A score at the border of a step may fall on its other side: then it is one entry off.
        assert (np.abs(found - table_sigmoid(x)) < 0.25 * 12 / 1000 + 1e-6).all()
        inside = np.abs((x + 6.0) * 1000 / 12 % 1 - 0.5) < 0.49
        assert np.abs(found - table_sigmoid(x))[inside].max() < 4 * ROUNDING
    else:
        # A fit within 1.1e-8 of a number below 1/2, whose quotient and sum round some four times.
        assert np.abs(found - exact_sigmoid(x)).max() < 3 * ROUNDING
        assert np.abs(found + found[::-1] - 1).max() < 3 * ROUNDING


@pytest.mark.parametrize("kernel", INSTRUCTION_SETS)
def test_steps_of_noise_are_weighted_sigmoids(kernel):
    generator = np.random.default_rng(1)
    for m in ROWS:
        n = 1 + m % 7
        scores = (4 * generator.standard_normal((n, m))).astype(np.float32)
        by_input, by_row = (generator.standard_normal(k, dtype=np.float32) for k in (m, n))
        weights = by_row[:, np.newaxis].astype(float) * by_input
        expected = exact_sigmoid(scores) * weights
        _kernels.noise_steps(kernel, scores, by_input, by_row)
        assert (np.abs(scores - expected) <= 6 * ROUNDING * np.abs(weights)).all()


@pytest.mark.parametrize("kernel", KERNELS)
def test_sigmoid_is_certain_from_six_on_and_not_before(kernel):
    six = np.float32(6)
    below = np.nextafter(six, np.float32(0))
    x = np.zeros(16, dtype=np.float32)
    x[:8] = [six, -six, 1e30, -1e30, np.inf, -np.inf, below, -below]
    _kernels.sigmoid(kernel, x, 16)
    assert x[:6].tolist() == [1, 0, 1, 0, 1, 0]
    # The table holds the lower ends of its steps.
    assert x[6] == pytest.approx(exact_sigmoid(6 - 1e-9), abs=1e-6 if kernel != "blas" else 4e-5)
    assert x[7] == pytest.approx(1 - exact_sigmoid(6 - 1e-9), abs=1e-6)


@pytest.mark.parametrize("kernel", KERNELS)
def test_sigmoid_stays_within_its_registers(kernel):
    lanes = _kernels.kernel_lanes(kernel)
    for n in ROWS:
        room = -(-n // lanes) * lanes
        x = np.full(room + 3, 0.5, dtype=np.float32)
        _kernels.sigmoid(kernel, x, n)
        assert np.allclose(x[:n], exact_sigmoid(0.5), atol=0.003)
        assert (x[room:] == 0.5).all()


def test_sigmoid_of_what_is_no_number_is_harmless():
    # In a process of its own: a table that is indexed by NaN takes the interpreter with it.
    code = f"""
import numpy as np
from sgns import _kernels
for kernel in {KERNELS}:
    _kernels.sigmoid(kernel, np.full(16, np.nan, dtype=np.float32), 16)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_kernels_refuse_rows_that_do_not_fit():
    six, seven = np.zeros((2, 6), dtype=np.float32), np.zeros((2, 7), dtype=np.float32)
    with pytest.raises(ValueError, match="expected equal widths in multiples of 1, got 6 and 7"):
        _kernels.score("scalar", six, seven, np.zeros(2, dtype=np.float32))
    best = INSTRUCTION_SETS[-1]
    if _kernels.kernel_lanes(best) > 1:
        with pytest.raises(ValueError, match="in multiples of"):
            _kernels.score(best, seven, seven, np.zeros(2, dtype=np.float32))
    with pytest.raises(ValueError, match="expected room for 3 scores in whole registers"):
        _kernels.sigmoid("scalar", np.zeros(2, dtype=np.float32), 3)


def zeros(*shape):
    return np.zeros(shape, dtype=np.float32)


@pytest.mark.parametrize(
    ("function", "shapes", "message"),
    [
        ("score", [(2, 6), (2, 6), (3,)], "scores: expected a length of 2, got 3"),
        ("score", [(3, 6), (2, 6), (2,)], "inputs: expected a length of 2, got 3"),
        ("score", [(2, 6), (2, 6), (1,)], "scores: expected a length of 2, got 1"),
        ("update", [(6,), (5,), (2, 6), (2,)], "gradient: expected a length of 6, got 5"),
        ("update", [(6,), (6,), (2, 6), (1,)], "step: expected a length of 2, got 1"),
        ("score_block", [(3, 6), (2, 7), (2, 3)], "expected equal widths"),
        ("score_block", [(3, 6), (2, 6), (2, 2)], "scores: expected a length of 3, got 2"),
        ("score_block", [(3, 6), (2, 6), (1, 3)], "scores: expected a length of 2, got 1"),
        ("update_block", [(3, 6), (2, 6), (2, 6), (2, 3)], "gradients: .* of 3, got 2"),
        ("update_block", [(3, 6), (3, 5), (2, 6), (2, 3)], "gradients: .* of 6, got 5"),
        ("update_block", [(3, 6), (3, 6), (2, 6), (2, 2)], "step: .* of 3, got 2"),
        ("update_block", [(3, 6), (3, 6), (2, 6), (1, 3)], "step: .* of 2, got 1"),
        ("noise_steps", [(2, 3), (2,), (2,)], "by_input: .* of 3, got 2"),
        ("noise_steps", [(2, 3), (3,), (3,)], "by_row: .* of 2, got 3"),
        ("update_block", [(65, 6), (65, 6), (2, 6), (2, 65)], "inputs: .* at most 64, got 65"),
        ("gather_block", [(2, 6), (3, 5), (3, 2)], "expected equal widths"),
        ("gather_block", [(2, 6), (3, 6), (3, 3)], "step: .* of 2, got 3"),
        ("gather_block", [(2, 6), (3, 6), (2, 2)], "step: .* of 3, got 2"),
        ("gather_block", [(65, 6), (3, 6), (3, 65)], "gradients: .* at most 64, got 65"),
    ],
)
def test_kernels_refuse_arrays_too_short_for_each_other(function, shapes, message):
    with pytest.raises(ValueError, match=message):
        getattr(_kernels, function)("scalar", *(zeros(*shape) for shape in shapes))


@pytest.mark.parametrize(("function", "n_arrays"), [("score_block", 3), ("update_block", 4)])
def test_blocks_of_a_kernel_that_has_none_are_refused(function, n_arrays):
    # In a process of its own: what is not there must not be called.
    code = f"""
import numpy as np
from sgns import _kernels
arrays = [np.zeros((2, 2), dtype=np.float32) for _ in range({n_arrays})]
try:
    _kernels.{function}("blas", *arrays)
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
        _kernels.kernel_lanes("mmx")


def test_the_specification_is_always_available_and_first():
    assert INSTRUCTION_SETS[0] == "scalar"
    assert len(set(INSTRUCTION_SETS)) == len(INSTRUCTION_SETS)

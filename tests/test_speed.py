"""The loops that benchmarks time: they compute what the kernels compute, as often as they say."""

import numpy as np
import pytest

from sgns import _kernels, _speed

VECTOR_SETS = [name for name in _kernels.available_kernels() if name != "scalar"]


@pytest.mark.parametrize("name", VECTOR_SETS)
def test_operations_are_two_for_each_number_of_twelve_registers(name):
    lanes = _kernels.kernel_lanes(name)
    assert _speed.fma_loop(name, 7) == 2 * lanes * 12 * 7


def test_what_cannot_be_measured_is_named():
    with pytest.raises(ValueError, match="instruction set: expected one of scalar"):
        _speed.fma_loop("mmx", 1)
    with pytest.raises(ValueError, match="'scalar' has no registers to measure"):
        _speed.fma_loop("scalar", 1)
    with pytest.raises(ValueError, match="rounds: expected 1 or more, got 0"):
        _speed.fma_loop(VECTOR_SETS[0], 0)


def arrays(m=3, n=5, width=32):
    generator = np.random.default_rng(4)
    shapes = [(m, width), (m, width), (n, width), (16, 16)]
    return [generator.standard_normal(shape).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("kernel", [*_kernels.available_kernels(), "blas"])
@pytest.mark.parametrize("function", _speed.FUNCTIONS)
def test_a_loop_calls_the_function_of_the_kernel(kernel, function):
    inputs, gradients, rows, scores = arrays()
    if kernel == "blas" and "block" in function:
        with pytest.raises(ValueError, match="'blas' has no shared noise"):
            _speed.kernel_loop(kernel, function, inputs, gradients, rows, scores, 1)
        return
    before = [gradients.copy(), rows.copy(), scores.copy()]
    _speed.kernel_loop(kernel, function, inputs, gradients, rows, scores, 2)
    m, n = len(inputs), len(rows)
    block, own = np.ascontiguousarray(before[2][:n, :m]), np.ascontiguousarray(before[2][:m, :n])
    for _ in range(2):
        if function == "score_block":
            _kernels.score_block(kernel, inputs, before[1], block)
        elif function == "update_block":
            _kernels.update_block(kernel, inputs, before[0], before[1], block)
        else:
            for i in range(m):
                if function == "score":
                    _kernels.score(kernel, np.tile(inputs[i], (n, 1)), before[1], own[i])
                else:
                    _kernels.update(kernel, inputs[i], before[0][i], before[1], own[i])
    np.testing.assert_array_equal(gradients, before[0])
    np.testing.assert_array_equal(rows, before[1])
    if "block" in function:
        np.testing.assert_array_equal(scores[:n, :m], block)
    else:
        found = scores.ravel()[: m * n].reshape(m, n) if function == "score" else scores[:m, :n]
        np.testing.assert_array_equal(found, own)


def test_shapes_that_do_not_match_are_refused():
    inputs, gradients, rows, scores = arrays()
    for wrong in ((inputs[:2], gradients), (inputs, gradients[:2]), (inputs[:0], gradients[:0])):
        with pytest.raises(ValueError, match="expected matching shapes"):
            _speed.kernel_loop("scalar", "score", *wrong, rows, scores, 1)
    with pytest.raises(ValueError, match="function: expected one of score, update"):
        _speed.kernel_loop("scalar", "dot", inputs, gradients, rows, scores, 1)

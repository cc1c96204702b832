"""TrainingConfig: every parameter's range, type and message."""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from sgns import FormatError, Model, TrainingConfig
from sgns.config import MAX_LANES, MAX_ROWS

# name: (smallest, largest, what else may stand there)
INTEGERS = {
    "vector_size": (1, 65_536, ""),
    "window": (1, 1_000_000, ' or "document"'),
    "min_count": (1, 2**63 - 1, ""),
    "max_final_vocab": (1, 2**32 - 1, " or None"),
    "negative": (1, 1000, ""),
    "seed": (0, 2**64 - 1, ""),
    "negative_sharing": (0, 64, ""),
    "shared_negatives": (1, 64, ""),
}
HUGE = pytest.param(10**400, id="10^400")  # more than a float holds
REALS = ["sample", "ns_exponent", "alpha", "min_alpha"]


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_are_taken_from_end_to_end_of_their_range(name):
    low, high, _ = INTEGERS[name]
    for value in (low, high, np.uint64(high), np.int16(low)):
        config = TrainingConfig(**{name: value})
        assert getattr(config, name) == int(value)
        assert type(getattr(config, name)) is int


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_outside_their_range_are_refused(name):
    low, high, otherwise = INTEGERS[name]
    for value in (low - 1, high + 1, -(10**30), 10**30):
        with pytest.raises(ValueError, match=f"{name}: expected") as caught:
            TrainingConfig(**{name: value})
        expected = f"{name}: expected an integer from {low:,} to {high:,}{otherwise}, got {value:,}"
        assert str(caught.value) == expected


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("value", [True, 5.0, "5", math.nan, None, [5], 1j, Fraction(5)])
def test_integers_of_another_type_are_refused(name, value):
    if value is None and name == "max_final_vocab":
        assert TrainingConfig(max_final_vocab=None).max_final_vocab is None
        return
    with pytest.raises(TypeError) as caught:
        TrainingConfig(**{name: value})
    assert str(caught.value).startswith(f"{name}: expected an integer from ")
    assert str(caught.value).endswith(f", got {value!r}")


@pytest.mark.parametrize("name", REALS)
def test_reals_are_taken_of_every_kind(name):
    for value in (1, 0.5, np.float32(0.5), np.int8(1), Fraction(1, 2)):
        changes = {name: value} | ({"alpha": 2.0} if name == "min_alpha" else {})
        config = TrainingConfig(**changes)
        assert getattr(config, name) == float(value)
        assert type(getattr(config, name)) is float


@pytest.mark.parametrize("name", REALS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan"), HUGE])
def test_reals_that_are_not_finite_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name}: expected a finite number"):
        TrainingConfig(**{name: value})


@pytest.mark.parametrize("name", REALS)
@pytest.mark.parametrize("value", [True, "0.5", None, 1j, [0.5], Decimal("0.5")])
def test_reals_of_another_type_are_refused(name, value):
    with pytest.raises(TypeError, match=f"{name}: expected a finite number") as caught:
        TrainingConfig(**{name: value})
    assert str(caught.value).endswith(f", got {value!r}")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sample": -1e-9}, "sample: expected a finite number of 0 or more, got -1e-09"),
        ({"min_alpha": -0.1}, "min_alpha: expected a finite number of 0 or more, got -0.1"),
        ({"alpha": -0.1}, "alpha: expected .*, got -0.1"),
        ({"alpha": 0}, "alpha: expected a number above 0, got 0"),
        ({"alpha": 0.0}, "alpha: expected a number above 0, got 0"),
        ({"alpha": 0.01, "min_alpha": 0.02}, "min_alpha: expected at most alpha .0.01., got 0.02"),
        ({"kernel": "cuda"}, 'kernel: expected "fused" or "blas", got \'cuda\''),
        ({"kernel": None}, 'kernel: expected "fused" or "blas", got None'),
        ({"kernel": ["blas"]}, 'kernel: expected "fused" or "blas", got .*blas'),
    ],
)
def test_values_out_of_range_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**parameters)


def test_the_limit_of_the_learning_rate_is_named():
    assert TrainingConfig(alpha=1e6).alpha == 1e6
    for value in (-0.1, 1000001, 2e6, 1e300):
        with pytest.raises(ValueError, match="alpha") as caught:
            TrainingConfig(alpha=value)
        expected = f"alpha: expected a finite number from 0 to 1e+06, got {float(value)}"
        assert str(caught.value) == expected


@pytest.mark.parametrize("value", [1, 0, None, "yes"])
def test_shrink_windows_is_true_or_false(value):
    with pytest.raises(TypeError, match=f"shrink_windows: expected True or False, got {value!r}"):
        TrainingConfig(shrink_windows=value)


def test_a_window_may_be_the_document_and_no_other_word():
    assert TrainingConfig(window="document").window == "document"
    with pytest.raises(TypeError, match=r"window: .* or \"document\", got 'sentence'"):
        TrainingConfig(window="sentence")


def test_noise_is_shared_by_the_fused_kernel_alone():
    assert TrainingConfig().shares_negatives
    assert TrainingConfig(negative_sharing=1).shares_negatives
    assert not TrainingConfig(negative_sharing=0).shares_negatives
    assert not TrainingConfig(kernel="blas", negative_sharing=16).shares_negatives


def test_a_config_never_changes():
    config = TrainingConfig()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.window = 3
    assert config == TrainingConfig()
    assert hash(config) == hash(TrainingConfig())
    assert config != TrainingConfig(window=3)


def test_parameters_are_given_by_name():
    with pytest.raises(TypeError):
        TrainingConfig(100)
    with pytest.raises(TypeError, match="size"):
        TrainingConfig(size=100)


def test_the_limits_are_those_of_the_core():
    from sgns import _core, _kernels

    assert (MAX_LANES, MAX_ROWS) == (_kernels.MAX_LANES, _core.MAX_ROWS)


def test_the_model_takes_every_parameter_with_the_same_default():
    of_model = inspect.signature(Model).parameters
    for field in dataclasses.fields(TrainingConfig):
        assert of_model[field.name].default == field.default
    assert set(of_model) - {field.name for field in dataclasses.fields(TrainingConfig)} == {
        "source",
        "tokenizer",
        "document_storage",
        "start",
    }


def test_the_documented_defaults_are_those_of_word2vec_and_gensim():
    expected = {
        "vector_size": 100, "window": 5, "min_count": 5, "max_final_vocab": None, "sample": 1e-3,
        "negative": 5, "ns_exponent": 0.75, "alpha": 0.025, "min_alpha": 0.0001,
        "shrink_windows": True, "seed": 1, "kernel": "fused", "negative_sharing": 32,
        "shared_negatives": 32, "documents": None, "document_weight": 3.0, "freeze": None,
    }  # fmt: skip
    parameters = TrainingConfig().to_dict()
    assert parameters == expected


# ---- to and from JSON ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"window": "document", "max_final_vocab": 7, "seed": 2**64 - 1, "kernel": "blas"},
        {"ns_exponent": -0.5, "sample": 0, "alpha": 1 / 3, "min_alpha": 0, "shrink_windows": False},
    ],
)
def test_a_config_survives_json(parameters):
    config = TrainingConfig(**parameters)
    text = json.dumps(config.to_dict(), allow_nan=False)
    assert TrainingConfig.from_dict(json.loads(text), where="here") == config


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"windows": 5}, "'meta.json': unknown parameter 'windows'"),
        ({"window": 0}, "'meta.json': window: expected an integer from 1"),
        ({"window": "5"}, "'meta.json': window: expected an integer from 1"),
        ({"alpha": math.nan}, "'meta.json': alpha: expected a finite number"),
        ({"alpha": 10**400}, "'meta.json': alpha: expected a finite number"),
        ({"seed": 2**64}, "'meta.json': seed: expected an integer"),
        ({"kernel": {}}, "'meta.json': kernel: expected"),
    ],
)
def test_damaged_parameters_are_a_format_error_that_says_where(parameters, message):
    with pytest.raises(FormatError, match=message):
        TrainingConfig.from_dict(parameters, where="'meta.json'")

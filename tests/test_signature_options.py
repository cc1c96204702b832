"""Options from annotations and docstrings."""

import inspect
from typing import Literal

import pytest

from sgns._signature_options import converter, described_parameters


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        (int, "5", 5),
        (float, "5", 5.0),
        (int | None, "none", None),
        (int | None, "7", 7),
        (int | Literal["document"], "document", "document"),
        (int | float, "1.5", 1.5),
        (int | str, "x", "x"),
    ],
)
def test_converter(hint, text, value):
    got = converter(hint)(text)
    assert got == value
    assert type(got) is type(value)


def test_described_parameters():
    text = """One line.

    Parameters
    ----------
    first : int
        What it is. More
        about it.
    second, third : float
        Both of
        them.
    fourth

    Raises
    ------
    ValueError
        Never.
    """
    assert described_parameters(inspect.cleandoc(text)) == {
        "first": "What it is",
        "second": "Both of them",
        "third": "Both of them",
        "fourth": "",
    }

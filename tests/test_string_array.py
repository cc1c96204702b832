"""Arrays of strings behave as sequences of them."""

import pytest

from sgns.string_array import StringArray


def test_string_arrays_equal_sequences_of_the_same_strings():
    strings = ["a", "", "é\n", "\ud800", "😀", "b"]
    array = StringArray.from_strings(strings)
    assert array == strings
    assert strings == array
    assert array == tuple(strings)
    assert array == StringArray.from_strings(strings)
    assert StringArray.from_strings([]) == []
    for other in (strings[:-1], strings[::-1], [*strings, "c"], [1] * 6, "ab", None, 3):
        assert array != other
    assert array != StringArray.from_strings(strings[::-1])
    assert StringArray.from_strings("ab") != "ab"
    assert StringArray.from_strings(["ab", "c"]) != StringArray.from_strings(["a", "bc"])
    with pytest.raises(TypeError, match="unhashable"):
        hash(array)


def test_string_arrays_show_how_they_begin():
    assert repr(StringArray.from_strings(["a", "\n"])) == "<StringArray of 2: ['a', '\\n']>"
    many = StringArray.from_strings(map(str, range(1234)))
    assert repr(many) == "<StringArray of 1,234: ['0', '1', '2', '3', '4', ...]>"

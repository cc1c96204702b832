"""The error for an unknown key, which suggests keys that are spelt like it.

Suggestions are made when the message is read, not when the error is raised: code that catches
the error a million times pays nothing for them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

# Only this many keys (the most frequent ones, where keys are sorted by falling count) are
# compared letter by letter, so the time does not grow with the number of keys.
COMPARED_KEYS = 2000
LONGEST_COMPARED = 40


class UnknownKeyError(KeyError):
    """A key that the vectors do not have; the message names the nearest spellings.

    Parameters
    ----------
    key
        The unknown key; `args[0]`, as for every KeyError.
    suggest
        Gives the nearest spellings when the message is needed.
    """

    def __init__(self, key: object, suggest: Callable[[], Sequence[object]] | None = None) -> None:
        super().__init__(key)
        self._suggest = suggest

    def __str__(self) -> str:
        message = f"Key {self.args[0]!r} not present"
        names = self._suggest() if self._suggest is not None else ()
        if names:
            message += "; did you mean " + " or ".join(repr(name) for name in names) + "?"
        return message

    def __reduce__(self) -> tuple[type[UnknownKeyError], tuple[object]]:
        # The suggestions hold on to the vectors, which must not travel with the error.
        return UnknownKeyError, (self.args[0],)


def nearest_spellings(
    key: str, known: Callable[[str], int | None], keys: Iterable[str], count: int = 3
) -> list[str]:
    """Keys that are spelt like `key`, the likeliest first.

    First the key itself in other cases and without spaces around it, then every key one edit
    away (a letter left out, added, changed or two swapped), which takes some hundred look-ups
    however many keys there are; only if there is none, the most frequent keys are compared with
    `difflib`. Well under 50 ms with millions of keys.

    Parameters
    ----------
    key
        The unknown key.
    known
        The row number of a key, or None.
    keys
        All keys in order of row number; only the first `COMPARED_KEYS` are read.
    count
        How many to give at most.
    """
    bare = key.strip()
    variants = (bare, bare.lower(), bare.capitalize(), bare.upper(), bare.title(), bare.casefold())
    found = [name for name in dict.fromkeys(variants) if known(name) is not None]
    if len(key) > LONGEST_COMPARED:
        return found[:count]
    first_keys = list(islice(keys, COMPARED_KEYS))
    edits = _one_edit(bare, first_keys) | _one_edit(bare.lower(), first_keys)
    numbered = {name: known(name) for name in edits}
    close = sorted((number, name) for name, number in numbered.items() if number is not None)
    found += [name for _, name in close if name not in found]
    if not found:
        alike = [name for name in first_keys if abs(len(name) - len(bare)) <= 2]
        found = difflib.get_close_matches(bare, alike, n=count, cutoff=0.7)
    return found[:count]


def _one_edit(key: str, sample: Sequence[str]) -> set[str]:
    """Strings one edit away from `key`, with letters that it or the sample's keys use."""
    frequency: dict[str, int] = {}
    for name in sample:
        for letter in name[:LONGEST_COMPARED]:
            frequency[letter] = frequency.get(letter, 0) + 1
    common = sorted(frequency, key=lambda letter: (-frequency[letter], letter))[:64]
    letters = dict.fromkeys([*key, *common])
    edits: set[str] = set()
    for i in range(len(key) + 1):
        head, tail = key[:i], key[i:]
        edits.update(head + letter + tail for letter in letters)
        if tail:
            edits.add(head + tail[1:])
            edits.update(head + letter + tail[1:] for letter in letters)
        if len(tail) > 1:
            edits.add(head + tail[1] + tail[0] + tail[2:])
    edits.discard(key)
    return edits

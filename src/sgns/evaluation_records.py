"""What word vectors are judged by: scored pairs, analogy questions, groups with outliers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class WordPair(NamedTuple):
    """Two words and how similar people found them.

    Attributes
    ----------
    first, second : str
        The words.
    score : float
        On the scale of the file.
    """

    first: str
    second: str
    score: float


class AnalogyQuestion(NamedTuple):
    """An analogy question.

    Attributes
    ----------
    a, b, c, expected : str
        `a` is to `b` as `c` is to `expected`.
    """

    a: str
    b: str
    c: str
    expected: str


@dataclass(frozen=True, slots=True)
class WordPairs:
    """Scored word pairs.

    Attributes
    ----------
    name : str
        Name of the file.
    pairs : tuple of WordPair
        In the order of the file.
    invalid_lines : tuple of int
        Numbers (from 1) of the lines that were not any.
    """

    name: str
    pairs: tuple[WordPair, ...]
    invalid_lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionSection:
    """The analogy questions under one heading.

    Attributes
    ----------
    name : str
        The heading.
    questions : tuple of AnalogyQuestion
        In the order of the file.
    """

    name: str
    questions: tuple[AnalogyQuestion, ...]


@dataclass(frozen=True, slots=True)
class AnalogyQuestions:
    """Analogy questions by section.

    Attributes
    ----------
    name : str
        Name of the file.
    sections : tuple of QuestionSection
        In the order of the file.
    invalid_lines : tuple of int
        Numbers (from 1) of the lines that were no question.
    """

    name: str
    sections: tuple[QuestionSection, ...]
    invalid_lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OutlierGroup:
    """Words that belong together, and words each of which does not belong to them.

    Attributes
    ----------
    name : str
        Name of the group.
    words, outliers : tuple of str
        In the order of the file.
    """

    name: str
    words: tuple[str, ...]
    outliers: tuple[str, ...]


def left_out(invalid_lines: tuple[int, ...]) -> str:
    """Return a remark on the lines that were not read, empty if there are none."""
    if not invalid_lines:
        return ""
    plural = "s" if len(invalid_lines) > 1 else ""
    return f"; {len(invalid_lines):,} invalid line{plural} left out (first: {invalid_lines[0]:,})"

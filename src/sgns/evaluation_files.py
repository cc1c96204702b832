"""Readers for the files that word vectors are judged by.

Word pairs with a human score, analogy questions (Google and MSR), words with categories, and
groups with outliers. Every reader returns a plain immutable record and names file and line when
something is wrong. A file may be compressed (``.gz``, ``.bz2``, ``.xz``).
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import math
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

from sgns.errors import FormatError
from sgns.evaluation_records import (
    AnalogyQuestion,
    AnalogyQuestions,
    OutlierGroup,
    QuestionSection,
    WordPair,
    WordPairs,
)

FilePath: TypeAlias = str | os.PathLike[str]
OnInvalid: TypeAlias = Literal["raise", "skip"]

_DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
}


def read_word_pairs(
    path: FilePath,
    delimiter: str | None = None,
    encoding: str = "utf8",
    *,
    columns: tuple[int, int, int] | None = None,
    on_invalid: OnInvalid = "raise",
) -> WordPairs:
    """Read lines of two words and a score.

    Empty lines and lines that begin with ``#`` are left out.

    Parameters
    ----------
    path : path
        The file.
    delimiter : str, optional
        What separates the fields, taken literally. Without it, tabs on a line that has one and
        runs of white space on a line that has none.
    encoding : str
        Encoding of the file.
    columns : tuple of three int, optional
        Positions (from 0) of first word, second word and score in files with more columns.
        Without it a line must have exactly three fields.
    on_invalid : {"raise", "skip"}
        What to do with a line of another shape, such as a heading: an error, or its number in
        `invalid_lines`.

    Returns
    -------
    WordPairs
        In the order of the file.

    Raises
    ------
    FormatError
        A line is not a scored pair (with ``"raise"``), no line is, or the bytes are not text.
    """
    if delimiter == "":
        raise ValueError("delimiter: expected a non-empty string or None, got ''")
    pairs: list[WordPair] = []
    invalid: list[int] = []
    for number, line in _lines(path, encoding):
        if not line.strip() or line.startswith("#"):
            continue
        pair = _parse_pair(line, delimiter, columns)
        if pair is not None:
            pairs.append(pair)
        elif on_invalid == "skip":
            invalid.append(number)
        else:
            raise _wrong_line(path, number, "two words and a finite score", line)
    if not pairs:
        raise FormatError(f"'{os.fspath(path)}': expected word pairs with a score, found none")
    return WordPairs(Path(path).name, tuple(pairs), tuple(invalid))


def read_analogies(
    path: FilePath, encoding: str = "utf8", *, on_invalid: OnInvalid = "raise"
) -> AnalogyQuestions:
    """Read lines of four words under headings ``: name``, as in Google's ``questions-words.txt``.

    Questions before the first heading, or in a file without one (such as the MSR questions with
    the answer on the same line), form a section named after the file.

    Parameters
    ----------
    path : path
        The file.
    encoding : str
        Encoding of the file.
    on_invalid : {"raise", "skip"}
        What to do with a line that is neither a heading nor four words: an error, or its number
        in `invalid_lines`.

    Returns
    -------
    AnalogyQuestions
        In the order of the file.

    Raises
    ------
    FormatError
        A line is neither heading nor question (with ``"raise"``), the file has no question, or
        the bytes are not text.
    """
    sections: list[tuple[str, list[AnalogyQuestion]]] = []
    invalid: list[int] = []
    for number, line in _lines(path, encoding):
        words = line.split()
        if line.startswith(":"):
            sections.append((line.lstrip(": ").strip(), []))
        elif len(words) == 4:
            if not sections:
                sections.append((Path(path).name.split(".")[0], []))
            sections[-1][1].append(AnalogyQuestion(*words))
        elif words and on_invalid == "skip":
            invalid.append(number)
        elif words:
            raise _wrong_line(path, number, "four words or a heading ': name'", line)
    if not any(questions for _, questions in sections):
        raise FormatError(f"'{os.fspath(path)}': expected analogies of four words, found none")
    return AnalogyQuestions(
        Path(path).name,
        tuple(QuestionSection(name, tuple(questions)) for name, questions in sections),
        tuple(invalid),
    )


def read_msr_analogies(
    questions: FilePath, answers: FilePath, encoding: str = "utf8"
) -> AnalogyQuestions:
    """Read the two files of the MSR syntactic analogies (Mikolov, Yih & Zweig 2013).

    Line n of `questions` holds three words (``good better rough``) and line n of `answers` the
    relation and the fourth word (``JJ_JJR rougher``).

    Parameters
    ----------
    questions, answers : path
        The files.
    encoding : str
        Encoding of both.

    Returns
    -------
    AnalogyQuestions
        A section is a relation.

    Raises
    ------
    FormatError
        A line has another shape, or one file ends before the other.
    """
    asked = [(number, line) for number, line in _lines(questions, encoding) if line.strip()]
    told = [(number, line) for number, line in _lines(answers, encoding) if line.strip()]
    if len(asked) != len(told):
        raise FormatError(
            f"'{os.fspath(questions)}' has {len(asked):,} questions, but "
            f"'{os.fspath(answers)}' has {len(told):,} answers"
        )
    sections: dict[str, list[AnalogyQuestion]] = {}
    for (question_number, question), (answer_number, answer) in zip(asked, told, strict=True):
        match question.split(), answer.split():
            case [a, b, c], [relation, expected]:
                sections.setdefault(relation, []).append(AnalogyQuestion(a, b, c, expected))
            case [_, _, _], _:
                raise _wrong_line(answers, answer_number, "a relation and a word", answer)
            case _:
                raise _wrong_line(questions, question_number, "three words", question)
    if not sections:
        raise FormatError(f"'{os.fspath(questions)}': expected analogies, found none")
    return AnalogyQuestions(
        Path(questions).name,
        tuple(QuestionSection(name, tuple(found)) for name, found in sections.items()),
    )


def read_categories(path: FilePath, encoding: str = "utf8") -> dict[str, tuple[str, ...]]:
    """Read lines of a word and its category, separated by a tab or by white space.

    Parameters
    ----------
    path : path
        The file.
    encoding : str
        Encoding of the file.

    Returns
    -------
    dict
        The words of each category, in the order of the file.

    Raises
    ------
    FormatError
        A line does not have two fields, or the file has none.
    """
    categories: dict[str, list[str]] = {}
    for number, line in _lines(path, encoding):
        if not line.strip() or line.startswith("#"):
            continue
        fields = _fields(line, None)
        if len(fields) != 2:
            raise _wrong_line(path, number, "a word and its category", line)
        categories.setdefault(fields[1], []).append(fields[0])
    if not categories:
        raise FormatError(f"'{os.fspath(path)}': expected words with a category, found none")
    return {category: tuple(words) for category, words in categories.items()}


def read_outlier_groups(path: FilePath, encoding: str = "utf8") -> tuple[OutlierGroup, ...]:
    """Read groups with outliers, one a file (Camacho-Collados & Navigli 2016).

    A file holds the words that belong together, one a line, an empty line, and the outliers.

    Parameters
    ----------
    path : path
        A file, or a folder whose ``.txt`` files are read in the order of their names.
    encoding : str
        Encoding of the files.

    Returns
    -------
    tuple of OutlierGroup
        In the order of the files.

    Raises
    ------
    FormatError
        A file lacks one of its two parts, or the folder has no file.
    """
    files = sorted(Path(path).glob("*.txt")) if Path(path).is_dir() else [Path(path)]
    if not files:
        raise FormatError(f"'{os.fspath(path)}': expected '.txt' files with groups, found none")
    groups: list[OutlierGroup] = []
    for file in files:
        parts: tuple[list[str], list[str]] = ([], [])
        after_gap = False
        for _, line in _lines(file, encoding):
            word = line.strip()
            if word:
                parts[after_gap].append(word)
            elif parts[0]:
                after_gap = True
        if len(parts[0]) < 2 or not parts[1]:
            raise FormatError(
                f"'{file}': expected two or more words, an empty line and one or more outliers, "
                f"got {len(parts[0])} words and {len(parts[1])} outliers"
            )
        groups.append(OutlierGroup(file.stem, tuple(parts[0]), tuple(parts[1])))
    return tuple(groups)


def _lines(path: FilePath, encoding: str) -> Iterator[tuple[int, str]]:
    """Yield number (from 1) and text of every line; decode at once to name the line that fails."""
    file = Path(path)
    data = file.read_bytes()
    decompress = _DECOMPRESS.get(file.suffix)
    try:
        data = decompress(data) if decompress else data
    except (EOFError, OSError, ValueError, lzma.LZMAError, zlib.error) as error:
        raise FormatError(f"'{file}': expected a whole {file.suffix} file: {error}") from error
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FormatError(
            f"'{file}', line {line}: expected {encoding} text, got byte 0x{data[error.start]:02x}"
            f" at offset {error.start:,}"
        ) from error
    # Not splitlines(): a word may hold one of the rarer characters that it takes for line ends.
    for number, content in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        yield number, content.rstrip("\r")


def _fields(line: str, delimiter: str | None) -> list[str]:
    if delimiter is not None:
        return line.split(delimiter)
    if "\t" in line:
        return [field.strip() for field in line.split("\t")]
    return line.split()


def _parse_pair(
    line: str, delimiter: str | None, columns: tuple[int, int, int] | None
) -> WordPair | None:
    fields = _fields(line, delimiter)
    if columns is not None:
        if len(fields) <= max(columns):
            return None
        fields = [fields[column] for column in columns]
    if len(fields) != 3:
        return None
    try:
        score = float(fields[2])
    except ValueError:
        return None
    return WordPair(fields[0], fields[1], score) if math.isfinite(score) else None


def _wrong_line(path: FilePath, number: int, expected: str, line: str) -> FormatError:
    shown = line if len(line) <= 60 else line[:57] + "..."
    return FormatError(f"'{os.fspath(path)}', line {number}: expected {expected}, got {shown!r}")

"""Analogy questions: which word is to `c` as `b` is to `a`, according to the vectors."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from math import isnan
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from sgns._analogy_solver import solve
from sgns._bootstrap import Interval, accuracy_interval, check_bootstrap
from sgns._lookup import WordLookup, WordVectors
from sgns.config import JUDGED_WORDS, RESAMPLINGS, SEED
from sgns.evaluation_files import read_analogies
from sgns.evaluation_records import AnalogyQuestion, AnalogyQuestions, QuestionSection, left_out

SimilarityFunction: TypeAlias = Literal["most_similar", "most_similar_cosmul"]
_OBJECTIVES = {"most_similar": "3CosAdd", "most_similar_cosmul": "3CosMul"}


class AnalogyAnswer(NamedTuple):
    """An analogy question and the word the vectors answered with.

    Attributes
    ----------
    a, b, c, expected : str
        The question: `a` is to `b` as `c` is to `expected`.
    predicted : str or None
        The answer; None if a word is unknown.
    """

    a: str
    b: str
    c: str
    expected: str
    predicted: str | None


@dataclass(frozen=True, slots=True)
class AnalogySection:
    """Answers to the questions under one heading (or to all, in `AnalogiesResult.total`).

    Attributes
    ----------
    name : str
        The heading.
    n_questions : int
        How many questions there are, with known words or not.
    correct, incorrect : tuple of AnalogyAnswer
        Answered questions in the order of the file.
    unknown : tuple of AnalogyQuestion
        Questions with an unknown word; with ``dummy4unknown`` they are in `incorrect` as well.
    interval : Interval
        95 % bootstrap interval of the accuracy over the questions.
    """

    name: str
    n_questions: int
    correct: tuple[AnalogyAnswer, ...]
    incorrect: tuple[AnalogyAnswer, ...]
    unknown: tuple[AnalogyQuestion, ...]
    interval: Interval

    @property
    def n_answered(self) -> int:
        """How many questions count."""
        return len(self.correct) + len(self.incorrect)

    @property
    def accuracy(self) -> float:
        """Share (0 to 1) of the questions that count; 0 if none does, as in gensim."""
        return len(self.correct) / self.n_answered if self.n_answered else 0.0

    @property
    def oov_ratio(self) -> float:
        """Percentage (0 to 100) of the questions that have an unknown word."""
        return 100.0 * len(self.unknown) / self.n_questions if self.n_questions else 0.0


@dataclass(frozen=True, slots=True)
class AnalogiesResult:
    """Answers to analogy questions by section.

    Attributes
    ----------
    name : str
        Name of the file, or ``"analogies"``.
    objective : str
        ``"3CosAdd"`` or ``"3CosMul"``.
    sections : tuple of AnalogySection
        In the order of the file.
    total : AnalogySection
        All sections together.
    n_candidates : int
        Among how many words answers were sought.
    case_insensitive : bool
        Whether words were compared without regard to case.
    invalid_lines : tuple of int
        Numbers (from 1) of the lines that were left out because they are not a question.
    """

    name: str
    objective: str
    sections: tuple[AnalogySection, ...]
    total: AnalogySection
    n_candidates: int
    case_insensitive: bool
    invalid_lines: tuple[int, ...] = ()

    @property
    def score(self) -> float:
        """Accuracy (0 to 1) over all questions that count."""
        return self.total.accuracy

    @property
    def oov_ratio(self) -> float:
        """Percentage (0 to 100) of the questions that have an unknown word."""
        return self.total.oov_ratio

    def __iter__(self) -> Iterator[Any]:
        """Yield gensim's result: the score, and a dict for every section and for the total."""
        yield self.score
        yield [self._as_dict(section) for section in (*self.sections, self.total)]

    def _as_dict(self, section: AnalogySection) -> dict[str, Any]:
        def quadruples(answers: tuple[AnalogyAnswer, ...]) -> list[tuple[str, ...]]:
            fold = str.upper if self.case_insensitive else str
            return [tuple(map(fold, answer[:4])) for answer in answers]

        return {
            "section": section.name,
            "correct": quadruples(section.correct),
            "incorrect": quadruples(section.incorrect),
        }

    def __str__(self) -> str:
        width = max(len(section.name) for section in (*self.sections, self.total))
        lines = [
            f"{self.name}: {self.objective} among {self.n_candidates:,} words"
            + left_out(self.invalid_lines),
            f"{'section':<{width}}  correct  of       accuracy  95 % interval   unknown",
        ]
        for section in (*self.sections, self.total):
            low, high = (100 * end for end in section.interval)
            accuracy = f"{100 * section.accuracy:.1f} %" if section.n_answered else "-"
            between = "-" if isnan(low) else f"[{low:5.1f}, {high:5.1f}]"
            lines.append(
                f"{section.name:<{width}}  {len(section.correct):>7,}  {section.n_answered:<7,}  "
                f"{accuracy:>8}  {between:<14}  {section.oov_ratio:5.1f} %"
            )
        return "\n".join(lines)


def evaluate_word_analogies(
    kv: WordVectors,
    analogies: str | os.PathLike[str] | AnalogyQuestions | Iterable[tuple[str, str, str, str]],
    restrict_vocab: int | None = JUDGED_WORDS,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
    similarity_function: SimilarityFunction = "most_similar",
    *,
    bootstrap: int = RESAMPLINGS,
    seed: int = SEED,
) -> AnalogiesResult:
    """Answer analogy questions of the form `a` is to `b` as `c` is to `expected`.

    The answer is the word, other than the three asked with, that is best by 3CosAdd (Mikolov et
    al. 2013), or by 3CosMul (Levy & Goldberg 2014). Many questions are answered by one matrix
    product for each block of words, in memory that does not grow with the vocabulary.

    Parameters
    ----------
    kv : KeyedVectors
        The vectors.
    analogies : path, AnalogyQuestions or iterable of (str, str, str, str)
        A file in the form of Google's ``questions-words.txt``, or the questions.
    restrict_vocab : int, optional
        Words past the first `restrict_vocab` rows are unknown, and no answers.
    case_insensitive : bool
        Compare words by their upper case; of several spellings the first row is taken.
    dummy4unknown : bool
        Count questions with an unknown word as answered wrongly instead of leaving them out.
    similarity_function : {"most_similar", "most_similar_cosmul"}
        3CosAdd or 3CosMul (gensim takes this argument too, but always uses 3CosAdd).
    bootstrap : int
        Resamples of the questions behind the intervals; 0 for none. Questions are taken as
        independent. Where they combine the same few word pairs over and over, as Google's do,
        the interval says little about other word pairs.
    seed : int
        Seed of the resampling.

    Returns
    -------
    AnalogiesResult
        Accuracy, its interval, and every answer.

    Raises
    ------
    FormatError
        The file has no question, or is not text.
    ValueError
        A parameter is out of range.
    """
    if similarity_function not in _OBJECTIVES:
        raise ValueError(
            f"similarity_function: expected one of {', '.join(map(repr, _OBJECTIVES))}, "
            f"got {similarity_function!r}"
        )
    check_bootstrap(bootstrap)
    objective = _OBJECTIVES[similarity_function]
    asked = _as_questions(analogies)
    lookup = WordLookup(kv, restrict_vocab, case_insensitive=case_insensitive)
    questions = [question for section in asked.sections for question in section.questions]
    verdicts = iter(_answer(kv, lookup, questions, objective))
    resamples = np.random.default_rng(seed)

    def judge(name: str, judged: list[_Verdict]) -> AnalogySection:
        counted = [verdict for verdict in judged if verdict.known or dummy4unknown]
        correct = tuple(verdict.answer for verdict in counted if verdict.right)
        return AnalogySection(
            name,
            n_questions=len(judged),
            correct=correct,
            incorrect=tuple(verdict.answer for verdict in counted if not verdict.right),
            unknown=tuple(
                AnalogyQuestion(*verdict.answer[:4]) for verdict in judged if not verdict.known
            ),
            interval=accuracy_interval(len(correct), len(counted), bootstrap, resamples),
        )

    by_section = [list(islice(verdicts, len(section.questions))) for section in asked.sections]
    return AnalogiesResult(
        asked.name,
        objective,
        tuple(
            judge(section.name, judged)
            for section, judged in zip(asked.sections, by_section, strict=True)
        ),
        judge("Total accuracy", list(chain.from_iterable(by_section))),
        len(lookup),
        case_insensitive,
        asked.invalid_lines,
    )


class _Verdict(NamedTuple):
    answer: AnalogyAnswer
    known: bool
    right: bool


def _answer(
    kv: WordVectors, lookup: WordLookup, questions: list[AnalogyQuestion], objective: str
) -> list[_Verdict]:
    """Answer and judge each question, in order."""
    # Questions ask with few words, each many times.
    row_of = {word: lookup.row(word) for word in set(chain.from_iterable(questions))}
    rows = [[row_of[word] for word in question] for question in questions]
    known = [place for place, row in enumerate(rows) if None not in row]
    asked = np.array([rows[place] for place in known], dtype=np.int64).reshape(-1, 4)
    best = solve(kv, lookup, asked[:, :3], objective)
    right = (best >= 0) & (lookup.canonical(best) == asked[:, 3])

    verdicts = [_Verdict(AnalogyAnswer(*question, None), False, False) for question in questions]
    for place, row, is_right in zip(known, best.tolist(), right.tolist(), strict=True):
        predicted = str(lookup.keys[row]) if row >= 0 else None
        verdicts[place] = _Verdict(AnalogyAnswer(*questions[place], predicted), True, is_right)
    return verdicts


def _as_questions(
    analogies: str | os.PathLike[str] | AnalogyQuestions | Iterable[tuple[str, str, str, str]],
) -> AnalogyQuestions:
    if isinstance(analogies, AnalogyQuestions):
        return analogies
    if isinstance(analogies, str | os.PathLike):
        return read_analogies(analogies, on_invalid="skip")
    questions = tuple(AnalogyQuestion(*question) for question in analogies)
    return AnalogyQuestions("analogies", (QuestionSection("analogies", questions),))

"""Evaluation by analogies and word pairs beside gensim's, on the same vectors and files.

    python benchmarks/evaluation.py                                # random vectors, 20,000 x 100
    python benchmarks/evaluation.py --vectors v.txt --analogies questions-words.txt

Without files the vectors are random and the questions drawn from their keys: the time of an answer
does not depend on what the vectors mean. Contestants take turns. The answers are compared, too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import gensim.models
import numpy as np

from _common import Spread, alternate, machine, markdown_facts, markdown_table, note, versions
from sgns.keyed_vectors import KeyedVectors

TASKS = ("analogies", "word pairs", "word pairs, sgns with intervals")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vectors", type=Path, help="a file in word2vec's format")
    parser.add_argument("--analogies", type=Path)
    parser.add_argument("--restrict-vocab", type=int, default=300_000)
    parser.add_argument("--keys", type=int, default=20_000)
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    ours, theirs = vectors(options, rng)
    with tempfile.TemporaryDirectory() as folder:
        analogies, pairs = Path(folder) / "analogies.txt", Path(folder) / "pairs.tsv"
        write_questions(analogies, rng.choice(ours.index_to_key, (options.questions, 4)))
        write_pairs(pairs, rng.choice(ours.index_to_key, (options.pairs, 2)), rng)
        compare(ours, theirs, options, options.analogies or analogies, pairs)


def compare(
    ours: KeyedVectors,
    theirs: gensim.models.KeyedVectors,
    options: argparse.Namespace,
    analogies: Path,
    pairs: Path,
) -> None:
    """Let both judge by the same files in turns, and print times, ratios and agreement."""
    contestants = {"sgns": ours, "gensim": theirs}
    times: dict[tuple[str, str], list[float]] = {}
    answers: dict[tuple[str, str], Any] = {}
    for number, name in alternate(list(contestants), options.rounds):
        judged = contestants[name]
        # gensim knows no intervals; what ours cost is a task of its own.
        intervals = {"bootstrap": 0} if name == "sgns" else {}
        limit = options.restrict_vocab
        for task in TASKS:
            began = time.perf_counter()
            if task == "analogies":
                found = judged.evaluate_word_analogies(analogies, limit)
            elif task == "word pairs":
                found = judged.evaluate_word_pairs(pairs, restrict_vocab=limit, **intervals)
            else:
                found = judged.evaluate_word_pairs(pairs, restrict_vocab=limit)
            times.setdefault((task, name), []).append(time.perf_counter() - began)
            answers[task, name] = tuple(found)
            note(f"round {number + 1}: {name}, {task}, {times[task, name][-1]:.2f} s")

    print(markdown_facts(machine()))
    print(markdown_facts(versions("sgns", "gensim", "numpy", "scipy")))
    print(f"{len(ours):,} x {ours.vector_size}, {options.rounds} rounds, median (lowest-highest)\n")
    rows = []
    for task in TASKS:
        sgns, reference = (Spread.of(times[task, name]) for name in ("sgns", "gensim"))
        ratio = f"{reference.median / sgns.median:.1f}x"
        rows.append([task, f"{reference:.2f}", f"{sgns:.2f}", ratio])
    print(markdown_table(["seconds", "gensim", "sgns", ""], rows))
    (_, sections), (_, expected) = answers["analogies", "sgns"], answers["analogies", "gensim"]
    same = [dict(one) == dict(other) for one, other in zip(sections, expected, strict=True)]
    asked = len(expected[-1]["correct"]) + len(expected[-1]["incorrect"])
    print(f"\n{asked:,} questions answered; sections with gensim's verdict on every one: ", end="")
    print(f"{sum(same)} of {len(same)}")
    spearman = [answers["word pairs", name][1][0] for name in contestants]
    print(f"Difference of Spearman's correlations: {abs(spearman[0] - spearman[1]):.1e}")


def vectors(
    options: argparse.Namespace, rng: np.random.Generator
) -> tuple[KeyedVectors, gensim.models.KeyedVectors]:
    """Return the same vectors, read or drawn, as objects of both libraries."""
    if options.vectors is not None:
        ours = KeyedVectors.load_word2vec_format(options.vectors)
    else:
        size = (options.keys, options.vector_size)
        ours = KeyedVectors(
            [f"word{row}" for row in range(options.keys)],
            rng.standard_normal(size, dtype=np.float32),
        )
    theirs = gensim.models.KeyedVectors(ours.vector_size)
    theirs.add_vectors(list(ours.index_to_key), np.array(ours.vectors))
    return ours, theirs


def write_questions(path: Path, words: np.ndarray) -> None:
    """Write questions of four words each, under one heading."""
    lines = [": drawn", *(" ".join(row) for row in words)]
    path.write_text("\n".join(lines) + "\n", encoding="utf8")


def write_pairs(path: Path, words: np.ndarray, rng: np.random.Generator) -> None:
    """Write pairs with a score drawn at random."""
    lines = [f"{first}\t{second}\t{rng.uniform(0, 10):.3f}" for first, second in words]
    path.write_text("\n".join(lines) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()

"""sgns beside gensim: speed, memory and quality, from one run on one text.

    python benchmarks/vs_gensim.py --corpus reviews.txt --sample 1e-4 \
        --pairs wordsim353.tsv simlex999.tsv --analogies questions-words.txt --output report.md

Both train on the same file (a document a line, words separated by white space) with the same
parameters and workers, in turns, each in a process of its own. The same code judges both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from _common import (
    Spread,
    alternate,
    machine,
    markdown_facts,
    markdown_table,
    note,
    run_child,
    usable_cores,
    versions,
)
from sgns.evaluation import evaluate_word_analogies, evaluate_word_pairs

SHARED = ("vector_size", "window", "negative", "sample", "alpha", "epochs", "min_count", "workers")
LEGEND = (
    "Training counts all words of the text, including those that are left out. Build goes from "
    "the text to the counted vocabulary and the first weights (and, for sgns, the corpus on disk). "
    "Imports are not part of the other times. Memory is the peak of the whole process; anonymous "
    "memory leaves out mapped files. Quality: Spearman's correlation with the scores of word pairs "
    "(files are named), share of right analogies; points are hundredths."
)


def main() -> None:
    arguments = parse_arguments()
    contestants = [parse_contestant(text) for text in arguments.programs.split(",")]
    contestants += [parse_contestant(f"sgns {options}") for options in arguments.also]
    seeds = [int(seed) for seed in arguments.seeds.split(",")] * arguments.repeats
    shared = {name: getattr(arguments, name) for name in SHARED}

    warm(arguments.corpus)
    runs: list[dict[str, Any]] = []
    for number, contestant in alternate(contestants, len(seeds)):
        job = {**contestant, **shared, "seed": seeds[number], "corpus": str(arguments.corpus)}
        with tempfile.TemporaryDirectory(dir=arguments.scratch) as name:
            folder = Path(name)
            outcome = run_child(Path(__file__).with_name("_trainers.py"), job, folder)
            quality = judge(folder, arguments) if number < len(set(seeds)) else {}
        run = {"name": job["name"], "round": number, "seed": job["seed"], **outcome}
        run["quality"] = quality
        run["words_per_second"] = run["tokens"] * arguments.epochs / run["seconds"]["train"]
        run["text_to_vectors"] = sum(run["seconds"][part] for part in ("build", "train", "save"))
        runs.append(run)
        note(describe(run))

    report = {
        "machine": machine(),
        "versions": versions("sgns", "gensim", "numpy", "scipy"),
        "corpus": {"name": arguments.corpus.name, "bytes": arguments.corpus.stat().st_size},
        "parameters": {**shared, "restrict_vocab": arguments.restrict_vocab},
        "runs": runs,
    }
    text = as_markdown(report, [contestant["name"] for contestant in contestants])
    print(text)
    for path in arguments.output:
        content = json.dumps(report, indent=1) if path.suffix == ".json" else text
        path.write_text(content + "\n", encoding="utf8")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="text, a document a line")
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--sample", type=float, default=1e-4)
    parser.add_argument("--alpha", type=float, default=0.025)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--workers", type=int, default=usable_cores())
    parser.add_argument("--seeds", default="1,2,3", help="one round for each (default: 1,2,3)")
    parser.add_argument("--repeats", type=int, default=1, help="rounds for each seed")
    parser.add_argument("--pairs", type=Path, nargs="+", default=[], help="scored word pairs")
    parser.add_argument("--analogies", type=Path, help="analogy questions")
    parser.add_argument("--restrict-vocab", type=int, default=30_000, help="for the analogies")
    parser.add_argument(
        "--programs", default="gensim,sgns", help="who competes; the first is the measure"
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=VALUE[,...]",
        help="one more contestant: sgns with these arguments of Model",
    )
    parser.add_argument(
        "--output", type=Path, nargs="+", default=[], help="report files, .json or .md"
    )
    parser.add_argument("--scratch", type=Path, help="folder for temporary files")
    arguments = parser.parse_args()
    arguments.corpus = arguments.corpus.resolve()
    if not arguments.corpus.is_file():
        parser.error(f"--corpus: expected a file, got '{arguments.corpus}'")
    for name in ("repeats", "workers", "epochs"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name}: expected 1 or more, got {getattr(arguments, name)}")
    return arguments


def parse_contestant(text: str) -> dict[str, Any]:
    """Read ``program`` or ``program name=value,name=value``."""
    program, _, options = text.strip().partition(" ")
    parsed: dict[str, Any] = {}
    for option in filter(None, options.split(",")):
        name, _, value = option.partition("=")
        try:
            parsed[name] = json.loads(value)
        except json.JSONDecodeError:
            parsed[name] = value
    return {"name": text.strip(), "program": program, "options": parsed}


def warm(path: Path) -> None:
    """Read the text once, so that nobody waits for the disk."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


def judge(folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Return Spearman's correlation for each file of pairs, and the share of right analogies."""
    words = json.loads((folder / "words.json").read_text(encoding="utf8"))
    kv = SimpleNamespace(
        vectors=np.load(folder / "vectors.npy", mmap_mode="r"),
        index_to_key=words,
        key_to_index={word: row for row, word in enumerate(words)},
    )
    quality: dict[str, float] = {}
    for path in arguments.pairs:
        quality[path.stem] = evaluate_word_pairs(kv, path, bootstrap=0).spearman.statistic
    if arguments.analogies:
        result = evaluate_word_analogies(
            kv, arguments.analogies, arguments.restrict_vocab, bootstrap=0
        )
        quality[arguments.analogies.stem] = result.score
    if len(quality) > 1:
        quality["mean"] = statistics.fmean(quality.values())
    return quality


def describe(run: dict[str, Any]) -> str:
    quality = " ".join(f"{name} {value:.3f}" for name, value in run["quality"].items())
    return (
        f"round {run['round'] + 1}, seed {run['seed']}, {run['name']}: "
        f"build {run['seconds']['build']:.2f} s, "
        f"{run['words_per_second'] / 1e6:.2f} M words/s, {quality}"
    )


def as_markdown(report: dict[str, Any], names: list[str]) -> str:
    runs = {name: [run for run in report["runs"] if run["name"] == name] for name in names}
    first = runs[names[0]][0]
    corpus, n_rounds = report["corpus"], len(runs[names[0]])
    size = f"{corpus['bytes'] / 1e6:.1f} MB, {first['tokens']:,} words"
    facts = [
        f"text: {corpus['name']}, {size}, {first['words']:,} different ones trained",
        f"parameters: {markdown_facts(report['parameters'])}",
        f"machine: {markdown_facts(report['machine'])}",
        f"versions: {markdown_facts(report['versions'])}",
        f'{n_rounds} rounds in turns; "= 2.0x": the median is twice as good as that of {names[0]}',
    ]
    parts = [f"# {', '.join(names)}", "\n".join(f"- {fact}" for fact in facts), speed_table(runs)]
    if first["quality"]:
        parts.append(quality_table(runs))
    return "\n\n".join([*parts, LEGEND])


def speed_table(runs: dict[str, list[dict[str, Any]]]) -> str:
    measures: list[tuple[str, str, Any, bool]] = [
        ("training, M words/s", ".2f", lambda run: run["words_per_second"] / 1e6, True),
        ("build, s", ".2f", lambda run: run["seconds"]["build"], False),
        ("text to saved vectors, s", ".1f", lambda run: run["text_to_vectors"], False),
        ("peak memory, MB", ".0f", lambda run: run["peak_bytes"] / 2**20, False),
        ("peak anonymous, MB", ".0f", lambda run: (run["anonymous_bytes"] or 0) / 2**20, False),
        ("import, s", ".2f", lambda run: run["seconds"]["import"], False),
    ]
    rows = []
    for title, form, value, more_is_better in measures:
        row = [title]
        base: Spread | None = None
        for of_program in runs.values():
            spread = Spread.of(map(value, of_program))
            if base is None:
                base = spread
                row.append(format(spread, form))
                continue
            pair = (spread, base) if more_is_better else (base, spread)
            ratio = pair[0].median / pair[1].median if pair[1].median else float("nan")
            row.append(f"{spread:{form}} = {ratio:.1f}x")
        rows.append(row)
    return markdown_table(["median (lowest-highest)", *runs], rows)


def quality_table(runs: dict[str, list[dict[str, Any]]]) -> str:
    measures = list(next(iter(runs.values()))[0]["quality"])
    rows = []
    for measure in measures:
        row = [measure]
        base: float | None = None
        for of_program in runs.values():
            values = [run["quality"][measure] for run in of_program if run["quality"]]
            mean = statistics.fmean(values)
            each = ", ".join(f"{value:.3f}" for value in values)
            text = f"{mean:.4f} ({each})"
            if base is None:
                base = mean
            else:
                text += f" {100 * (mean - base):+.1f} points"
            row.append(text)
        rows.append(row)
    return markdown_table(["quality: mean (by seed)", *runs], rows)


if __name__ == "__main__":
    main()

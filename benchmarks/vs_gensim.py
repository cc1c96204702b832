"""sgns beside gensim, fastText and the C word2vec: speed, memory and quality, from one run.

    python benchmarks/vs_gensim.py --corpus reviews.txt --sample 1e-4 \
        --programs gensim,sgns,fasttext,word2vec --also negative_sharing=0 --also kernel=blas \
        --pairs wordsim353.tsv simlex999.tsv --analogies questions-words.txt \
        --log reviews.jsonl --output report.md

All train on the same file (a document a line, words separated by white space) with the same
parameters and workers, in turns, each in a process of its own. The same code judges all. Every
result goes to the log at once; started again with the same log, only what is missing is measured.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from _children import ended_by_signals, run_child
from _common import alternate, build_id, machine, note, versions
from _contest import SHARED, contest_parser, parse, publish
from _results import ResultLog
from _versus_report import as_markdown
from sgns.evaluation import evaluate_word_analogies, evaluate_word_pairs

PROGRAMS = ("gensim", "sgns", "fasttext", "word2vec")
PACKAGES = ("sgns", "gensim", "fasttext-wheel", "word2vec", "numpy", "scipy")
QUICK = {"vector_size": [16], "epochs": 1, "seeds": "1", "min_count": 1, "sample": 1e-3}


def main() -> None:
    arguments = parse_arguments()
    contestants = [parse_contestant(text) for text in arguments.programs.split(",")]
    contestants += [parse_contestant(text) for text in arguments.also]
    once = [parse_contestant(text) for text in arguments.once]
    seeds = [int(seed) for seed in arguments.seeds.split(",")] * arguments.repeats
    tokens = count_words(arguments.corpus)
    log = ResultLog(arguments.log)

    runs: list[dict[str, Any]] = []
    with ended_by_signals():
        for vector_size in arguments.vector_size:
            rounds = alternate(contestants, len(seeds))
            for number, contestant in [*rounds, *((0, contestant) for contestant in once)]:
                job = job_for(contestant, arguments, vector_size, seeds[number])
                what = {**job, "round": number, "tokens": tokens}
                run = log.get(what)
                if run is None:
                    judged = number < len(set(seeds))
                    run = log.add(what, measure(job, arguments, judged=judged))
                    note(describe(run))
                runs.append(run)

    report = {
        "machine": machine(),
        "versions": versions(*PACKAGES),
        "build": build_id(),
        "corpus": {
            "name": arguments.corpus.name,
            "bytes": arguments.corpus.stat().st_size,
            "tokens": tokens,
        },
        "parameters": {
            **{name: getattr(arguments, name) for name in SHARED},
            "restrict_vocab": arguments.restrict_vocab,
        },
        "contestants": [contestant["name"] for contestant in contestants + once],
        "runs": [{**run, "corpus": arguments.corpus.name} for run in runs],
    }
    publish(report, as_markdown, arguments.output)


def parse_arguments() -> argparse.Namespace:
    parser = contest_parser(__doc__)
    parser.add_argument("--vector-size", type=int, nargs="+", default=[100])
    parser.add_argument("--sample", type=float, default=1e-4)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--seeds", default="1,2,3", help="one round for each (default: 1,2,3)")
    parser.add_argument("--repeats", type=int, default=1, help="rounds for each seed")
    parser.add_argument("--pairs", type=Path, nargs="+", default=[], help="scored word pairs")
    parser.add_argument("--analogies", type=Path, help="analogy questions")
    parser.add_argument("--restrict-vocab", type=int, default=30_000, help="for the analogies")
    parser.add_argument(
        "--programs",
        default="gensim,sgns",
        help=f"who competes, of {', '.join(PROGRAMS)}; the first is the measure",
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="[PROGRAM ]NAME=VALUE[,...]",
        help="one more contestant: sgns (or PROGRAM) with other parameters; loss=false leaves out "
        "the loss",
    )
    parser.add_argument(
        "--once",
        action="append",
        default=[],
        metavar="[PROGRAM ]NAME=VALUE[,...]",
        help="the same, but a single run with the first seed",
    )

    def check(given: argparse.Namespace) -> None:
        for name in ("repeats", "workers", "epochs"):
            if getattr(given, name) < 1:
                parser.error(f"--{name}: expected 1 or more, got {getattr(given, name)}")

    return parse(parser, "vs_gensim", QUICK, check)


def parse_contestant(text: str) -> dict[str, Any]:
    """Read ``program``, ``program name=value,name=value`` or, for sgns, only the values."""
    program, _, options = text.strip().partition(" ")
    if program not in PROGRAMS:
        program, options = "sgns", text.strip()
    parsed: dict[str, Any] = {}
    for option in filter(None, options.split(",")):
        name, equals, value = option.partition("=")
        if not equals:
            sys.exit(f"{text!r}: expected one of {', '.join(PROGRAMS)} or name=value")
        try:
            parsed[name] = json.loads(value)
        except json.JSONDecodeError:
            parsed[name] = value
    return {"name": f"{program} {options}".strip(), "program": program, "options": parsed}


def job_for(
    contestant: dict[str, Any], arguments: argparse.Namespace, vector_size: int, seed: int
) -> dict[str, Any]:
    """Return what one process has to do; a contestant's options may change what all share."""
    shared = {name: getattr(arguments, name) for name in SHARED} | {"vector_size": vector_size}
    options = contestant["options"]
    return {
        "name": contestant["name"],
        "program": contestant["program"],
        **shared,
        **{name: value for name, value in options.items() if name in SHARED},
        "options": {name: value for name, value in options.items() if name not in SHARED},
        "setting": vector_size,
        "seed": seed,
        "corpus": str(arguments.corpus),
    }


def measure(job: dict[str, Any], arguments: argparse.Namespace, *, judged: bool) -> dict[str, Any]:
    """Train in a process of its own and judge the vectors; a failure is a result, too."""
    script = Path(__file__).with_name("_trainers.py")
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as name:
        try:
            outcome = run_child(script, job, Path(name), timeout=arguments.timeout)
            quality = judge(Path(name), arguments) if judged else {}
        except (RuntimeError, OSError, ValueError) as error:
            return {"error": str(error)}
    return {**outcome, "quality": quality}


def count_words(path: Path) -> int:
    """Count the words of the text, for all programs; nobody waits for the disk afterwards."""
    with path.open("rb") as file:
        return sum(len(line.split()) for line in file)


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
    where = f"size {run['setting']}, round {run['round'] + 1}, seed {run['seed']}, {run['name']}: "
    if "error" in run:
        return where + run["error"]
    speed = run["tokens"] * run["epochs"] / run["seconds"]["train"]
    quality = " ".join(f"{name} {value:.3f}" for name, value in run["quality"].items())
    return f"{where}build {run['seconds']['build']:.2f} s, {speed / 1e6:.2f} M words/s, {quality}"


if __name__ == "__main__":
    main()

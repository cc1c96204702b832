"""Vectors of documents by sgns and by gensim's Doc2Vec: speed, memory and accuracy, from one run.

    python benchmarks/documents.py --corpus reviews.txt --labels labels.tsv --epochs 20 \
        --modes dbow,joint,mean --infer 5000 --skip "gensim joint" --log documents.jsonl \
        --output documents.md

Both train on the same file (a document a line, words separated by white space) with the same
parameters and workers, in turns, each in a process of its own. The same classifier judges both.
Every result goes to the log at once; started again with the same log, only what is missing is
measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from _children import ended_by_signals, run_child
from _common import alternate, machine, note, versions
from _contest import SHARED, contest_parser, parse, publish
from _document_quality import Labels, accuracies, read_labels
from _documents_report import as_markdown, describe
from _results import ResultLog

INFERENCE = ("infer", "infer_epochs")
PROGRAMS = ("gensim", "sgns")
# "sum" and "concat" mean something else in gensim, whose windows are part of them.
MODES = {"dbow": PROGRAMS, "joint": PROGRAMS, "mean": PROGRAMS, "sum": ("sgns",)}
MODES |= {"concat": ("sgns",)}
PACKAGES = ("sgns", "gensim", "scikit-learn", "numpy", "scipy")
QUICK = {"vector_size": 16, "epochs": 1, "seeds": "1", "min_count": 1, "infer": 50, "folds": 2}


def main() -> None:
    arguments = parse_arguments()
    groups = contestants(arguments)
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    labels = None if arguments.labels is None else read_labels(arguments.labels)
    corpus = describe_corpus(arguments.corpus)
    if labels is not None:
        check_labels(labels, corpus["documents"], arguments.folds)
    sample = documents_to_infer(arguments.infer, corpus["documents"], labels)
    log = ResultLog(arguments.log)

    runs: list[dict[str, Any]] = []
    with ended_by_signals():
        for group in groups.values():
            for number, contestant in alternate(group, len(seeds)):
                job = job_for(contestant, arguments, seeds[number])
                what = {**job, "tokens": corpus["tokens"], "folds": arguments.folds}
                what["labels"] = arguments.labels and str(arguments.labels)
                run = log.get(what)
                if run is None:
                    run = log.add(what, measure(job, arguments, sample, labels))
                    note(describe(run))
                runs.append(run)

    # The report says what was read, not where it was on this machine.
    names = {
        "corpus": arguments.corpus.name,
        "labels": None if arguments.labels is None else arguments.labels.name,
    }
    report = {
        "machine": machine(),
        "versions": versions(*PACKAGES),
        "corpus": corpus,
        "labels": None if labels is None else len(labels.lines),
        "parameters": {name: getattr(arguments, name) for name in (*SHARED, *INFERENCE, "folds")},
        "contestants": {
            mode: [contestant["name"] for contestant in group] for mode, group in groups.items()
        },
        "runs": [{**run, **names} for run in runs],
    }
    publish(report, as_markdown, arguments.output)


def parse_arguments() -> argparse.Namespace:
    parser = contest_parser(__doc__)
    parser.add_argument(
        "--labels", type=Path, help="the number of a line, from 0, a tab and its label on each line"
    )
    parser.add_argument("--modes", default="dbow,joint,mean", help=f"of {', '.join(MODES)}")
    parser.add_argument("--programs", default=",".join(PROGRAMS), help="the first is the measure")
    parser.add_argument(
        "--skip",
        action="append",
        default=[],
        metavar='"PROGRAM MODE"',
        help="leave one contestant out, such as the slow 'gensim joint'",
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar='"PROGRAM MODE NAME=VALUE[,...]"',
        help="one more contestant, with other parameters",
    )
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--sample", type=float, default=0.0)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--min-count", type=int, default=2)
    parser.add_argument("--seeds", default="1", help="one round for each (default: 1)")
    parser.add_argument(
        "--infer", type=int, default=5000, help="how many documents to infer again; 0: none"
    )
    parser.add_argument("--infer-epochs", type=int, help="passes over each (default: --epochs)")
    parser.add_argument("--folds", type=int, default=5, help="of the cross-validation")
    arguments = parse(parser, "documents", QUICK, lambda given: check(parser, given))
    if arguments.infer_epochs is None:
        arguments.infer_epochs = arguments.epochs
    return arguments


def check(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    if arguments.labels is not None and not arguments.labels.is_file():
        parser.error(f"--labels: expected a file, got '{arguments.labels}'")
    for name, known in (("modes", tuple(MODES)), ("programs", PROGRAMS)):
        unknown = sorted(set(getattr(arguments, name).split(",")) - set(known))
        if unknown:
            parser.error(f"--{name}: expected some of {', '.join(known)}, got {unknown[0]!r}")
    for name, least in (("workers", 1), ("epochs", 1), ("infer", 0), ("folds", 2)):
        if getattr(arguments, name) < least:
            parser.error(f"--{name}: expected {least} or more, got {getattr(arguments, name)}")


def contestants(arguments: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Return who competes in each mode."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for mode in arguments.modes.split(","):
        names = [
            f"{program} {mode}"
            for program in arguments.programs.split(",")
            if program in MODES[mode]
        ]
        groups[mode] = [parse_contestant(name) for name in names if name not in arguments.skip]
    for text in arguments.also:
        contestant = parse_contestant(text)
        groups.setdefault(contestant["mode"], []).append(contestant)
    return {mode: group for mode, group in groups.items() if group}


def parse_contestant(text: str) -> dict[str, Any]:
    """Read ``program mode`` or ``program mode name=value,name=value``."""
    program, mode, options = [*text.strip().split(" ", 2), "", ""][:3]
    if program not in MODES.get(mode, ()):
        sys.exit(f"{text!r}: expected one of {', '.join(PROGRAMS)} and a mode that it has")
    parsed: dict[str, Any] = {}
    for option in filter(None, options.split(",")):
        name, equals, value = option.partition("=")
        if not equals:
            sys.exit(f"{text!r}: expected name=value after the mode")
        try:
            parsed[name] = json.loads(value)
        except json.JSONDecodeError:
            parsed[name] = value
    name = f"{program} {mode} {options}".strip()
    return {"name": name, "program": program, "mode": mode, "options": parsed}


def job_for(contestant: dict[str, Any], arguments: argparse.Namespace, seed: int) -> dict[str, Any]:
    """Return what one process has to do; a contestant's options may change what all share."""
    common = (*SHARED, *INFERENCE)
    shared = {name: getattr(arguments, name) for name in common}
    options = contestant["options"]
    return {
        **contestant,
        **shared,
        **{name: value for name, value in options.items() if name in common},
        "options": {name: value for name, value in options.items() if name not in common},
        "setting": arguments.vector_size,
        "seed": seed,
        "corpus": str(arguments.corpus),
    }


def describe_corpus(path: Path) -> dict[str, Any]:
    """Count words and documents, for both programs; nobody waits for the disk afterwards."""
    with path.open("rb") as file:
        lengths = [len(line.split()) for line in file]
    return {
        "name": path.name,
        "bytes": path.stat().st_size,
        "tokens": sum(lengths),
        "documents": len(lengths),
    }


def check_labels(labels: Labels, n_documents: int, folds: int) -> None:
    """Refuse labels that would fail only after the first training."""
    if labels.lines[-1] >= n_documents:
        sys.exit(
            f"--labels: line {labels.lines[-1]:,} has one, and the text ends at {n_documents - 1:,}"
        )
    rarest = min(np.unique(labels.names, return_counts=True)[1])
    if rarest < folds:
        sys.exit(f"--labels: expected each label {folds} times or more, got one {rarest} times")


def documents_to_infer(n: int, n_documents: int, labels: Labels | None) -> list[int]:
    """Return the lines of `n` documents, drawn from those with labels: the same in every run."""
    lines = np.arange(n_documents) if labels is None else labels.lines
    drawn = np.random.default_rng(0).permutation(lines)[:n]
    return sorted(drawn.tolist())


def measure(
    job: dict[str, Any], arguments: argparse.Namespace, sample: list[int], labels: Labels | None
) -> dict[str, Any]:
    """Train in a process of its own and judge the vectors; a failure is a result, too."""
    script = Path(__file__).with_name("_document_trainers.py")
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as name:
        folder = Path(name)
        (folder / "sample.json").write_text(json.dumps(sample), encoding="utf8")
        try:
            outcome = run_child(script, job, folder, timeout=arguments.timeout)
            quality = {}
            if labels is not None:
                trained, inferred = (np.load(folder / f"{n}.npy") for n in ("trained", "inferred"))
                quality = accuracies(trained, inferred, sample, labels, arguments.folds)
        except (RuntimeError, OSError, ValueError) as error:
            return {"error": str(error)}
    return {**outcome, "quality": quality}


if __name__ == "__main__":
    main()

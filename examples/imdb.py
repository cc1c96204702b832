"""Word vectors from film reviews, and what they say of pairs such as `movie` and `movies`.

Takes up an experiment that was reported elsewhere: skip-gram with negative sampling on 900,000
windows of film reviews, 15 epochs of 20 minutes each. The same is trained here in four ways, and
printed beside what was reported, as tables in Markdown; a map of words goes to a picture.

    python examples/imdb.py reviews.txt --map imdb.png

The text has a review a line, for example those of the Large Movie Review Dataset (Maas et al.
2011), https://ai.stanford.edu/~amaas/data/sentiment/, with markup left out.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgns import Corpus, KeyedVectors, Model
from sgns.evaluation import ProbeTable, probe_pairs

#: Cosines as the report we start from has them. Its loss ended at 1.93, of unknown unit.
REPORTED = {
    ("scene", "scenes"): 0.987,
    ("movie", "movies"): 0.991,
    ("woman", "women"): 0.980,
    ("man", "men"): 0.979,
    ("camera", "cameras"): 0.372,
    ("car", "cars"): 0.750,
    ("banana", "sky"): 0.049,
}
NUMBER = tuple(pair for pair in REPORTED if pair != ("banana", "sky"))
GENDER = (
    ("man", "woman"),
    ("boy", "girl"),
    ("father", "mother"),
    ("husband", "wife"),
    ("actor", "actress"),
)
UNRELATED = (
    ("banana", "sky"),
    ("car", "opinion"),
    ("camera", "wife"),
    ("movie", "sugar"),
    ("scene", "king"),
)
RARE = "cameras"
#: The map shows these and what is nearest to them.
SEEDS = ("father", "camera", "actor", "war", "song", "car", "horror")
HIGHLIGHTED = ("father", "mother", "wife")
NEAR_EACH_SEED = 12
FREQUENT = 5000

#: Every word of the text is the centre of a window; the rest are the defaults.
PLAIN = {"min_count": 1, "sample": 0}
TUNED = {"window": 10, "alpha": 0.05, "min_count": 5}


@dataclass(frozen=True)
class Run:
    """One way to train: a name, a corpus, parameters other than the defaults, passes."""

    name: str
    corpus: Corpus
    parameters: dict[str, Any]
    epochs: int


@dataclass(frozen=True)
class Result:
    """A run, what it trained, its processor time in seconds, and what the vectors say of pairs."""

    run: Run
    model: Model
    cpu_seconds: float
    probes: ProbeTable
    random_mean: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print the tables, draw the map."""
    options = parser().parse_args(arguments)
    with Corpus.build(options.reviews, tokenizer="words") as corpus:
        print(f"{options.reviews}: {corpus!r}\n")
        results = []
        for run in runs(corpus, options):
            print(f"training: {run.name}", file=sys.stderr, flush=True)
            results.append(train(run, options))
    print(f"{facts(results)}\n\n{similarities(results)}\n")
    best = results[-1]
    print(f"Nearest, {best.run.name}:\n")
    for word in known(best.model.wv, SEEDS):
        nearest = best.model.wv.most_similar(word, topn=6, restrict_vocab=FREQUENT)
        print(f"- {word}: {', '.join(neighbour for neighbour, _ in nearest)}")
    if options.map:
        draw_map(best, options.map)
        print(f"\nThe map is in {options.map}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command line takes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("reviews", help="a text file with a review a line")
    parser.add_argument("--windows", type=int, default=900_000, help="of the text, at first")
    parser.add_argument("--epochs", type=int, default=15, help="over these windows")
    parser.add_argument("--whole-epochs", type=int, default=5, help="over all; 0: not at all")
    parser.add_argument("--workers", type=int, help="threads; without it one for every core")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--map", metavar="PNG", help="draw a map; needs the extra plot")
    return parser


def train(run: Run, options: argparse.Namespace) -> Result:
    """Train one model and ask it about the pairs."""
    model = Model(run.corpus, seed=options.seed, **run.parameters)
    began = time.process_time()
    model.train(epochs=run.epochs, workers=options.workers)
    spent = time.process_time() - began
    probes = probe_pairs(model.wv, (*NUMBER, *GENDER, *UNRELATED))
    random_mean = probe_pairs(model.wv, (), restrict_vocab=FREQUENT).random_mean
    return Result(run, model, spent, probes, random_mean)


def runs(corpus: Corpus, options: argparse.Namespace) -> Iterable[Run]:
    """Yield the ways to train: plain, hardly at all, tuned, and tuned on the whole text."""
    part = first_windows(corpus, options.windows)
    size, epochs = f"{part.n_tokens:,} windows", options.epochs
    yield Run(f"{size}, plain", part, PLAIN, epochs)
    yield Run(f"{size}, slow", part, {**PLAIN, "alpha": 0.002}, epochs)
    yield Run(f"{size}, tuned", part, {**TUNED, "vector_size": 50, "sample": 1e-4}, epochs)
    if options.whole_epochs:
        yield Run("whole text, tuned", corpus, {**TUNED, "sample": 1e-5}, options.whole_epochs)


def first_windows(corpus: Corpus, count: int) -> Corpus:
    """Cut a corpus after `count` words: where none is left out, each is the centre of a window."""
    count = min(count, corpus.n_tokens)
    begins = corpus.offsets[corpus.offsets < count]
    offsets = np.append(begins, count)
    return Corpus.from_arrays(corpus.tokens[:count], offsets, corpus.vocabulary.words)


def facts(results: Sequence[Result]) -> str:
    """Return a table of what each run trained and how long it took.

    The loss is the mean of a pair of target and context with its `negative` noise words, in nats;
    before the first step all scores are 0, and it is ``(1 + negative) log 2``.
    """
    rows = []
    for result in results:
        model, history = result.model, result.model.history
        start = (1 + model.config.negative) * math.log(2)
        rows.append(
            [
                result.run.name,
                f"{len(model.wv):,} x {model.config.vector_size}",
                f"{history[-1].targets:,}",
                len(history),
                f"{statistics.median(record.seconds for record in history):.2f}",
                f"{result.cpu_seconds / len(history):.2f}",
                f"{start:.2f}",
                f"{history[-1].loss_per_pair:.2f}",
            ]
        )
    head = ["run", "vectors", "windows an epoch", "epochs", "s an epoch", "processor s an epoch"]
    return table([*head, "loss at the start", "loss at the end"], rows)


def similarities(results: Sequence[Result]) -> str:
    """Return a table of the cosines of all pairs, reported and of each run, with their ranks.

    The rank is the place of the second word among the neighbours of the first, 1 the nearest. The
    last lines have how often the rarest word occurs, and the mean cosine of random pairs of the
    most frequent words.
    """
    rows: list[list[object]] = []
    for number, pair in enumerate((*NUMBER, *GENDER, *UNRELATED)):
        row: list[object] = ["/".join(pair), f"{REPORTED[pair]:.3f}" if pair in REPORTED else ""]
        for result in results:
            probe = result.probes.probes[number]
            unknown = probe.similarity is None
            row.append("unknown" if unknown else f"{probe.similarity:.3f} ({probe.rank:,})")
        rows.append(row)
    counts = [r.model.wv.get_vecattr(RARE, "count") if RARE in r.model.wv else 0 for r in results]
    rows.append([f"occurrences of {RARE}", "", *(f"{count:,}" for count in counts)])
    rows.append(["random pairs", "", *(f"{result.random_mean:.3f}" for result in results)])
    return table(["cosine (rank)", "reported", *(result.run.name for result in results)], rows)


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def known(wv: KeyedVectors, words: Iterable[str]) -> list[str]:
    """Return the words that have a vector."""
    return [word for word in words if word in wv]


def draw_map(result: Result, path: str) -> None:
    """Draw some words and those near them, coloured by cluster."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    from sgns.plotting import plot_map

    wv = result.model.wv
    words = known(wv, HIGHLIGHTED)
    for seed in known(wv, SEEDS):
        nearest = wv.most_similar(seed, topn=NEAR_EACH_SEED, restrict_vocab=FREQUENT)
        words += [seed, *(neighbour for neighbour, _ in nearest)]
    figure, axes = plt.subplots(figsize=(10, 7), layout="constrained")
    plot_map(
        wv,
        dict.fromkeys(words),
        clusters=len(SEEDS),
        highlight=known(wv, HIGHLIGHTED),
        title=f"Film reviews: {result.run.name}",
        ax=axes,
    )
    figure.savefig(path, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())

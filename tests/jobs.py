"""Small jobs for the core, which several test files train."""

from __future__ import annotations

from functools import cache

import numpy as np

from oracle import Oracle
from oracle_step import NoiseWords
from sgns import _core, _kernels
from sgns.weights import Weights

INSTRUCTION_SETS = _kernels.available_kernels()
N_WORDS = 40
# Documents longer and shorter than blocks, empty ones at the start, in the middle and at the end.
LENGTHS = (0, 0, 41, 1, 0, 3, 2, 17, 0, 0, 0, 1, 90, 30, 7, 7, 7, 25, 0)
ALL_AT_ONCE = 2**31 - 1
KEEP_ALL = 2**32 - 1


def settings(*, kernel="scalar", size=16, sharing=0, lengths=LENGTHS, seed=0, **changes):
    """Arguments of `Oracle`, and by `plan_of` of `Plan`, but for the weights."""
    generator = np.random.default_rng(seed)
    offsets = np.cumsum([0, *lengths])
    share = 1 / np.arange(2, N_WORDS + 7)
    tokens = generator.choice(N_WORDS + 5, size=offsets[-1], p=share / share.sum())
    keep = np.minimum(0.3 + np.arange(N_WORDS) / 30, 1)
    arguments = {
        "tokens": tokens.astype(np.uint32),  # 5 of the words are too rare to train
        "offsets": offsets.astype(np.int64),
        "keep": np.minimum(keep * 2.0**32, KEEP_ALL).astype(np.uint32),
        "noise": shared_noise() if sharing else NoiseWords(noise_distribution()),
        "kernel": kernel,
        "vector_size": size,
        "n_vocabulary": N_WORDS + 5,
        "window": 5,
        "shrink_windows": True,
        "negative": 3,
        "lanes": max(sharing, 1),
        "draw": 11 if sharing else 0,
        "pairs_at_once": ALL_AT_ONCE,
        "rows_at_once": _core.MAX_ROWS,
        "loss_every": 1,
        "block": 6,
        "blocks_per_job": 24,
    }
    return arguments | changes


def noise_distribution(n=N_WORDS):
    weight = (1 / np.arange(2, n + 2)) ** 0.75
    return weight / weight.sum()


def shared_noise():
    """Noise words that count for 0 (they are drawn, but no noise) and 0.4 to 3 plain draws."""
    probability = noise_distribution()
    probability[3] = 0
    probability /= probability.sum()
    proposal = noise_distribution() * np.random.default_rng(9).uniform(0.3, 2.0, N_WORDS)
    return NoiseWords(probability, proposal / proposal.sum())


def random_weights(size, seed=1):
    """Scores of these have a standard deviation of about 2, so some are past 6."""
    generator = np.random.default_rng(seed)
    scale = np.sqrt(2) / size**0.25
    rows = scale * generator.standard_normal((2, N_WORDS, size))
    return Weights.of(*rows.astype(np.float32))


# ---- documents ----------------------------------------------------------------------------------

# What distinguishes the plans of the five models.
DOCUMENT_MODES = {
    "dbow": {"word_targets": False, "group": 4},
    "joint": {"group": 4, "document_weight": 0.7},
    "sum": {"join": "sum"},
    "mean": {"join": "mean"},
    "concat": {"join": "concat"},
}


def several_tags(n_documents, n_tags=9, seed=5):
    """0 to 3 of the tags for every document, some of them twice on the same one."""
    generator = np.random.default_rng(seed)
    counts = generator.integers(0, 4, size=n_documents)
    counts[2] = 2  # the longest of those before the last ones
    return {
        "tags": generator.integers(n_tags, size=counts.sum()).astype(np.uint32),
        "tag_offsets": np.cumsum([0, *counts]).astype(np.int64),
    }


def document_settings(mode, *, tagged=False, **changes):
    """`settings` of one of the five models."""
    arguments = settings(**({"join": "word", "document_uses": 2} | DOCUMENT_MODES[mode] | changes))
    return arguments | (several_tags(len(arguments["offsets"]) - 1) if tagged else {})


def document_weights(arguments, seed=1):
    """Weights as large as `random_weights`, with W_d, and W_c as wide as the model has it."""
    size, generator = arguments["vector_size"], np.random.default_rng(seed)
    parts = 2 if arguments["join"] == "concat" else 1
    tags = arguments.get("tags")
    n = len(arguments["offsets"]) - 1 if tags is None else int(tags.max()) + 1
    scale = np.sqrt(2) / (parts * size) ** 0.25
    words, documents, contexts = (
        (scale * generator.standard_normal(shape)).astype(np.float32)
        for shape in [(N_WORDS, size), (n, size), (N_WORDS, parts * size)]
    )
    return Weights.of(words, contexts, documents)


def rates(arguments):
    """Learning rates at the start and the end of a job, large, but not so large as to diverge."""
    return (0.01, 0.002) if arguments["window"] == 0 else (0.1, 0.02)


def plan_of(arguments, weights, pieces=None):
    """The plan of these settings; `Noise` may be one of the core already, tokens in pieces."""
    noise = arguments["noise"]
    if isinstance(noise, NoiseWords):
        noise = noise.of_core()
    return _core.Plan(
        **(arguments | {"noise": noise, "tokens": pieces or (arguments["tokens"],)}),
        words=weights.words,
        contexts=weights.contexts,
        documents=weights.documents,
    )


def train_all(arguments, weights, shuffle=True, pieces=None):
    """Every job of an epoch in turn by one worker; returns the tallies."""
    plan = plan_of(arguments, weights, pieces)
    plan.start_epoch(11, 22 if shuffle else 0, 33)
    worker = _core.Worker(plan)
    return [worker.train_job(job, *rates(arguments)) for job in range(plan.n_jobs)]


def train_oracle(arguments, weights, shuffle=True):
    """The same by the oracle; returns it with its tallies."""
    oracle = Oracle(
        **arguments,
        words=weights.word_vectors,
        contexts=weights.context_vectors,
        documents=weights.document_vectors,
    )
    oracle.start_epoch(11, 22 if shuffle else 0, 33)
    return oracle, [oracle.train_job(job, *rates(arguments)) for job in range(oracle.n_jobs)]


@cache
def oracle_of(**changes):
    """The oracle after the epoch of `train_all`, with its tallies."""
    arguments = settings(**changes)
    return train_oracle(arguments, random_weights(arguments["vector_size"]))


@cache
def seed_away_from_table_borders(**changes):
    """A corpus on which no score is near the border of two entries of the table of the sigmoid.

    There float32 may fall on the other side than float64, and the results part.
    """
    for seed in range(200):
        if not oracle_of(kernel="blas", seed=seed, **changes)[0].step.near_table_border:
            return seed
    raise AssertionError("no such corpus")

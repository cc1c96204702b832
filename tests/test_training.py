"""train(): every token, every parameter, the schedule, losses."""

from __future__ import annotations

import threading
from dataclasses import asdict

import numpy as np
import pytest

from corpora import corpus_of, model_of, small_corpus
from oracle import Oracle
from oracle_step import NoiseWords
from sgns import TrainingConfig, _core
from sgns.step_shape import step_shape
from sgns.training import Training
from sgns.weights import Weights

# ---- coverage -----------------------------------------------------------------------------------

SHAPES = {
    "one huge document": [60_001],
    "many documents of a word": [1] * 50_000,
    "empty documents everywhere": [0, 0, 5, 0, 700, 0, 0, 0, 1, 30_000, 20_000, 0, 0],
    "documents that cross blocks": [63, 65, 64, 1, 129, 300] * 100,
    "less than a block": [3],
}


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("n_workers", [1, 2, 5])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_token_is_visited_once_an_epoch(monkeypatch, shape, n_workers, shuffle):
    corpus = corpus_of(SHAPES[shape])
    visits = np.zeros(corpus.n_tokens, dtype=np.int32)
    plan = _core.Plan
    monkeypatch.setattr(_core, "Plan", lambda **arguments: plan(**(arguments | {"visits": visits})))
    threads = set()
    worker = _core.Worker

    class Watched:
        def __init__(self, plan):
            threads.add(threading.current_thread())
            self.worker = worker(plan)

        def train_job(self, *arguments):
            return self.worker.train_job(*arguments)

    monkeypatch.setattr(_core, "Worker", Watched)
    config = TrainingConfig(vector_size=2, window=2)
    weights = Weights.initial(len(corpus.vocabulary), 2, 1)
    records = []
    for _ in range(2):
        threads.clear()
        Training(
            corpus=corpus,
            config=config,
            weights=weights,
            history=records,
            epochs=1,
            epochs_before=len(records),
            workers=n_workers,
            shuffle=shuffle,
        ).run()
        assert (visits == len(records)).all()
        assert records[-1].tokens == corpus.n_tokens
        if corpus.n_tokens > 5 * 128 * 64:
            assert len(threads) == n_workers


def test_every_epoch_has_an_order_of_its_own_unless_told_to_keep_it(monkeypatch):
    keys = []
    plan = _core.Plan

    class Watched:
        def __init__(self, **arguments):
            self.plan = plan(**arguments)

        def start_epoch(self, token_key, order_key, noise_key):
            keys.append((token_key, order_key, noise_key))
            self.plan.start_epoch(token_key, order_key, noise_key)

        def __getattr__(self, name):
            return getattr(self.plan, name)

    monkeypatch.setattr(_core, "Plan", Watched)
    worker = _core.Worker
    monkeypatch.setattr(_core, "Worker", lambda watched: worker(watched.plan))
    model = model_of(small_corpus(), seed=1).train(3, 1).train(2, 1)
    assert len(model.history) == 5
    assert len({number for key in keys for number in key}) == 15
    assert all(order for _, order, _ in keys)
    shuffled, keys[:] = keys.copy(), []
    model_of(small_corpus(), seed=1).train(5, 1, shuffle=False)
    assert keys == [(token, 0, noise) for token, _, noise in shuffled]
    keys.clear()
    model_of(small_corpus(), seed=2).train(5, 1)
    assert not {number for key in keys for number in key} & {n for key in shuffled for n in key}


# ---- from the parameters to the core ------------------------------------------------------------


def captured(monkeypatch):
    """What training hands to the core: the arguments of plans, with the noise as the oracle's."""
    plans, noises = [], []
    plan, noise = _core.Plan, _core.Noise

    def watched_plan(**arguments):
        plans.append(arguments | {"noise": noises[-1]})
        return plan(**arguments)

    def watched_noise(probability, proposal=None):
        noises.append(NoiseWords(probability, proposal))
        return noise(probability, proposal)

    monkeypatch.setattr(_core, "Plan", watched_plan)
    monkeypatch.setattr(_core, "Noise", watched_noise)
    return plans


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"negative_sharing": 16, "alpha": 0.005},
        {"negative_sharing": 1, "window": "document", "alpha": 0.005, "shared_negatives": 5},
        {"negative": 20, "window": 8, "shrink_windows": False},
        {"alpha": 0.4, "negative": 7, "window": 2},
        {"negative_sharing": 0, "shrink_windows": False, "window": 2, "negative": 2, "sample": 0.0},
        {"negative_sharing": 3, "max_final_vocab": 20, "ns_exponent": -0.5, "sample": 0.02},
    ],
)
def test_a_trained_model_and_its_losses_are_those_of_the_oracle(monkeypatch, changes):
    plans = captured(monkeypatch)
    corpus = corpus_of([50, 0, 30, 1, 70, 49])
    changes = {"sample": 0.05, "alpha": 0.05, "min_alpha": 0.001, "seed": 3} | changes
    model = model_of(corpus, vector_size=17, **changes)
    n = len(model.vocabulary)
    weights = Weights.initial(n, 17, 3)
    model.train(2, 1)

    counts = corpus.vocabulary.counts[:n]
    share = counts / counts.sum()
    exponent = changes.get("ns_exponent", 0.75)
    [arguments] = plans
    noise = arguments["noise"].probability
    np.testing.assert_allclose(noise, counts**exponent / (counts**exponent).sum())
    sample = changes["sample"]
    keep = np.minimum(1, np.sqrt(sample / share) + sample / share) if sample else np.ones(n)
    np.testing.assert_allclose(arguments["keep"] / 2.0**32, keep, atol=2.0**-31)
    assert arguments["n_vocabulary"] == len(corpus.vocabulary)
    assert arguments["window"] == (
        0 if changes.get("window") == "document" else model.config.window
    )
    assert arguments["shrink_windows"] == model.config.shrink_windows
    assert arguments["negative"] == model.config.negative
    shape = asdict(step_shape(model.config, noise.max()))
    assert {name: arguments[name] for name in shape} == shape
    assert (arguments["noise"].proposal is None) == (shape["draw"] == 0)

    arguments.pop("visits", None)
    start = {"words": weights.word_vectors, "contexts": weights.context_vectors}
    tokens = {"tokens": np.concatenate(arguments["tokens"])}
    oracle = Oracle(**(arguments | tokens | start))
    assert oracle.n_jobs == 1
    alpha = changes["alpha"]
    middle = (alpha + 0.001) / 2
    for epoch, (begin, end) in enumerate([(alpha, middle), (middle, 0.001)]):
        key = _core.derive_key(3, epoch)
        oracle.start_epoch(*(_core.derive_key(key, purpose) for purpose in (1, 2, 3)))
        expected = oracle.train_job(0, begin, end)
        record = model.history[epoch]
        pairs, targets = expected["pairs"], expected["targets"]
        # Every step of so small a corpus is in the loss.
        assert (record.pairs, record.targets, record.loss_pairs) == (pairs, targets, pairs)
        assert record.loss_per_pair == pytest.approx(expected["loss"] / pairs, rel=1e-5)
        assert record.loss_per_target == pytest.approx(expected["loss"] / targets, rel=1e-5)
    assert np.abs(oracle.contexts).max() > 0.005
    np.testing.assert_allclose(model.weights.word_vectors, oracle.words, atol=1e-5)
    np.testing.assert_allclose(model.weights.context_vectors, oracle.contexts, atol=1e-5)


def test_the_cases_above_shape_steps_in_every_way(monkeypatch):
    plans = captured(monkeypatch)
    corpus = corpus_of([50, 0, 30, 1, 70, 49])
    for changes in (
        {"alpha": 0.005, "negative_sharing": 16},
        {"negative": 20, "window": 8, "shrink_windows": False, "alpha": 0.05},
        {"alpha": 0.4, "negative": 7, "window": 2},
    ):
        model_of(corpus, **changes).train(1, 1)
    many, pieces, fresh = plans
    assert (many["lanes"], many["draw"]) == (16, 32)
    assert 1 <= pieces["pairs_at_once"] < 16
    assert pieces["draw"] == 32
    assert (fresh["lanes"], fresh["draw"]) == (1, 0)
    assert fresh["rows_at_once"] < 6


@pytest.mark.parametrize(
    "changes",
    [{}, {"ns_exponent": 0}, {"ns_exponent": -1.5}, {"sample": 0}, {"ns_exponent": 2.5}],
    ids=str,
)
def test_shared_noise_is_proposed_between_the_noise_and_the_text(monkeypatch, changes):
    plans = captured(monkeypatch)
    corpus = corpus_of([20_000], n_words=400)
    changes = {"sample": 1e-3, "ns_exponent": 0.75, "alpha": 1e-4, "min_alpha": 0} | changes
    model_of(corpus, **changes).train(1, 1)
    noise, counts = plans[0]["noise"], corpus.vocabulary.counts
    share = counts / counts.sum()
    t = changes["sample"]
    text = share * (np.minimum(1, np.sqrt(t / share) + t / share) if t else 1)
    text /= text.sum()
    assert noise.proposal.sum() == pytest.approx(1)
    ratio = noise.probability / noise.proposal
    # Weights are at the most 8, and 9 where the sum of all that are kept at this is another one.
    assert ratio.max() < 9.001
    assert (noise.proposal > 0).all()
    # Where no weight is at its limit, the proposal is the noise to 0.3 and the text to 0.7.
    free = ratio < 0.999 * ratio.max()
    between = noise.probability**0.3 * text**0.7
    factor = (noise.proposal / between)[free if free.any() else slice(None)]
    np.testing.assert_allclose(factor, factor.mean(), rtol=1e-9)
    assert free.sum() >= 200


def test_no_noise_distribution_is_too_steep_to_propose_words_from():
    corpus = corpus_of([3000], n_words=50)
    for ns_exponent in (-300.0, -40.0, 40.0, 300.0):
        model = model_of(corpus, ns_exponent=ns_exponent).train(2, 1)
        assert np.isfinite(model.weights.words).all()
        assert np.isfinite(model.history[-1].loss_per_pair)


def test_the_first_loss_is_that_of_knowing_nothing():
    # Contexts begin at zero, so with a tiny learning rate every score is 0: a pair costs log(2)
    # for its context and as much for each noise word that is not that context.
    corpus = corpus_of([30] * 400)
    noise = corpus.vocabulary.noise_distribution(len(corpus.vocabulary), 0.75)
    share = corpus.vocabulary.counts / corpus.vocabulary.total
    same = float(noise @ share)  # that a noise word equals the context
    for sharing in (0, 16):
        tiny = {"alpha": 1e-9, "min_alpha": 0.0, "sample": 0.0, "negative_sharing": sharing}
        record = model_of(corpus, negative=5, **tiny).train(1, 1).history[0]
        expected = np.log(2) * (1 + 5 * (1 - same))
        # 70,000 pairs; `same` is a mean of 0/1 draws with at least 350 independent ones behind.
        assert record.loss_per_pair == pytest.approx(expected, rel=0.01)
        assert record.loss_per_target == pytest.approx(
            record.loss_per_pair * record.pairs / record.targets, rel=0.01
        )


def test_a_sampled_loss_is_close_to_the_whole(monkeypatch):
    import sgns.plan

    corpus = corpus_of([1000] * 50)
    whole = model_of(corpus).train(2, 1).history[1]
    assert whole.loss_pairs == whole.pairs
    monkeypatch.setattr(sgns.plan, "TOKENS_PER_LOSS_STEP", 1)
    monkeypatch.setattr(sgns.plan, "LOSS_EVERY", 16)
    sampled = model_of(corpus).train(2, 1).history[1]
    assert sampled.pairs == whole.pairs
    # One step in 16: some 3,500 of 57,000 pairs, and a pair's loss deviates by about 1 from 3.
    assert sampled.pairs / 25 < sampled.loss_pairs < sampled.pairs / 10
    assert sampled.loss_per_pair == pytest.approx(whole.loss_per_pair, abs=5 / np.sqrt(3500))


def test_the_loss_falls():
    losses = [r.loss_per_pair for r in model_of(corpus_of([50] * 200)).train(8, 1).history]
    assert losses[-1] < losses[0]


# ---- the schedule -------------------------------------------------------------------------------


def test_the_learning_rate_falls_linearly_over_all_jobs_of_all_epochs(monkeypatch):
    worker = _core.Worker
    seen = []

    class Watched:
        def __init__(self, plan):
            self.worker = worker(plan)

        def train_job(self, job, alpha, alpha_end):
            seen.append((alpha, alpha_end))
            return self.worker.train_job(job, alpha, alpha_end)

    monkeypatch.setattr(_core, "Worker", Watched)
    corpus = corpus_of([40_000])
    model = model_of(corpus, alpha=0.5, min_alpha=0.1, vector_size=2).train(3, 1)
    n_jobs = len(seen) // 3
    assert n_jobs == 5
    starts, ends = np.array(seen).T
    assert starts[0] == 0.5
    assert ends[-1] == pytest.approx(0.1)
    np.testing.assert_allclose(starts, 0.5 - 0.4 * np.arange(15) / 15)
    np.testing.assert_allclose(ends[:-1], starts[1:])
    assert [record.alpha for record in model.history] == pytest.approx(
        [0.5 - 0.4 * epoch / 3 for epoch in (1, 2, 3)]
    )
    seen.clear()
    model.train(1, 1)
    assert seen[0][0] == 0.5  # every call has a schedule of its own

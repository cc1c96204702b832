"""Sizes and parameters from end to end of what is accepted: finite numbers, or a clear error."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora import corpus_of, model_of
from sgns import Corpus, DivergedError, Vocabulary

PARAMETERS = st.fixed_dictionaries(
    {"min_alpha": st.just(0.0)},
    optional={
        "document_weight": st.floats(1e-3, 1e3),
        "kernel": st.sampled_from(["fused", "blas"]),
        "vector_size": st.sampled_from([1, 2, 15, 17, 100, 333]),
        "window": st.one_of(st.integers(1, 12), st.sampled_from([1_000_000, "document"])),
        "ns_exponent": st.floats(-8, 8),
        "sample": st.one_of(st.just(0.0), st.floats(1e-6, 1.0)),
        "negative": st.sampled_from([1, 2, 5, 20, 300]),
        "alpha": st.one_of(st.floats(1e-6, 0.5), st.floats(1.0, 1e6)),
        "shrink_windows": st.booleans(),
        "negative_sharing": st.sampled_from([0, 1, 7, 64]),
        "shared_negatives": st.sampled_from([1, 3, 24, 64]),
        "documents": st.sampled_from([None, "dbow", "joint", "sum", "mean", "concat"]),
        "seed": st.integers(0, 2**32),
    },
)
LENGTHS = st.lists(st.integers(0, 40), max_size=8)


@pytest.mark.filterwarnings("ignore:.*sample")
@settings(max_examples=80, deadline=None, derandomize=True)
@given(PARAMETERS, LENGTHS, st.integers(2, 30))
def test_accepted_parameters_give_finite_numbers_or_say_that_training_diverged(
    parameters, lengths, n_words
):
    if parameters.get("documents") != "joint":
        parameters = {name: p for name, p in parameters.items() if name != "document_weight"}
    model = model_of(corpus_of([40, *lengths], n_words=n_words), **parameters)
    try:
        model.train(2, 1)
    except DivergedError as error:
        assert "alpha" in str(error)  # noqa: PT017 - either of both is right
        return
    assert model.weights.are_finite()
    for record in model.history:
        assert np.isfinite(record.loss_per_pair) or record.pairs == 0


def test_a_document_may_have_ten_million_tokens():
    tokens = np.random.default_rng(3).integers(50, size=10_000_000, dtype=np.uint32)
    corpus = Corpus.from_arrays(tokens, [0, len(tokens)], [f"w{i}" for i in range(50)])
    model = model_of(corpus, sample=1e-4, vector_size=2, window=2).train(1)
    assert model.history[-1].tokens == len(tokens)
    assert np.isfinite(model.wv.vectors).all()


@pytest.mark.filterwarnings("ignore:the 500 documents have one word")
@pytest.mark.parametrize("documents", [None, "dbow", "mean"])
def test_documents_may_have_one_word(documents):
    model = model_of(corpus_of([1] * 500), sample=0, documents=documents).train(1)
    assert np.isfinite(model.weights.words).all()
    assert documents is None or np.isfinite(model.dv.vectors).all()


def test_a_vocabulary_may_have_three_million_words():
    n = 3_000_000
    tokens = np.arange(n, dtype=np.uint32)
    corpus = Corpus.from_arrays(tokens, [0, n], [f"w{i}" for i in range(n)])
    model = model_of(corpus, vector_size=1, window=1, negative=1).train(1)
    assert len(model.wv) == n
    assert np.isfinite(model.wv.vectors).all()


@pytest.mark.parametrize("size", [1, 2000])
def test_vectors_may_have_one_number_or_two_thousand(size):
    model = model_of(corpus_of([400]), vector_size=size).train(1)
    assert model.wv.vectors.shape[1] == size
    assert np.isfinite(model.wv.vectors).all()


def test_words_may_be_counted_past_32_bits():
    counts = [2**45, 2**33, 2**32 + 1, 5]
    vocabulary = Vocabulary(["a", "b", "c", "d"], counts)
    assert vocabulary.counts.tolist() == counts
    kept = vocabulary.keep_probability(4, 1e-3)
    noise = vocabulary.noise_distribution(4, 0.75)
    assert np.isfinite(kept).all()
    assert (np.diff(kept) >= 0).all()
    assert noise.sum() == pytest.approx(1)
    assert noise[0] / noise[1] == pytest.approx(2 ** (12 * 0.75))


def test_counts_that_add_up_to_more_than_64_bits_are_refused():
    assert Vocabulary(["a", "b"], [2**62, 2**62 - 1]).total == 2**63 - 1
    for counts in ([2**62, 2**62], [2**63 - 1, 1], [2**62] * 5):
        with pytest.raises(ValueError, match=r"counts: expected at most 2\^63 - 1 tokens in all"):
            Vocabulary([f"w{i}" for i in range(len(counts))], counts)


@pytest.mark.parametrize("exponent", [1e308, -1e308, 1e3, -1e3])
def test_an_exponent_of_any_size_leaves_the_words_of_one_count_as_noise(exponent):
    vocabulary = Vocabulary(["a", "b", "c", "d", "e"], [9, 9, 5, 1, 0])
    expected = [0.5, 0.5, 0, 0, 0] if exponent > 0 else [0, 0, 0, 1, 0]
    assert vocabulary.noise_distribution(5, exponent).tolist() == pytest.approx(expected)
    model = model_of(corpus_of([400]), sample=0, ns_exponent=exponent).train(1, 1)
    assert np.isfinite(model.history[0].loss_per_pair)


def test_documents_may_weigh_as_little_as_is_accepted():
    corpus = corpus_of([40] * 9)
    model = model_of(corpus, sample=0, documents="joint", document_weight=1e-6).train(1, 1)
    assert model.weights.are_finite()
    with pytest.raises(ValueError, match=r"document_weight: expected .* from 1e-06"):
        model_of(corpus, documents="joint", document_weight=1e-300)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:sample=")
@pytest.mark.timeout(3600)
def test_a_corpus_may_have_more_than_two_to_the_31_tokens(tmp_path):
    # A file with a hole: 2^31 times word 0, which is left out as too frequent, and after it
    # documents of the other words, whose places need more than 31 bits.
    n_words, tail, path = 50, 20_000, tmp_path / "big.corpus"
    words = [f"w{i}" for i in range(n_words)]
    Corpus.from_arrays(np.arange(n_words), [0, n_words], words).save(path)
    n_tokens = 2**31 + tail
    tokens = np.lib.format.open_memmap(path / "tokens.npy", "w+", np.uint32, (n_tokens,))
    tokens[2**31 :] = np.random.default_rng(4).integers(1, n_words, tail)
    counts = np.bincount(tokens[2**31 :], minlength=n_words)
    tokens.flush()
    counts[0] = 2**31
    order = np.argsort(-counts, kind="stable")  # words are numbered by falling count
    ranks = np.argsort(order, kind="stable").astype(np.uint32)
    tokens[2**31 :] = ranks[tokens[2**31 :]]
    del tokens
    offsets = np.array([0, 2**31, *range(2**31 + 100, n_tokens + 1, 100)])
    np.save(path / "offsets.npy", offsets)
    np.save(path / "counts.npy", counts[order])
    meta = json.loads((path / "meta.json").read_text("utf-8"))
    meta |= {"n_tokens": n_tokens, "n_documents": len(offsets) - 1}
    (path / "meta.json").write_text(json.dumps(meta), "utf-8")

    with Corpus.open(path) as corpus:
        model = model_of(corpus, sample=1e-7, vector_size=4)
        before = model.wv.vectors.copy()
        record = model.train(1).history[-1]
        assert record.tokens == n_tokens
        assert record.pairs > tail
        assert np.isfinite(model.wv.vectors).all()
        assert (model.wv.vectors[1:] != before[1:]).any(axis=1).all()

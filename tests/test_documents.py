"""Models of documents: what they learn, what they are asked, where their vectors are."""

from __future__ import annotations

import numpy as np
import pytest

from corpora import corpus_of
from jobs import DOCUMENT_MODES
from sgns import Corpus, KeyedVectors, Model, TrainingConfig
from sgns.plan import make_plan
from sgns.weights import Weights
from topics import planted_topics, share_of_topic

MODES = list(DOCUMENT_MODES)


@pytest.fixture(scope="module")
def topics():
    return planted_topics()


@pytest.fixture(scope="module")
def corpus(topics):
    with Corpus.build(topics[0]) as corpus:
        yield corpus


def model_of(source, documents, **changes):
    parameters = {"vector_size": 16, "min_count": 1, "sample": 0, "alpha": 0.05} | changes
    return Model(source, documents=documents, **parameters)


# ---- what is learnt -----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_planted_topics_are_recovered(mode, corpus, topics):
    of = topics[1]
    model = model_of(corpus, mode).train(20, 1)
    assert share_of_topic(model.dv.vectors, of, of, model.dv.vectors) > 0.99
    new, of_new = planted_topics(350)
    inferred = model.infer(new[300:])
    assert share_of_topic(inferred, of, of_new[300:], model.dv.vectors) > 0.99
    untrained = model_of(corpus, mode)
    assert share_of_topic(untrained.dv.vectors, of, of, untrained.dv.vectors) < 0.3


@pytest.mark.parametrize("sharing", [0, "blas"])
@pytest.mark.parametrize("mode", MODES)
def test_planted_topics_are_recovered_with_fresh_noise(mode, sharing, corpus, topics):
    changes = {"kernel": "blas"} if sharing == "blas" else {"negative_sharing": 0}
    model = model_of(corpus, mode, **changes).train(8, 2)
    assert share_of_topic(model.dv.vectors, topics[1], topics[1], model.dv.vectors) > 0.95
    new, of_new = planted_topics(320)
    inferred = model.infer(new[300:])
    assert share_of_topic(inferred, topics[1], of_new[300:], model.dv.vectors) > 0.95


@pytest.mark.parametrize(("mode", "space"), [("joint", "wv"), ("mean", "wv"), ("dbow", "cv")])
def test_words_and_documents_are_in_one_space_where_the_docstring_says_so(mode, space, topics):
    # Documents of one topic each, whose words are of that topic alone.
    generator = np.random.default_rng(1)
    of = generator.integers(5, size=200)
    documents = [[f"t{t}w{w}" for w in generator.integers(8, size=30)] for t in of]
    model = model_of(documents, mode).train(20, 1)
    words = getattr(model, space)
    same = [
        word.startswith(f"t{of[number]}")
        for number in range(0, 200, 5)
        for word, _ in words.similar_by_vector(model.dv[number], topn=5)
    ]
    assert np.mean(same) > 0.95
    for topic in range(5):
        near = model.dv.similar_by_vector(words[f"t{topic}w3"], topn=5)
        assert all(of[number] == topic for number, _ in near)


def test_random_word_vectors_are_told_and_not_taken_for_learnt_ones(topics, tmp_path, recwarn):
    model = model_of(topics[0], "dbow").train(5, 1)
    assert model.words_are_random
    with pytest.warns(UserWarning, match=r'not trained with documents="dbow".* model\.cv has'):
        before = model.wv
    assert model.learnt_words.vectors is model.cv.vectors
    model.save(tmp_path / "dbow")
    assert Model.load(tmp_path / "dbow", mmap=True).words_are_random

    started = model_of(
        topics[0], "dbow", start=KeyedVectors(before.index_to_key, before.vectors + 1)
    )
    assert not started.words_are_random
    assert started.learnt_words.vectors is started.wv.vectors
    assert not model_of(topics[0], "joint").words_are_random
    assert not recwarn


def test_the_loss_of_words_and_that_of_documents_are_told_apart(corpus):
    by_mode = {mode: model_of(corpus, mode).train(2, 1).history for mode in MODES}
    n = corpus.n_tokens
    for record in by_mode["dbow"]:
        assert np.isnan(record.loss_per_pair)
        assert (record.pairs, record.targets, record.document_pairs) == (0, 0, n)
    for record in by_mode["joint"]:
        assert 0 < record.loss_per_pair < 5
        assert (record.targets, record.document_pairs) == (n, n)
    for mode in ("dbow", "joint"):
        assert by_mode[mode][1].document_loss_per_pair < by_mode[mode][0].document_loss_per_pair
    for mode in ("sum", "mean", "concat"):
        for record in by_mode[mode]:
            assert 0 < record.loss_per_pair < 5
            assert np.isnan(record.document_loss_per_pair)
            assert (record.targets, record.document_pairs) == (n, 0)


def test_progress_tells_both_losses(corpus):
    seen = []
    model_of(corpus, "joint").train(1, 1, progress=seen.append)
    assert seen[-1].document_loss_per_pair > 0
    assert seen[-1].loss_per_pair > 0


def test_a_heavier_document_moves_more(corpus):
    size = [
        np.linalg.norm(model_of(corpus, "joint", document_weight=weight).train(1, 1).dv.vectors)
        for weight in (0.1, 1.0, 3.0)
    ]
    assert size[0] < 0.5 * size[1] < 0.5 * size[2]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("changes", [{}, {"negative": 60}, {"document_weight": 5.0}], ids=str)
def test_a_single_long_document_does_not_make_it_diverge(mode, changes):
    # Every lane is in the same document.
    if "document_weight" in changes and mode != "joint":
        pytest.skip("only joint weighs documents")
    corpus = corpus_of([6000], n_words=200)
    model = model_of(corpus, mode, alpha=0.05, **changes).train(3, 1)
    negative = changes.get("negative", 5)
    for record in model.history:
        losses = [record.loss_per_pair, record.document_loss_per_pair]
        assert all(np.isnan(loss) or loss < (1 + negative) * np.log(2) for loss in losses)
    assert np.abs(model.dv.vectors).max() < 10


# ---- beginning from other vectors ---------------------------------------------------------------


def test_frozen_words_are_those_of_the_start_and_documents_are_learnt(corpus, topics):
    words = Model(corpus, vector_size=16, min_count=1, sample=0, alpha=0.05).train(10, 1)
    model = model_of(corpus, "dbow", start=words, freeze="words").train(10, 1)
    assert (model.weights.context_vectors == words.weights.context_vectors).all()
    assert (model.wv.vectors == words.wv.vectors).all()
    assert share_of_topic(model.dv.vectors, topics[1], topics[1], model.dv.vectors) > 0.95
    going_on = model_of(corpus, "dbow", start=words).train(1, 1)
    assert (going_on.weights.context_vectors != words.weights.context_vectors).any()


def test_a_start_is_matched_by_word(corpus):
    first, second, third = corpus.vocabulary.words[3:6]
    known = [first, second, "nowhere"]
    vectors = np.arange(48, dtype=np.float32).reshape(3, 16)
    untouched = model_of(corpus, "dbow")
    model = model_of(corpus, "dbow", start=(None, KeyedVectors(known, vectors)))
    for word in (first, second):
        assert (model.cv[word] == vectors[known.index(word)]).all()
    assert not model.cv[third].any()
    assert (model.weights.word_vectors == untouched.weights.word_vectors).all()
    model = model_of(corpus, "joint", start=KeyedVectors(known, vectors))
    assert (model.wv[second] == vectors[1]).all()
    assert (model.wv[third] == untouched.weights.word_vectors[5]).all()
    assert not model.cv.vectors.any()


def test_a_start_with_two_parts_for_contexts(corpus):
    first = model_of(corpus, "concat").train(1, 1)
    model = model_of(corpus, "concat", start=first)
    assert (model.weights.context_vectors == first.weights.context_vectors).all()
    assert model.cv.vectors.shape == (len(corpus.vocabulary), 32)
    with pytest.raises(ValueError, match="start: expected context vectors of 16 numbers, got 32"):
        model_of(corpus, "joint", start=first)


def test_a_start_that_does_not_fit_is_refused(corpus):
    def vectors(size=16, word=corpus.vocabulary[0]):
        return KeyedVectors([word], np.ones((1, size), dtype=np.float32))

    with pytest.raises(ValueError, match="expected word vectors of 16 numbers, got 9"):
        model_of(corpus, "joint", start=vectors(9))
    with pytest.raises(ValueError, match="none of the 49 words, such as 'w"):
        model_of(corpus, "joint", start=(None, vectors(word="x")))
    for wrong in ({"w1": [1.0]}, (vectors(),), np.ones((60, 16))):
        with pytest.raises(TypeError, match="start: expected a Model, KeyedVectors, or a pair"):
            model_of(corpus, "joint", start=wrong)
    with pytest.warns(UserWarning, match="start: 48 of 49 words have no context vector there"):
        model_of(corpus, "dbow", start=(None, vectors()), freeze="words")


# ---- vectors ------------------------------------------------------------------------------------


def test_documents_without_tags_have_their_numbers(corpus):
    model = model_of(corpus, "dbow")
    assert model.dv.index_to_key == range(300)
    assert (model.dv[42] == model.weights.document_vectors[42]).all()
    assert 300 not in model.dv
    assert "42" not in model.dv
    assert model.dv.most_similar(42, topn=3)[0][0] in range(300)
    assert "300 documents" in repr(model)


def test_initial_vectors_are_even_and_follow_from_the_row_alone():
    few, many = (
        Model(corpus_of([2] * n), documents="dbow", min_count=1, vector_size=5, seed=7).dv.vectors
        for n in (40, 20_000)
    )
    assert (many[:40] == few).all()
    assert np.abs(many).max() <= 0.1
    assert abs(many.mean()) < 0.001
    assert many.std() == pytest.approx(0.2 / np.sqrt(12), rel=0.01)
    other = Model(corpus_of([2] * 40), documents="dbow", min_count=1, vector_size=5, seed=8)
    assert (other.dv.vectors != few).all()


@pytest.mark.parametrize("name", ["dv", "cv", "wv"])
def test_vectors_handed_out_stay_as_they_were_and_share_memory(name, corpus):
    model = model_of(corpus, "joint").train(1, 1)
    vectors = getattr(model, name)
    assert getattr(model, name) is vectors
    before = vectors.vectors.copy()
    matrix = {"dv": "documents", "cv": "contexts", "wv": "words"}[name]
    assert np.shares_memory(vectors.vectors, getattr(model.weights, matrix))
    model.train(1, 1)
    assert (vectors.vectors == before).all()
    assert (getattr(model, name).vectors != before).any()
    del vectors
    weights = getattr(model.weights, matrix)
    model.train(1, 1)
    assert getattr(model.weights, matrix) is weights


def test_a_model_without_documents_has_none(corpus):
    model = Model(corpus, min_count=1, vector_size=4)
    assert model.tags is None
    assert not hasattr(model, "dv")
    with pytest.raises(AttributeError, match="no document vectors; train one with documents="):
        _ = model.dv
    with pytest.raises(ValueError, match="infer: this model has no document vectors"):
        model.infer(["w1 w2"])


def test_another_corpus_must_have_the_same_documents(corpus, topics):
    model = model_of(corpus, "dbow")
    with (
        Corpus.build([*topics[0], []]) as longer,
        pytest.raises(ValueError, match=r"corpus: expected .* 300 tags, got 301"),
    ):
        model.train(1, 1, corpus=longer)


# ---- parameters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"documents": "dm"}, 'documents: expected "dbow", "joint", .* or None, got \'dm\''),
        (
            {"documents": "joint", "document_weight": 0},
            "document_weight: expected .* from 1e-06",
        ),
        ({"documents": "joint", "document_weight": 1001}, "document_weight: expected .* to 1000"),
        (
            {"documents": "dbow", "document_weight": 1},
            'document_weight: expected with documents="joint" only',
        ),
        ({"documents": "dbow", "freeze": "contexts"}, 'freeze: expected "words" or None'),
        ({"freeze": "words"}, "freeze: expected with documents only"),
    ],
)
def test_wrong_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**parameters)


def test_tags_past_the_matrix_are_refused(corpus):
    config = TrainingConfig(documents="dbow", vector_size=8)
    few = Weights.of(*np.zeros((2, 49, 8), dtype=np.float32), np.zeros((299, 8), dtype=np.float32))
    with pytest.raises(ValueError, match="documents: expected 300 rows, got 299"):
        make_plan(corpus, config, few)

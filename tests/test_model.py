"""Model: what it learns, what it hands out, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from corpora import corpus_of, model_of, small_corpus
from sgns import Corpus, KeyedVectors, Model

# ---- learning -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n_workers", [1, 2])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"negative_sharing": 0},
        {"negative_sharing": 1},
        {"kernel": "blas"},
        {"window": "document"},
        {"ns_exponent": -0.5, "shrink_windows": False},
    ],
    ids=str,
)
def test_planted_classes_of_words_are_recovered(planted, planted_corpus, changes, n_workers):
    model = Model(planted_corpus, vector_size=16, min_count=1, sample=0, alpha=0.05, **changes)
    # Without training 9 of 79 other words are of a word's class. Of 400 neighbours drawn by
    # chance that share has a standard deviation of sqrt(p (1 - p) / 400) = 0.016.
    chance = 9 / 79
    deviation = np.sqrt(chance * (1 - chance) / 400)
    assert abs(planted.share_of_class(model.wv) - chance) < 6 * deviation
    model.train(5, n_workers)
    # What is learnt is far from chance: half of the way to perfect is 27 deviations above.
    assert planted.share_of_class(model.wv) > 0.9


def test_the_loss_falls_to_what_the_best_model_costs(planted_corpus):
    model = Model(planted_corpus, vector_size=16, min_count=1, sample=0, alpha=0.05)
    losses = [record.loss_per_pair for record in model.train(6, 1).history]
    # The 10 words of a class are its contexts alike. Each is the context of a pair with
    # probability 1/10, and one of its 5 noise words, of 80, if it is not its context, 5/80 * 9/10
    # times. At the minimum a score is the logarithm of the ratio of the two, or minus infinity.
    times = 5 / 80 * 9 / 10
    best = np.log(1 + times / 0.1) + 10 * times * np.log(1 + 0.1 / times)
    assert losses == sorted(losses, reverse=True)
    # The mean is over an epoch on the way there, so a little above; the words of 19,200 tokens
    # are not drawn quite alike, so perhaps a little below.
    assert 0.99 * best < losses[-1] < 1.06 * best


# ---- sources ------------------------------------------------------------------------------------

DOCUMENTS = [["pear", "plum", "fig"], ["plum", "fig"], [], ["fig", "pear", "fig"]] * 20


def vectors_of(source, **changes):
    parameters = {"vector_size": 5, "min_count": 1} | changes
    model = Model(source, **parameters).train(1, 1)
    assert model.wv.index_to_key == ["fig", "pear", "plum"]
    return model.wv.vectors


def test_every_kind_of_source_gives_the_same_model(tmp_path):
    lines = [" ".join(words) for words in DOCUMENTS]
    text = tmp_path / "baskets.txt"
    text.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    expected = vectors_of(DOCUMENTS)
    Corpus.build(DOCUMENTS, tmp_path / "corpus")
    sources = {
        "generator of lists": (words for words in DOCUMENTS),
        "generator of strings": iter(lines),
        "strings": lines,
        "tuples": [tuple(words) for words in DOCUMENTS],
        "path": text,
        "name": str(text),
        "list of paths": [text],
        "corpus": Corpus.open(tmp_path / "corpus"),
    }
    for name, source in sources.items():
        assert (vectors_of(source) == expected).all(), name


def test_a_generator_is_read_once_and_trained_on_in_every_epoch():
    model = Model((words for words in DOCUMENTS), vector_size=5, min_count=1, sample=0).train(3, 1)
    assert [record.tokens for record in model.history] == [160, 160, 160]
    assert all(record.pairs > 100 for record in model.history)


def test_a_tokenizer_may_be_given():
    model = Model(["a-b-c"] * 5, vector_size=3, min_count=1, tokenizer=lambda text: text.split("-"))
    assert sorted(model.wv.index_to_key) == ["a", "b", "c"]


def test_missing_words_leave_no_gap():
    # With "rare" below min_count, the others are next to each other, as if it were not there.
    with_rare = [["a", "rare", "b"], ["b", "a"]] + [["a", "b"]] * 20
    without = [["a", "b"], ["b", "a"]] + [["a", "b"]] * 20
    pairs = [
        Model(documents, vector_size=3, min_count=2, window=1, sample=0)
        .train(1, 1)
        .history[0]
        .pairs
        for documents in (with_rare, without)
    ]
    assert pairs == [44, 44]


# ---- vocabulary ---------------------------------------------------------------------------------


def test_min_count_and_max_final_vocab_leave_a_prefix():
    corpus = small_corpus()
    counts = corpus.vocabulary.counts
    for min_count, limit in [(1, None), (50, None), (50, 5), (1, 2), (1, 10**6)]:
        model = model_of(corpus, min_count=min_count, max_final_vocab=limit, sample=0)
        n = int((counts >= min_count).sum())
        n = n if limit is None else min(n, limit)
        assert model.wv.index_to_key == list(corpus.vocabulary.words)[:n]
        assert model.vocabulary.counts.tolist() == counts[:n].tolist()
        model.train(1, 2)
        assert model.history[0].tokens == corpus.n_tokens


def test_nothing_left_after_min_count_is_an_error():
    with pytest.raises(ValueError, match="min_count: none of the 3 words occurs 1,000 times") as e:
        Model(DOCUMENTS, min_count=1000)
    assert "the most frequent one, 'fig', occurs 80 times" in str(e.value)


@pytest.mark.parametrize(
    ("documents", "changes"),
    [([["only"] * 9], {}), (DOCUMENTS, {"max_final_vocab": 1}), (DOCUMENTS, {"min_count": 50})],
)
def test_a_vocabulary_of_one_word_is_an_error(documents, changes):
    with pytest.raises(ValueError, match="vocabulary: expected at least 2 words, got only"):
        Model(documents, **({"min_count": 1} | changes))


@pytest.mark.parametrize("source", [[], [[]], [[], []], ["", "  "], iter([])])
def test_a_source_without_words_is_an_error(source):
    with pytest.raises(ValueError, match="expected words, got none"):
        Model(source, min_count=1)


def test_a_file_that_is_missing_or_empty_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        Model(tmp_path / "absent.txt")
    (tmp_path / "empty.txt").touch()
    with pytest.raises(ValueError, match="expected words, got none"):
        Model(tmp_path / "empty.txt")


@pytest.mark.parametrize(
    ("documents", "kind"),
    [
        ([["a", 1]], "int"),
        ([["a", None]], "NoneType"),
        ([["a", b"b"]], "bytes"),
        ([["a"], 5], "int"),
    ],
)
def test_tokens_that_are_no_strings_are_an_error(documents, kind):
    with pytest.raises(TypeError, match=kind):
        Model(documents, min_count=1)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"vector_size": 0}, ValueError, "vector_size: expected an integer from 1"),
        ({"window": 0}, ValueError, "window: expected an integer from 1"),
        ({"negative": 0}, ValueError, "negative: expected an integer from 1"),
        ({"min_count": 0}, ValueError, "min_count: expected an integer from 1"),
        ({"sample": float("nan")}, ValueError, "sample: expected a finite number"),
        ({"alpha": float("nan")}, ValueError, "alpha: expected a finite number"),
        ({"alpha": -1}, ValueError, "alpha: expected"),
        ({"vector_size": "100"}, TypeError, "vector_size: expected an integer"),
    ],
)
def test_parameters_are_checked_before_the_source_is_read(changes, error, message):
    def unread():
        raise AssertionError("the source was read")
        yield

    with pytest.raises(error, match=message):
        Model(unread(), **changes)


def test_an_unknown_parameter_is_an_error():
    with pytest.raises(TypeError, match="size"):
        Model(DOCUMENTS, size=5)


# ---- what is handed out -------------------------------------------------------------------------


def test_word_vectors_share_the_memory_of_the_weights():
    model = model_of(small_corpus(), vector_size=17)
    assert isinstance(model.wv, KeyedVectors)
    assert model.wv is model.wv
    assert np.shares_memory(model.wv.vectors, model.weights.words)
    assert model.wv.vectors.shape == (30, 17)
    assert model.wv.vectors.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        model.wv.vectors[0, 0] = 1


def test_word_vectors_handed_out_stay_as_they_were():
    model = model_of(small_corpus()).train(1, 1)
    wv = model.wv
    before, neighbours = wv.vectors.copy(), wv.most_similar("w1")
    model.train(1, 1)
    assert (wv.vectors == before).all()
    assert wv.most_similar("w1") == neighbours
    assert model.wv is not wv
    assert (model.wv.vectors != before).any()


TAKEN = {
    "all": lambda wv: wv.vectors,
    "one": lambda wv: wv["w1"],
    "some": lambda wv: wv[["w1", "w2"]],
    "a slice": lambda wv: wv.vectors[3:9, ::2],
    "by get_vector": lambda wv: wv.get_vector("w1"),
    "of unit length": lambda wv: wv.get_normed_vectors(),
}


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
def test_arrays_handed_out_stay_as_they_were(take):
    # The array outlives the KeyedVectors that it was taken from.
    model = model_of(small_corpus()).train(1, 1)
    array = take(model.wv)
    before = array.copy()
    model.train(1, 1)
    assert (array == before).all()
    assert (take(model.wv) != before).any()
    later = take(model.wv).copy()
    model.train(1, 1)
    assert (array == before).all()
    assert (take(model.wv) != later).any()


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
def test_arrays_taken_during_training_stay_as_they_were(take):
    model = model_of(corpus_of([20_000] * 3))
    taken = []

    def look(progress):
        array = take(model.wv)
        taken.append((array, array.copy()))

    model.train(4, 1, progress=look)
    assert len(taken) >= 4
    for array, copy in taken:
        assert (array == copy).all()
    assert (taken[0][0] != taken[-1][0]).any()
    # What is trained and what is shown at the end are the same.
    assert (model.wv.vectors == model.weights.word_vectors).all()
    straight = model_of(corpus_of([20_000] * 3)).train(4, 1)
    assert (model.wv.vectors == straight.wv.vectors).all()


def test_word_vectors_that_were_let_go_are_not_copied():
    model = model_of(small_corpus()).train(1, 1)
    memory = model.weights.words
    model.wv.most_similar("w1")
    model.train(1, 1)
    assert model.weights.words is memory


def test_word_vectors_looked_at_during_training_are_not_kept_as_the_result():
    model = model_of(small_corpus(), vector_size=16)
    model.train(3, 1, progress=lambda _: model.wv.most_similar("w1"))
    a, b = (model.wv[word].astype(float) for word in ("w1", "w2"))
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert model.wv.similarity("w1", "w2") == pytest.approx(cosine, abs=1e-6)
    assert np.linalg.norm(model.wv.get_normed_vectors(), axis=1) == pytest.approx(1, abs=1e-6)


def test_a_model_knows_what_it_was_made_from():
    corpus = small_corpus()
    model = model_of(corpus, window=3, seed=9)
    assert model.corpus is corpus
    assert (model.config.window, model.config.seed) == (3, 9)
    assert model.vocabulary == corpus.vocabulary
    assert model.history == ()
    assert repr(model) == "Model(30 words x 8, 0 epochs)"
    assert model.train(2, 1) is model
    assert repr(model) == "Model(30 words x 8, 2 epochs)"
    with pytest.raises(AttributeError):
        model.history = []


def test_initial_weights_are_those_of_word2vec():
    model = model_of(corpus_of([5000], n_words=500), vector_size=100)
    words, contexts = model.weights.word_vectors, model.weights.context_vectors
    assert not contexts.any()
    n = words.size
    assert n > 40_000
    assert np.abs(words).max() <= 0.005
    # Even on (-0.5, 0.5) / 100: variance 1 / 12 / 100^2; 5 standard deviations.
    assert abs(words.mean()) < 5 * np.sqrt(1 / 12 / n) / 100
    assert abs(words.var() * 12e4 - 1) < 5 * np.sqrt(0.8 / n)
    assert len(np.unique(words)) > 0.99 * n


def test_rows_begin_on_cache_lines():
    for size in (1, 16, 17, 100):
        weights = model_of(small_corpus(), vector_size=size).weights
        for matrix in (weights.words, weights.contexts):
            assert matrix.ctypes.data % 64 == 0
            assert matrix.strides[0] % 64 == 0
            assert not matrix[:, size:].any()


# ---- another corpus -----------------------------------------------------------------------------


def test_training_can_go_on_with_another_corpus_of_the_same_words():
    words = [f"w{i}" for i in range(4)]
    first = Corpus.from_arrays([0, 1, 2, 3, 0, 1, 2, 0, 1, 0], [0, 10], words)
    second = Corpus.from_arrays(
        [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4], [0, 15], [*words, "x"]
    )
    model = model_of(first).train(1, 1)
    model.train(1, 1, corpus=second)
    assert model.corpus is second
    assert [record.tokens for record in model.history] == [10, 15]
    model.train(1, 1)
    assert model.history[-1].tokens == 15
    assert model.wv.index_to_key == words


def test_a_corpus_of_other_words_is_refused():
    model = model_of(Corpus.build([["a", "a", "b"]]), sample=0)
    with pytest.raises(ValueError, match="expected word 1 to be 'b' as in the model, got 'c'"):
        model.train(1, 1, corpus=Corpus.build([["a", "a", "c"]]))
    with pytest.raises(ValueError, match="expected word 1 to be 'b' as in the model, got nothing"):
        model.train(1, 1, corpus=Corpus.build([["a", "a"]]))
    with pytest.raises(TypeError, match="corpus: expected a Corpus, got list"):
        model.train(1, 1, corpus=[["a", "b"]])
    assert model.train(1, 1).history[0].tokens == 3


def test_the_path_of_a_corpus_opens_it(tmp_path):
    corpus = small_corpus()
    corpus.save(tmp_path / "a.corpus")
    model = model_of(tmp_path / "a.corpus")
    assert model.corpus.fingerprint == corpus.fingerprint
    assert model_of(str(tmp_path / "a.corpus")).corpus.path == tmp_path / "a.corpus"

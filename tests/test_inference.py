"""Inference: a document's vector is a matter of the document alone."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from jobs import DOCUMENT_MODES, INSTRUCTION_SETS
from sgns import Corpus, Model, _core, inference_input
from topics import planted_topics

MODES = list(DOCUMENT_MODES)


def model_of(mode, documents, **changes):
    parameters = {"vector_size": 19, "min_count": 1, "sample": 0.05, "alpha": 0.05} | changes
    return Model(documents, documents=mode, **parameters).train(3, 1)


@pytest.fixture(scope="module")
def models():
    documents = planted_topics(200)[0]
    return {mode: model_of(mode, documents) for mode in MODES}


@pytest.fixture(scope="module")
def news():
    """Documents of very different lengths, with unknown words and none at all."""
    generator = np.random.default_rng(5)
    lengths = [0, 1, 2, 3, 700, 1, 8, 9, 16, 17, *generator.integers(1, 120, size=60).tolist()]
    documents = [[f"w{w}" for w in generator.integers(75, size=n)] for n in lengths]
    return [*documents, ["nowhere"], []]


def infer(model, documents, **options):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "[0-9]+ of [0-9]+ documents have no known word")
        return model.infer(documents, **({"epochs": 3, "workers": 1} | options))


# ---- the same bits ------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_vector_does_not_depend_on_the_batch_the_order_or_the_threads(mode, models, news):
    model, generator = models[mode], np.random.default_rng(3)
    expected = infer(model, news)
    assert expected.shape == (len(news), 19)
    assert len(np.unique(expected, axis=0)) > len(news) - 12
    for workers in (2, 5):
        assert (infer(model, news, workers=workers) == expected).all()
    for _ in range(6):
        order = generator.permutation(len(news))[: generator.integers(1, len(news))]
        workers = int(generator.choice([1, 2, 5]))
        found = infer(model, [news[i] for i in order], workers=workers)
        assert (found == expected[order]).all()


@pytest.mark.parametrize("kernel", INSTRUCTION_SETS)
@pytest.mark.parametrize("mode", ["dbow", "mean"])
def test_that_holds_for_every_instruction_set(mode, kernel, models, news, monkeypatch):
    monkeypatch.setenv("SGNS_ISA", kernel)
    model = models[mode]
    expected = infer(model, news)
    for i in range(0, len(news), 3):
        assert (infer(model, news[i : i + 1]) == expected[i]).all()
    assert (infer(model, news[::-1], workers=2) == expected[::-1]).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"negative_sharing": 0},
        {"kernel": "blas"},
        {"window": "document"},
        {"negative": 60},
        {"alpha": 0.6},
        {"shared_negatives": 1, "negative": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("mode", ["joint", "sum"])
def test_that_holds_for_other_parameters(mode, changes, news):
    documents = planted_topics(30)[0]
    model = Model(documents, documents=mode, vector_size=5, min_count=1, **changes)
    model.weights.contexts[:, :5] = np.random.default_rng(2).normal(size=(len(model.wv), 5)) / 3
    some = news[:30]
    expected = infer(model, some)
    assert (infer(model, some[::-1], workers=2)[::-1] == expected).all()
    assert (infer(model, some[20:24]) == expected[20:24]).all()
    assert (expected != 0).any(axis=1).sum() > 20


def test_a_corpus_lists_and_strings_give_the_same(models, news, monkeypatch):
    model = models["joint"]
    expected = infer(model, news)
    assert (infer(model, [" ".join(words) for words in news]) == expected).all()
    assert (infer(model, (words for words in news)) == expected).all()
    assert (
        infer(model, [SimpleNamespace(words=words, tags=[1]) for words in news]) == expected
    ).all()
    with Corpus.build(news) as corpus:
        assert (infer(model, corpus) == expected).all()
        # in pieces
        monkeypatch.setattr(inference_input, "CHUNK_TOKENS", 50)
        assert (infer(model, corpus) == expected).all()
    assert (infer(model, news) == expected).all()
    assert (infer(model, iter(news)) == expected).all()


def test_a_seed_is_another_stream_and_the_default_is_the_model_s(models, news):
    model = models["dbow"]
    expected = infer(model, news[10:])
    assert (infer(model, news[10:], seed=model.config.seed) == expected).all()
    assert (infer(model, news[10:], seed=2) != expected).any(axis=1).sum() > 50


def test_one_document_by_the_name_of_gensim(models, news):
    model = models["joint"]
    expected = infer(model, news[10:11])[0]
    assert (model.infer_vector(news[10], epochs=3) == expected).all()
    assert (model.infer_vector(" ".join(news[10]), epochs=3) == expected).all()


# ---- what is inferred ---------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_the_weights_stand_still(mode, models, news):
    model = models[mode]
    before = model.weights.copy()
    infer(model, news, workers=2)
    for name, matrix in model.weights.without_padding().items():
        assert (matrix == before.without_padding()[name]).all()


def test_more_passes_come_nearer_to_the_best_vector(models, news):
    # The loss of a document's vector is convex, so that long training gets close to its minimum.
    model = models["dbow"]
    best = infer(model, news[10:40], epochs=400, min_alpha=0.0)
    distances = [
        np.linalg.norm(infer(model, news[10:40], epochs=epochs, min_alpha=0.0) - best)
        for epochs in (1, 10, 100)
    ]
    assert distances[0] > distances[1] > distances[2]


@pytest.mark.parametrize("mode", MODES)
def test_unknown_words_are_skipped(mode, models):
    model = models[mode]
    known = [f"w{w}" for w in (1, 2, 4, 5, 1, 8)]
    known = [word for word in known if word in model.vocabulary]
    # Behind the others, unknown words change no place of a known one.
    expected = infer(model, [known])
    assert (infer(model, [[*known, "nowhere", "no", "more"]]) == expected).all()
    assert expected.any()


def test_documents_without_a_known_word_have_the_zero_vector_and_one_warning(models):
    documents = [["nowhere"], ["w1", "w2", "w3"] * 5, [], ["no", "more"]]
    with pytest.warns(UserWarning, match="3 of 4 documents have no known word") as caught:
        vectors = models["joint"].infer(documents, workers=2)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert not vectors[[0, 2, 3]].any()
    assert vectors[1].any()


def test_no_documents_have_no_vectors(models):
    assert models["joint"].infer([]).shape == (0, 19)
    assert models["joint"].infer(iter([])).shape == (0, 19)


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("mode", ["concat", "dbow"])
def test_a_loaded_model_infers_the_same(mode, mmap, models, news, tmp_path):
    model = models[mode]
    model.save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model", mmap=mmap)
    assert (infer(loaded, news) == infer(model, news)).all()


# ---- tokenizers ---------------------------------------------------------------------------------


def test_strings_are_cut_as_in_training(tmp_path):
    texts = ["Pear, plum!", "plum FIG", "fig pear"] * 9
    model = Model(texts, documents="dbow", vector_size=4, min_count=1, sample=0, tokenizer="words")
    model.train(2, 1)
    model.save(tmp_path / "model")
    for one in (model, Model.load(tmp_path / "model")):
        assert (one.infer(["Pear FIG."]) == one.infer([["pear", "fig"]])).all()
    with pytest.warns(UserWarning, match="no known word"):
        model.infer(["PEAR"], tokenizer="whitespace")
    # The no-break space is part of a word, as for `Corpus.build`.
    with pytest.warns(UserWarning, match="no known word"):
        model.infer(["pear\u00a0fig"], tokenizer="whitespace")
    assert (
        model.infer(["pear-fig"], tokenizer=lambda text: text.split("-"))
        == model.infer([["pear", "fig"]])
    ).all()


def test_a_function_that_cut_the_text_has_to_be_passed_again():
    def dashes(text):
        return text.split("-")

    model = Model(
        ["a-b", "b-c"] * 9, documents="dbow", vector_size=4, min_count=1, tokenizer=dashes
    )
    with pytest.raises(ValueError, match=r"tokenizer: .* the function '.*dashes' .* pass it"):
        model.infer(["a-b"])
    assert model.infer(["a-b"], tokenizer=dashes).shape == (1, 4)
    assert model.infer([["a", "b"]]).shape == (1, 4)


# ---- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("documents", "options", "error", "message"),
    [
        (
            "w1 w2",
            {},
            TypeError,
            "documents: expected a Corpus or an iterable .*, got 'w1 w2'; for one .* pass a list",
        ),
        (3, {}, TypeError, "documents: expected a Corpus or an iterable"),
        ([3], {}, TypeError, "document 0: expected a string or a list of words, got int"),
        ([["a"], ["b", 3]], {}, TypeError, "document 1, word 1: expected a string, got int"),
        ([b"w1"], {}, TypeError, "document 0: expected a string or a list of words, got bytes"),
        ([], {"epochs": 0}, ValueError, "epochs: expected an integer of 1 or more, got 0"),
        ([], {"epochs": 1.5}, TypeError, "epochs: expected an integer of 1 or more, got 1.5"),
        ([], {"workers": 0}, ValueError, "workers"),
        ([], {"alpha": 0.0}, ValueError, "alpha: expected a number above 0"),
        ([], {"min_alpha": 1.0}, ValueError, "min_alpha: expected at most alpha"),
        ([], {"seed": -1}, ValueError, "seed: expected an integer from 0"),
        (["a"], {"tokenizer": "chars"}, ValueError, "tokenizer: expected 'whitespace', 'words'"),
    ],
)
def test_what_cannot_be_inferred_is_named(documents, options, error, message, models):
    with pytest.raises(error, match=message):
        models["joint"].infer(documents, **options)


def test_a_corpus_has_its_words_already(models):
    with (
        Corpus.build([["w1"]]) as corpus,
        pytest.raises(ValueError, match="tokenizer: expected with strings only"),
    ):
        models["joint"].infer(corpus, tokenizer="words")


def test_the_core_refuses_what_would_lead_it_astray():
    from jobs import document_settings, document_weights, plan_of

    for frozen, documents, message in [
        (False, [0], "expected a frozen plan"),
        (True, [], "expected a frozen plan and 1 to 2 documents"),
        (True, [0, 1, 2], "expected a frozen plan and 1 to 2 documents"),
        (True, [19], "expected numbers below 19"),
        (True, [-1], "expected numbers below 19"),
    ]:
        arguments = document_settings("dbow", sharing=2, frozen=frozen)
        worker = _core.Worker(plan_of(arguments, document_weights(arguments)))
        with pytest.raises(ValueError, match=message):
            worker.infer(np.array(documents, dtype=np.int64), 1, 0.1, 0.1, 1)


def test_no_more_threads_work_than_there_is_work_for(models, news, monkeypatch):
    import sgns.inference

    asked, pool = [], sgns.inference.ThreadPoolExecutor

    def counted(n):
        asked.append(n)
        return pool(n)

    monkeypatch.setattr(sgns.inference, "ThreadPoolExecutor", counted)
    few = news[:3]
    expected = infer(models["dbow"], few, workers=1)
    assert (infer(models["dbow"], few, workers=10**9) == expected).all()
    assert asked == [1, 1]

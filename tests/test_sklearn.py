"""DocumentVectorizer as scikit-learn sees it, and what its vectors are."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

from sgns import Corpus, Model, TrainingConfig

pytest.importorskip("sklearn", minversion="1.6")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks

from sgns.sklearn import DocumentVectorizer

SMALL = {"vector_size": 8, "min_count": 1, "sample": 0, "epochs": 2, "infer_epochs": 3}


def planted_topics(n=120, seed=0):
    """Texts of two topics and what they are about."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(2, size=n)
    words = generator.integers(15, size=(n, 20))
    return [" ".join(f"{'ab'[t]}{w}" for w in row) for t, row in zip(labels, words, strict=True)], (
        labels
    )


TEXTS, LABELS = planted_topics()


def same(one, other):
    assert one.dtype == other.dtype == np.float32
    np.testing.assert_array_equal(one, other)


# ---- what scikit-learn asks for -----------------------------------------------------------------


def test_check_estimator_finds_nothing():
    """It skips what needs numbers as input, and says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=estimator_checks.SkipTestWarning)
        results = estimator_checks.check_estimator(DocumentVectorizer(**SMALL))
    assert [result["check_name"] for result in results if result["status"] == "failed"] == []
    assert any(result["status"] == "passed" for result in results)


@pytest.mark.parametrize(
    "check",
    [
        "check_estimator_cloneable",
        "check_estimator_repr",
        "check_estimator_tags_renamed",
        "check_get_params_invariance",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_set_params",
        "check_valid_tag_types",
    ],
)
def test_checks_that_need_no_numbers(check):
    getattr(estimator_checks, check)("DocumentVectorizer", DocumentVectorizer())


def test_parameters_and_defaults_are_those_of_the_model():
    ours = {k: v.default for k, v in inspect.signature(DocumentVectorizer).parameters.items()}
    fields = {f.name: f.default for f in dataclasses.fields(TrainingConfig)}
    for name in ("documents", "freeze"):  # None makes no vectors of documents; words to freeze
        del fields[name]
    assert fields.items() <= ours.items()
    assert ours["epochs"] == inspect.signature(Model.train).parameters["epochs"].default
    assert ours["infer_epochs"] == inspect.signature(Model.infer).parameters["epochs"].default


@pytest.mark.parametrize("mode", ["dbow", "mean"])
def test_a_pipeline_learns_planted_topics(mode):
    pipeline = make_pipeline(
        DocumentVectorizer(**(SMALL | {"epochs": 15, "documents": mode})),
        StandardScaler(),
        LogisticRegression(),
    )
    assert cross_val_score(pipeline, TEXTS, LABELS, cv=2).min() > 0.95


def test_a_grid_search_finds_what_works():
    pipeline = make_pipeline(DocumentVectorizer(**SMALL), StandardScaler(), LogisticRegression())
    # With words of 119 occurrences and more there is nothing to learn from.
    grid = {"documentvectorizer__epochs": [15], "documentvectorizer__max_final_vocab": [2, None]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* have no known word")
        search.fit(np.array(TEXTS, dtype=object), LABELS)
    assert search.best_params_["documentvectorizer__max_final_vocab"] is None
    assert search.best_score_ > 0.95
    assert search.score(*planted_topics(seed=1)) > 0.95


def test_names_of_columns():
    vectorizer = DocumentVectorizer(**SMALL)
    with pytest.raises(NotFittedError):
        vectorizer.get_feature_names_out()
    names = vectorizer.fit(TEXTS).get_feature_names_out()
    assert names.tolist() == [f"documentvectorizer{i}" for i in range(8)]
    pytest.importorskip("pandas")
    frame = vectorizer.set_output(transform="pandas").transform(TEXTS[:3])
    assert (frame.shape, frame.columns.tolist()) == ((3, 8), names.tolist())


def test_pickled_and_back():
    for vectorizer in (DocumentVectorizer(**SMALL), DocumentVectorizer(**SMALL).fit(TEXTS)):
        back = pickle.loads(pickle.dumps(vectorizer))
        assert back.get_params() == vectorizer.get_params()
        assert hasattr(back, "model_") == hasattr(vectorizer, "model_")
    same(back.transform(TEXTS), vectorizer.transform(TEXTS))
    assert clone(back).get_params() == back.get_params()


# ---- what the vectors are -----------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["dbow", "joint", "sum", "mean", "concat"])
def test_texts_of_training_are_inferred_like_any_other(mode):
    vectorizer = DocumentVectorizer(**SMALL, documents=mode)
    vectors = vectorizer.fit_transform(TEXTS)
    same(vectors, vectorizer.transform(TEXTS))
    same(vectors[::-1], vectorizer.transform(TEXTS[::-1]))
    same(vectors[5:6], vectorizer.transform([TEXTS[5]]))
    same(vectors, clone(vectorizer).fit_transform(TEXTS))
    same(vectors, vectorizer.set_params(workers=2).transform(TEXTS))
    other = clone(vectorizer).set_params(seed=2, workers=1).fit_transform(TEXTS)
    assert not np.array_equal(vectors, other)
    model = Model(iter(TEXTS), vector_size=8, min_count=1, sample=0, documents=mode)
    model.train(2, workers=1)
    same(vectors, model.infer(TEXTS, epochs=3, seed=1))
    same(vectorizer.model_.dv.vectors, model.dv.vectors)


def test_training_is_told_how(monkeypatch):
    """Texts that are few enough for a test are one shard, with which nothing would differ."""
    told = []
    train = Model.train

    def record(self, epochs, workers, **options):
        told.append((epochs, workers, options["deterministic"]))
        return train(self, epochs, workers, **options)

    monkeypatch.setattr(Model, "train", record)
    for workers, deterministic in [(1, False), (3, True), (None, True)]:
        how = {"workers": workers, "deterministic": deterministic}
        DocumentVectorizer(**SMALL, **how).fit(TEXTS)
    assert told == [(2, 1, False), (2, 3, True), (2, None, True)]


def test_forms_of_texts():
    expected = DocumentVectorizer(**SMALL).fit_transform(TEXTS)
    lists = [text.split() for text in TEXTS]
    for form in (tuple(TEXTS), lists, np.array(TEXTS), iter(TEXTS), (list(x) for x in lists)):
        same(DocumentVectorizer(**SMALL).fit_transform(form), expected)
    shouted = [text.upper() + "!" for text in TEXTS]
    for tokenizer in ("words", lambda text: text.lower().rstrip("!").split()):
        vectorizer = DocumentVectorizer(**SMALL, tokenizer=tokenizer)
        same(vectorizer.fit_transform(shouted), expected)
        same(vectorizer.transform(shouted), expected)
    with Corpus.build(shouted, tokenizer="words") as corpus:
        vectorizer = DocumentVectorizer(**SMALL)
        same(vectorizer.fit_transform(corpus), expected)
        same(vectorizer.transform(shouted), expected)


def test_texts_are_never_taken_for_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pear").write_text("not this")
    vectors = DocumentVectorizer(**SMALL).fit_transform(["pear", "a/b.txt", "pear a/b.txt"])
    assert vectors.shape == (3, 8)


def test_unknown_words_and_no_texts():
    vectorizer = DocumentVectorizer(**SMALL).fit(TEXTS)
    assert vectorizer.transform([]).shape == (0, 8)
    with pytest.warns(UserWarning, match="1 of 2 documents have no known word"):
        vectors = vectorizer.transform(["pear", "a1 pear"])
    assert not vectors[0].any()
    same(vectors[1:], vectorizer.transform(["a1"]))


def test_what_is_refused():
    vectorizer = DocumentVectorizer(**SMALL)
    with pytest.raises(NotFittedError):
        vectorizer.transform(TEXTS)
    vectorizer.fit(TEXTS)
    for call in (clone(vectorizer).fit, clone(vectorizer).fit_transform, vectorizer.transform):
        for wrong, error, message in [
            ("a text", ValueError, "X: expected an iterable of texts .*, got a single text"),
            (3, TypeError, "X: expected .*, got int"),
            (np.zeros((3, 2)), ValueError, r"X: expected .*, got ndarray of shape \(3, 2\)"),
            (["a1", 3], TypeError, "document 1: expected a string"),
        ]:
            with pytest.raises(error, match=message):
                call(wrong)
    for parameters, error, message in [
        ({"documents": None}, ValueError, "documents: expected a kind of document vectors"),
        ({"documents": "dm"}, ValueError, "documents: expected"),
        ({"vector_size": 0}, ValueError, "vector_size: expected"),
        ({"epochs": 0}, ValueError, "epochs: expected"),
        ({"workers": 1.5}, TypeError, "workers: expected"),
    ]:
        with pytest.raises(error, match=message):
            DocumentVectorizer(**(SMALL | parameters)).fit(TEXTS)


def test_it_is_imported_on_demand_only():
    program = """
import sys
import sgns, sgns.model
assert "sklearn" not in sys.modules
sys.modules["sklearn"] = None
try:
    import sgns.sklearn
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        "sgns.sklearn needs scikit-learn, which is not installed: pip install 'sgns[sklearn]'\n"
    )

"""What a user of gensim's Word2Vec writes, run with gensim and with the class of the same name.

The steps are those that tutorials of Word2Vec go through: train, look around, ask, save, load, go
on training, look at the loss, write and read files.
"""

import inspect
import json

import numpy as np
import pytest

import sgns
from sgns import Corpus, KeyedVectors, Model
from sgns.gensim_names import ARGUMENTS, OF_MODELS, OF_VECTORS, RENAMED, explains_gensim
from sgns.renumbering import renumbered
from sgns.word2vec import Word2Vec

SAME_CLASS = ["class1word0", "class1word1", "class1word2"]
SETTINGS = {"vector_size": 24, "window": 5, "min_count": 1, "sg": 1, "sample": 0, "seed": 3}


@pytest.fixture(scope="module", params=["gensim", "sgns"])
def package(request):
    """The names that a script imports, from either package."""
    if request.param == "gensim":
        models = pytest.importorskip("gensim.models", reason="needs gensim, of the extra [test]")
        return models.Word2Vec, models.KeyedVectors
    return Word2Vec, KeyedVectors


@pytest.fixture(scope="module")
def trained(package, planted):
    class_, _ = package
    return class_(sentences=planted.documents, workers=1, epochs=5, **SETTINGS)


# ---- training -----------------------------------------------------------------------------------


def test_the_constructor_trains(trained, planted):
    assert planted.share_of_class(trained.wv) > 0.95


def test_sentences_come_from_an_iterable_that_reads_them_again(package, planted):
    class Sentences:
        def __iter__(self):
            for document in planted.documents:
                yield [word.lower() for word in document]

    class_, _ = package
    model = class_(sentences=Sentences(), workers=1, epochs=5, **SETTINGS)
    assert planted.share_of_class(model.wv) > 0.95


def test_sentences_come_from_a_file(package, planted, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(map(" ".join, planted.documents)), encoding="utf-8")
    class_, _ = package
    model = class_(corpus_file=str(path), workers=1, epochs=5, **SETTINGS)
    assert model.corpus_count == 1600
    assert planted.share_of_class(model.wv) > 0.95


def test_the_vocabulary_is_built_first_and_trained_then(package, planted):
    class_, _ = package
    model = class_(workers=1, epochs=4, **SETTINGS)
    model.build_vocab(planted.documents)
    assert (model.corpus_count, model.corpus_total_words) == (1600, 19_200)
    assert len(model.wv) == 80
    untrained = np.array(model.wv.vectors)
    model.train(planted.documents, total_examples=model.corpus_count, epochs=model.epochs)
    assert np.abs(np.array(model.wv.vectors) - untrained).max() > 0.1
    assert planted.share_of_class(model.wv) > 0.95


def test_min_count_leaves_rare_words_out(package):
    class_, _ = package
    sentences = [["often", "too"]] * 9 + [["rare", "often"]]
    model = class_(sentences, min_count=5, vector_size=4, workers=1, epochs=1, sg=1, sample=0)
    assert model.wv.index_to_key == ["often", "too"]


def test_epochs_have_to_be_told_to_train(package, planted):
    class_, _ = package
    model = class_(workers=1, **SETTINGS)
    model.build_vocab(planted.documents)
    with pytest.raises(ValueError, match="epochs"):
        model.train(planted.documents, total_examples=model.corpus_count)


# ---- looking around and asking ------------------------------------------------------------------


def test_words_and_vectors(trained):
    wv = trained.wv
    assert len(wv) == len(wv.index_to_key) == len(wv.key_to_index) == 80
    for index, word in enumerate(wv.index_to_key):
        assert wv.key_to_index[word] == index
        assert word in wv
    counts = [wv.get_vecattr(word, "count") for word in wv.index_to_key]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == 19_200
    vector = wv[SAME_CLASS[0]]
    assert vector.shape == (24,) == (trained.vector_size,)
    assert vector.dtype == np.float32
    assert wv.vectors.shape == (80, wv.vector_size)
    np.testing.assert_array_equal(wv.get_vector(SAME_CLASS[0]), vector)
    assert np.linalg.norm(wv.get_vector(SAME_CLASS[0], norm=True)) == pytest.approx(1, abs=1e-6)
    assert wv[SAME_CLASS].shape == (3, 24)
    assert wv.get_normed_vectors().shape == (80, 24)


def test_a_word_that_is_not_there(trained):
    assert "cameroon" not in trained.wv
    with pytest.raises(KeyError, match="cameroon"):
        trained.wv["cameroon"]


@pytest.mark.filterwarnings("ignore:Call to deprecated .init_sims:DeprecationWarning")  # gensim's
def test_questions(trained):
    wv = trained.wv
    first, second, third = SAME_CLASS
    assert wv.similarity(first, second) > wv.similarity(first, "class2word0") + 0.3
    assert wv.distance(first, second) == pytest.approx(1 - wv.similarity(first, second))
    nearest = wv.most_similar(positive=[first, second], topn=5)
    assert {word[:6] for word, _ in nearest} == {"class1"}
    assert wv.most_similar(first, topn=3) == wv.similar_by_word(first, topn=3)
    answers = wv.most_similar(positive=[first, "class2word0"], negative=[second], topn=5)
    assert {word[:6] for word, _ in answers} == {"class2"}
    assert {word[:6] for word, _ in wv.most_similar_cosmul(positive=[first], topn=3)} == {"class1"}
    assert wv.doesnt_match([*SAME_CLASS, "class5word5"]) == "class5word5"
    assert wv.n_similarity([first, second], [third]) > wv.n_similarity([first], ["class3word1"])
    assert wv.most_similar_to_given(first, ["class4word4", second]) == second
    assert wv.rank(first, nearest[0][0]) < 12
    assert second not in wv.closer_than(first, second)
    assert wv.get_mean_vector(SAME_CLASS).shape == (24,)


def test_the_loss_is_that_of_gensim(planted):
    """On the same text and parameters, both sums are about the same, epoch by epoch."""
    models = pytest.importorskip("gensim.models", reason="needs gensim, of the extra [test]")
    losses = []
    for class_ in (models.Word2Vec, Word2Vec):
        model = class_(
            sentences=planted.documents, workers=1, epochs=3, compute_loss=True, **SETTINGS
        )
        losses.append(model.get_latest_training_loss())
    assert losses[0] > 0
    assert losses[1] == pytest.approx(losses[0], rel=0.1)


# ---- saving, loading, going on ------------------------------------------------------------------


def test_save_load_and_go_on(package, trained, planted, tmp_path):
    class_, _ = package
    path = str(tmp_path / "word2vec.model")
    trained.save(path)
    model = class_.load(path)
    np.testing.assert_array_equal(model.wv.vectors, trained.wv.vectors)
    assert model.vector_size == 24
    more = [["class1word1", "class1word2", "never", "seen"]] * 50
    model.train(more, total_examples=len(more), epochs=2)
    assert len(model.wv) == 80
    changed = np.abs(np.array(model.wv.vectors) - trained.wv.vectors).max(axis=1) > 0
    assert {model.wv.index_to_key[row] for row in np.flatnonzero(changed)} == {
        "class1word1",
        "class1word2",
    }


def test_vectors_are_kept_without_the_model(package, trained, tmp_path):
    _, keyed = package
    trained.wv.save(str(tmp_path / "vectors"))
    vectors = keyed.load(str(tmp_path / "vectors"), mmap="r")
    np.testing.assert_array_equal(vectors[SAME_CLASS[0]], trained.wv[SAME_CLASS[0]])


@pytest.mark.parametrize("binary", [False, True])
def test_files_of_word2vec(package, trained, tmp_path, binary):
    _, keyed = package
    path = str(tmp_path / "vectors.bin")
    trained.wv.save_word2vec_format(path, binary=binary)
    vectors = keyed.load_word2vec_format(path, binary=binary)
    assert vectors.index_to_key == trained.wv.index_to_key
    np.testing.assert_allclose(vectors.vectors, trained.wv.vectors, rtol=1e-5)


# ---- what differs is told -----------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_arguments_of_gensim_say_what_to_write_instead(name):
    @explains_gensim
    def takes_nothing():
        raise AssertionError

    with pytest.raises(TypeError, match=f"^{name}: gensim has it, sgns has not: "):
        takes_nothing(**{name: 1})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("size", "size: the name of that is vector_size, as in gensim 4"),
        ("lr", "lr: the name of that is alpha, as in gensim 4"),
        ("iter", "iter: the name of that is epochs; pass it to train: Model(...).train(epochs=5)"),
        ("thread", "thread: the name of that is workers; pass it to train"),
        ("vector_sise", "vector_sise: there is no such argument; did you mean vector_size?"),
        ("dbow_words", 'dbow_words: gensim has it, sgns has not: take documents="joint"'),
    ],
)
def test_other_names_of_arguments_lead_to_ours(given, told):
    with pytest.raises(TypeError) as caught:
        Model([["a", "b"]] * 5, **{given: 1})
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize("name", sorted(RENAMED))
def test_other_names_are_of_arguments_that_there_are(name):
    ours = inspect.signature(Model).parameters.keys() | inspect.signature(Model.train).parameters
    assert name not in ours
    assert RENAMED[name] in ours


def test_models_say_what_to_write_instead_of_gensims_lines():
    documents = [["a", "b"]] * 5
    with pytest.raises(TypeError, match=r"workers: .* pass it to train: Model\(...\)\.train\("):
        Model(documents, min_count=1, workers=4)
    with pytest.raises(TypeError, match=r"sentences: .* Model\(sentences\)\.train\(\)"):
        Model(sentences=documents)
    model = Model(documents, min_count=1, sample=0, vector_size=4)
    with pytest.raises(TypeError, match=r"total_examples: .* a corpus knows how long it is"):
        model.train(total_examples=5)
    with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
        Model(documents, nonsense=1)
    with pytest.raises(TypeError, match=r"trim_rule: .* take out words before"):
        Word2Vec(documents, trim_rule=len)


@pytest.mark.parametrize("name", sorted({*OF_MODELS, *OF_VECTORS, "nonsense"}))
def test_attributes_of_gensim_say_what_to_write_instead(name):
    model = Model([["a", "b"]] * 5, min_count=1, sample=0, vector_size=4)
    for owner, known in ((model, OF_MODELS), (model.wv, OF_VECTORS)):
        if hasattr(type(owner), name):  # the other's
            continue
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'") as caught:
            getattr(owner, name)
        assert ("gensim has it" in str(caught.value)) == (name in known)


def test_there_is_no_cbow_and_no_hierarchical_softmax():
    with pytest.raises(ValueError, match="sg: expected 1, skip-gram, got 0"):
        Word2Vec([["a", "b"]], sg=0)
    with pytest.raises(ValueError, match="hs: expected 0, negative sampling, got 1"):
        Word2Vec([["a", "b"]], hs=1)
    with pytest.raises(ValueError, match="vector_size: expected"):
        Word2Vec(vector_size=0)
    with pytest.raises(ValueError, match="update: expected False"):
        Word2Vec(min_count=1).build_vocab([["a", "b"]], update=True)


def test_exactly_one_text_is_expected(tmp_path):
    model = Word2Vec(min_count=1, vector_size=4)
    with pytest.raises(ValueError, match="either an iterable of sentences or corpus_file"):
        model.build_vocab()
    with pytest.raises(ValueError, match="got both"):
        model.build_vocab([["a", "b"]], corpus_file=tmp_path / "x")
    with pytest.raises(TypeError, match="got a single string"):
        model.build_vocab("a b c")
    with pytest.raises(RuntimeError, match=r"call build_vocab\(sentences\) first"):
        model.train([["a"]], epochs=1)
    assert repr(model) == "Word2Vec<no vocabulary yet>"
    assert model.get_latest_training_loss() == 0


def test_a_file_of_gensim_is_refused(tmp_path, planted):
    models = pytest.importorskip("gensim.models", reason="needs gensim, of the extra [test]")
    path = tmp_path / "gensim.model"
    models.Word2Vec(planted.documents[:50], min_count=1, vector_size=4).save(str(path))
    with pytest.raises((sgns.FormatError, OSError)):
        Word2Vec.load(path)


# ---- other text in the words of a model ---------------------------------------------------------


def test_a_corpus_is_told_in_the_words_of_a_vocabulary():
    documents = [["z", "b"], ["z"], ["a", "z", "b", "b"]]
    with (
        Corpus.build([["a", "b", "a"], ["b", "a"]]) as old,
        Corpus.build(documents, tags=["x", "y", "w"]) as new,
    ):
        told = renumbered(new, old.vocabulary)
    assert list(told) == [["b"], [], ["a", "b", "b"]]
    assert told.vocabulary.words == ["a", "b"]
    assert told.vocabulary.counts.tolist() == [3, 2]
    assert json.loads(json.dumps(dict(told.meta)))["n_tokens"] == 4
    assert told.tags is not None


def test_a_corpus_without_any_of_the_words_is_refused():
    with (
        Corpus.build([["a", "b"]]) as old,
        Corpus.build([["y", "z"]]) as new,
        pytest.raises(ValueError, match="none of its 2 words is among the 2 of the model"),
    ):
        renumbered(new, old.vocabulary)


def test_warnings_point_at_the_line_of_the_user():
    documents = [["a", "b", "c"]] * 2000
    model = Model(documents, min_count=1, vector_size=4, sample=1e-6)
    with pytest.warns(UserWarning, match="sample=1e-06 keeps only") as caught:
        model.train(epochs=1, workers=1)
    assert {warning.filename for warning in caught} == {__file__}
    known = Model([["a", "b"]] * 9, vector_size=4, sample=0)
    with pytest.warns(UserWarning, match="words are frozen") as caught:
        Model(documents, vector_size=4, sample=0, documents="joint", freeze="words", start=known)
    assert {warning.filename for warning in caught} == {__file__}

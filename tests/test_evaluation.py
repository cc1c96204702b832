"""Word pairs and analogies: gensim's numbers, and planted answers."""

import math
import warnings
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from scipy import stats

from judged_vectors import as_gensim, random_vectors, vectors_of
from sgns import _analogy_solver, evaluation
from sgns.evaluation import (
    evaluate_word_analogies,
    evaluate_word_pairs,
)


@pytest.fixture
def pairs_file(tmp_path):
    generator = np.random.default_rng(8)
    lines = ["Word 1\tWord 2\tHuman (mean)", "# remark", ""]
    for _ in range(300):
        left, right = generator.integers(460, size=2)  # past 400: unknown
        lines.append(f"word{left}\tWord{right}\t{generator.integers(0, 100) / 10}")
    lines.append("word3\tword3\t10")
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf8")
    return path


@pytest.fixture
def analogies_file(tmp_path):
    """Half the questions at random, half planted so that many answers are right."""
    generator = np.random.default_rng(9)
    lines = []
    for section in ("first section", "gram2-second", "empty", "third"):
        lines.append(f": {section}")
        count = 0 if section == "empty" else 120
        chosen = generator.integers(420, size=(count, 4))
        lines += [" ".join(f"word{i}" for i in row) for row in chosen]
        lines.append("only three words")
    path = tmp_path / "questions.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf8")
    return path


def planted_vectors(seed=5):
    """Let every tenth vector be the offset of the three before it, so that answers exist."""
    kv = random_vectors(seed=seed)
    unit = kv.vectors / np.linalg.norm(kv.vectors, axis=1, keepdims=True)
    noise = np.random.default_rng(1).normal(size=unit.shape) * 0.02
    for i in range(10, len(unit), 10):
        kv.vectors[i] = unit[i - 3] - unit[i - 2] + unit[i - 1] + noise[i]
    return kv


@pytest.fixture
def planted_file(tmp_path):
    lines = [": planted"]
    lines += [f"word{i - 2} word{i - 3} word{i - 1} word{i}" for i in range(10, 400, 10)]
    lines += [": chance"]
    chosen = np.random.default_rng(2).integers(410, size=(300, 4))
    lines += [" ".join(f"Word{i}" for i in row) for row in chosen]
    path = tmp_path / "planted.txt"
    path.write_text("\n".join(lines), encoding="utf8")
    return path


class TestWordPairsAgainstGensim:
    @pytest.mark.parametrize("dummy", [False, True])
    @pytest.mark.parametrize("restrict", [300_000, 150])
    @pytest.mark.parametrize("case_insensitive", [True, False])
    def test_same_numbers(self, pairs_file, dummy, restrict, case_insensitive):
        kv = random_vectors()
        twin = as_gensim(kv)
        arguments = {
            "restrict_vocab": restrict,
            "case_insensitive": case_insensitive,
            "dummy4unknown": dummy,
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pearson, spearman, oov_ratio = twin.evaluate_word_pairs(
                str(pairs_file), delimiter="\t", **arguments
            )
        result = evaluate_word_pairs(kv, pairs_file, **arguments)
        np.testing.assert_allclose(result.pearson, pearson, atol=1e-6)
        np.testing.assert_allclose(result.spearman, spearman, atol=1e-6)
        assert result.oov_ratio == pytest.approx(oov_ratio, abs=1e-9)
        assert 0 < result.n_unknown < result.n_pairs

    def test_other_delimiter(self, tmp_path):
        kv = random_vectors()
        path = tmp_path / "pairs.csv"
        path.write_text("".join(f"word{i},word{i + 30},{i % 7}\n" for i in range(90)))
        ours = evaluate_word_pairs(kv, path, delimiter=",")
        theirs = as_gensim(kv).evaluate_word_pairs(str(path), delimiter=",")
        np.testing.assert_allclose(ours.spearman, theirs[1], atol=1e-6)

    def test_unpacks_as_gensim_returns(self, pairs_file):
        result = evaluate_word_pairs(random_vectors(), pairs_file)
        pearson, spearman, oov_ratio = result
        assert (pearson[0], spearman[1]) == (result.pearson.statistic, result.spearman.pvalue)
        assert oov_ratio == result.oov_ratio


class TestWordPairs:
    def test_planted_order_is_found_whatever_the_layout(self):
        angles = np.linspace(0.0, 3.0, 11)
        plane = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1) * 7.0
        kv = vectors_of([f"w{i}" for i in range(11)], plane)
        pairs = [("w0", f"w{i}", 10.0 - i) for i in range(1, 11)]
        result = evaluate_word_pairs(kv, pairs)
        assert result.spearman.statistic == pytest.approx(1.0)
        assert result.pairs[3].similarity == pytest.approx(math.cos(angles[4]), abs=1e-6)
        kv.vectors = np.asfortranarray(kv.vectors)[:, ::-1]
        assert evaluate_word_pairs(kv, pairs).spearman == result.spearman

    def test_unknown_words_are_none_and_counted(self):
        kv = random_vectors()
        pairs = [("word0", "word3", 1), ("word0", "word6", 2), ("word0", "nowhere", 3)]
        result = evaluate_word_pairs(kv, pairs)
        assert result.pairs[2] == ("word0", "nowhere", 3, None)
        assert result.oov_ratio == pytest.approx(100 / 3)
        assert evaluate_word_pairs(kv, pairs, dummy4unknown=True).pairs[2].similarity is None

    def test_bootstrap_covers_and_repeats(self, pairs_file):
        kv = random_vectors()
        result = evaluate_word_pairs(kv, pairs_file, bootstrap=400, seed=3)
        again = evaluate_word_pairs(kv, pairs_file, bootstrap=400, seed=3)
        other = evaluate_word_pairs(kv, pairs_file, bootstrap=400, seed=4)
        assert result.spearman_interval == again.spearman_interval != other.spearman_interval
        low, high = result.spearman_interval
        assert low < result.spearman.statistic < high
        # Fisher's transformation gives the width that the bootstrap should come near to.
        width = 2 * 1.96 / math.sqrt(result.n_pairs - result.n_unknown - 3)
        assert 0.7 * width < high - low < 1.4 * width
        none = evaluate_word_pairs(kv, pairs_file, bootstrap=0)
        assert math.isnan(none.spearman_interval.low)

    def test_bootstrap_resamples_ranks(self):
        """Ranks are taken again in every resample: a monotone map changes no Spearman interval."""
        generator = np.random.default_rng(0)
        keys = [f"w{i}" for i in range(80)]
        kv = vectors_of(keys, generator.normal(size=(80, 5)))
        pairs = [(keys[i], keys[i + 40], float(generator.normal())) for i in range(40)]
        cubed = [(first, second, score**3) for first, second, score in pairs]
        one, other = evaluate_word_pairs(kv, pairs), evaluate_word_pairs(kv, cubed)
        assert one.spearman_interval == pytest.approx(other.spearman_interval)
        assert one.pearson_interval != other.pearson_interval

    def test_constant_scores_give_nan_without_warning(self):
        result = evaluate_word_pairs(
            random_vectors(), [("word0", "word3", 1), ("word0", "word6", 1), ("word3", "word6", 1)]
        )
        assert math.isnan(result.spearman.statistic)
        assert math.isnan(result.spearman_interval.high)

    def test_zero_vector_is_similar_to_nothing(self):
        kv = vectors_of("abc", [[0, 0], [1, 0], [0, 2]])
        result = evaluate_word_pairs(kv, [("a", "b", 1), ("b", "b", 2), ("b", "c", 3)])
        assert [pair.similarity for pair in result.pairs] == [0.0, 1.0, 0.0]

    def test_too_few_pairs(self):
        with pytest.raises(ValueError, match=r"at least 2 pairs of known words, got 1 \(1 of 2"):
            evaluate_word_pairs(random_vectors(), [("word0", "word3", 1), ("word0", "no", 2)])

    @pytest.mark.parametrize(("name", "value"), [("bootstrap", -1), ("restrict_vocab", 0)])
    def test_parameters_out_of_range(self, pairs_file, name, value):
        with pytest.raises(ValueError, match=f"{name}: expected"):
            evaluate_word_pairs(random_vectors(), pairs_file, **{name: value})

    def test_prints(self, pairs_file):
        result = evaluate_word_pairs(random_vectors(), pairs_file)
        text = str(result)
        assert text.startswith(f"pairs.tsv: Spearman {result.spearman.statistic:.3f} [")
        assert f"{result.n_unknown} with unknown words ({result.oov_ratio:.1f} %)" in text
        assert text.endswith("; 1 invalid line left out (first: 1)")
        with pytest.raises(FrozenInstanceError):
            result.name = "other"

    def test_whole_numbers_as_keys(self):
        kv = vectors_of([7, "a", "b"], np.eye(3))
        assert evaluate_word_pairs(kv, [("a", "b", 1), ("A", "a", 2)]).n_unknown == 0


class TestAnalogiesAgainstGensim:
    @pytest.mark.parametrize("dummy", [False, True])
    @pytest.mark.parametrize("restrict", [300_000, 250])
    def test_question_by_question(self, planted_file, dummy, restrict, monkeypatch):
        monkeypatch.setattr(_analogy_solver, "_WORDS", 96)
        monkeypatch.setattr(_analogy_solver, "_QUESTIONS", 50)
        kv = planted_vectors()
        arguments = {"restrict_vocab": restrict, "dummy4unknown": dummy}
        score, sections = as_gensim(kv).evaluate_word_analogies(str(planted_file), **arguments)
        result = evaluate_word_analogies(kv, planted_file, **arguments)
        our_score, our_sections = result
        assert our_sections == sections
        assert our_score == score == result.score
        assert result.sections[0].accuracy > 0.5 or dummy
        assert 0 < result.oov_ratio < 100

    def test_headings_and_invalid_lines(self, analogies_file):
        kv = random_vectors()
        _, sections = as_gensim(kv).evaluate_word_analogies(str(analogies_file))
        result = evaluate_word_analogies(kv, analogies_file)
        assert list(result)[1] == sections
        assert [s.name for s in result.sections] == [
            "first section",
            "gram2-second",
            "empty",
            "third",
        ]
        assert len(result.invalid_lines) == 4

    def test_case_matters(self, planted_file):
        kv = planted_vectors()
        kv = vectors_of([key.lower() + "x" * key.istitle() for key in kv.index_to_key], kv.vectors)
        _, sections = as_gensim(kv).evaluate_word_analogies(
            str(planted_file), case_insensitive=False
        )
        ours = evaluate_word_analogies(kv, planted_file, case_insensitive=False)
        assert list(ours)[1] == sections

    @pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`:DeprecationWarning")
    @pytest.mark.parametrize("shared", [1 << 23, 700])
    def test_cosmul_is_gensims_most_similar_cosmul(self, planted_file, shared, monkeypatch):
        monkeypatch.setattr(_analogy_solver, "_SHARED", shared)
        kv = planted_vectors()
        kv = vectors_of([f"word{i}" for i in range(400)], kv.vectors)
        twin = as_gensim(kv)
        result = evaluate_word_analogies(
            kv, planted_file, similarity_function="most_similar_cosmul"
        )
        assert result.objective == "3CosMul"
        for section in result.sections:
            for answer in section.correct + section.incorrect:
                a, b, c = (word.lower() for word in answer[:3])
                best = twin.most_similar_cosmul(positive=[b, c], negative=[a], topn=1)[0][0]
                assert answer.predicted == best
        plain = evaluate_word_analogies(kv, planted_file)
        assert plain.total.correct != result.total.correct


class TestAnalogies:
    def test_planted_answer(self):
        kv = vectors_of(
            ["man", "woman", "king", "queen", "pear"],
            [[1, 0, 0.1], [1, 1, 0.1], [3, 0, 9], [3, 3, 9], [0, -1, 0]],
        )
        result = evaluate_word_analogies(
            kv, [("Man", "woman", "king", "Queen"), ("man", "woman", "king", "pear")]
        )
        assert result.score == 0.5
        assert result.total.correct[0] == ("Man", "woman", "king", "Queen", "queen")
        assert result.total.incorrect[0].predicted == "queen"
        assert result.sections[0].interval.low == 0.0

    def test_no_candidate_left(self):
        kv = vectors_of("abc", np.eye(3))
        result = evaluate_word_analogies(kv, [("a", "b", "c", "a"), ("A", "a", "b", "C")])
        assert [answer.predicted for answer in result.total.incorrect] == [None]
        assert result.total.correct[0].predicted == "c"

    def test_all_unknown(self):
        result = evaluate_word_analogies(random_vectors(), [("k", "l", "m", "n")])
        assert (result.score, result.oov_ratio, result.total.n_answered) == (0.0, 100.0, 0)
        assert math.isnan(result.total.interval.low)
        assert "100.0 %" in str(result)

    def test_dummies_are_unknown_and_incorrect(self):
        kv = vectors_of("abcd", np.eye(4))
        result = evaluate_word_analogies(kv, [("a", "b", "x", "d")] * 2, dummy4unknown=True)
        assert (result.total.n_questions, result.total.n_answered) == (2, 2)
        assert result.oov_ratio == 100.0

    def test_interval_is_binomial(self):
        kv = planted_vectors()
        questions = [
            (f"word{i - 2}", f"word{i - 3}", f"word{i - 1}", f"word{i}") for i in range(10, 400, 10)
        ] * 4
        questions += [(a, b, c, "word1") for a, b, c, _ in questions]
        result = evaluate_word_analogies(kv, questions, bootstrap=4000)
        n, p = result.total.n_answered, result.score
        expected = stats.binom.ppf([0.025, 0.975], n, p) / n
        np.testing.assert_allclose(result.total.interval, expected, atol=2 / n)
        assert result.total.interval.low < p < result.total.interval.high

    def test_mapped_and_strided_vectors(self, tmp_path):
        kv = planted_vectors()
        np.save(tmp_path / "v.npy", np.hstack([kv.vectors, kv.vectors]))
        questions = [("word8", "word7", "word9", "word10"), ("word1", "word4", "word3", "word7")]
        expected = evaluate_word_analogies(kv, questions)
        kv.vectors = np.load(tmp_path / "v.npy", mmap_mode="r")[:, :24]
        assert evaluate_word_analogies(kv, questions) == expected

    def test_vectors_are_left_alone(self, planted_file):
        kv = planted_vectors()
        before = kv.vectors.copy()
        kv.vectors.flags.writeable = False
        evaluate_word_analogies(kv, planted_file)
        np.testing.assert_array_equal(kv.vectors, before)

    def test_wrong_objective(self, planted_file):
        with pytest.raises(ValueError, match="'most_similar_cosmul', got 'cosmul'"):
            evaluate_word_analogies(random_vectors(), planted_file, similarity_function="cosmul")

    def test_prints(self, planted_file):
        text = str(evaluate_word_analogies(planted_vectors(), planted_file)).splitlines()
        assert text[0] == "planted.txt: 3CosAdd among 400 words"
        assert [line.split()[0] for line in text[1:]] == ["section", "planted", "chance", "Total"]
        assert len({len(line) for line in text[1:]}) == 1, "columns line up"


def test_public_names_exist():
    assert all(hasattr(evaluation, name) for name in evaluation.__all__)


def test_vectors_judge_themselves(tmp_path):
    from sgns import KeyedVectors

    rng = np.random.default_rng(3)
    vectors = KeyedVectors(list("abcdefgh"), rng.normal(size=(8, 5)).astype(np.float32))
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("a\tb\t1\nc\td\t2\ne\tf\t5\ng\th\t3\n", encoding="utf-8")
    questions = tmp_path / "questions.txt"
    questions.write_text(": letters\na b c d\ne f g h\n", encoding="utf-8")
    assert vectors.evaluate_word_pairs(pairs) == evaluate_word_pairs(vectors, pairs)
    assert vectors.evaluate_word_analogies(questions) == evaluate_word_analogies(vectors, questions)

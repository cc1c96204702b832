"""Files that vectors are judged by: what is read, and errors that name file and line."""

import bz2
import gzip
import lzma

import pytest

from judged_vectors import random_vectors
from sgns.errors import FormatError
from sgns.evaluation import (
    OutlierGroup,
    evaluate_word_pairs,
    read_analogies,
    read_categories,
    read_msr_analogies,
    read_outlier_groups,
    read_word_pairs,
)


class TestReaders:
    def test_pairs_by_tab_space_and_column(self, tmp_path):
        path = tmp_path / "p.txt"
        path.write_bytes(b"\xef\xbb\xbfNew York\tBig Apple\t3.5\r\nold  new 1\n\n# no\n")
        assert read_word_pairs(path).pairs == (("New York", "Big Apple", 3.5), ("old", "new", 1.0))
        path.write_text("old new A 1.5 x\nhard easy A 2 y\n")
        assert read_word_pairs(path, columns=(1, 0, 3)).pairs[1] == ("easy", "hard", 2.0)

    @pytest.mark.parametrize(("suffix", "module"), [(".gz", gzip), (".bz2", bz2), (".xz", lzma)])
    def test_compressed(self, tmp_path, suffix, module):
        path = tmp_path / f"p.tsv{suffix}"
        with module.open(path, "wb") as file:
            file.write("groß\tklein\t1\n".encode("latin1"))
        assert read_word_pairs(path, encoding="latin1").pairs == (("groß", "klein", 1.0),)
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(
            FormatError, match=rf"p\.tsv\{suffix}': expected a whole \{suffix} file"
        ):
            read_word_pairs(path)

    @pytest.mark.parametrize("wrong", ["a\tb", "a\tb\tc", "a\tb\t1\t2", "a\tb\tnan", "a\tb\tinf"])
    def test_wrong_pair_names_file_and_line(self, tmp_path, wrong):
        path = tmp_path / "p.tsv"
        path.write_text(f"a\tb\t1\n{wrong}\n")
        with pytest.raises(FormatError, match=r"p\.tsv', line 2: expected two words and a finite"):
            read_word_pairs(path)
        assert read_word_pairs(path, on_invalid="skip").invalid_lines == (2,)
        path.write_text(f"{wrong}\n")
        with pytest.raises(FormatError, match=r"p\.tsv': expected word pairs with a score"):
            evaluate_word_pairs(random_vectors(), path)

    def test_wrong_encoding_names_line(self, tmp_path):
        path = tmp_path / "p.tsv"
        path.write_bytes(b"a\tb\t1\na\t\xff\t1\n")
        with pytest.raises(FormatError, match=r"line 2: expected utf8 text, got byte 0xff at off"):
            evaluate_word_pairs(random_vectors(), path)

    def test_missing_file(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"nothing\.tsv"):
            evaluate_word_pairs(random_vectors(), tmp_path / "nothing.tsv")

    def test_empty_delimiter(self, tmp_path):
        with pytest.raises(ValueError, match="delimiter"):
            read_word_pairs(tmp_path / "p.tsv", "")

    def test_questions_without_heading_are_named_after_the_file(self, tmp_path):
        path = tmp_path / "msr.txt"
        path.write_text("good better rough rougher\n: next\na b c d\n")
        first, second = read_analogies(path).sections
        assert (first.name, second.name) == ("msr", "next")
        assert first.questions == (("good", "better", "rough", "rougher"),)

    def test_wrong_question_names_file_and_line(self, tmp_path):
        path = tmp_path / "q.txt"
        path.write_text(": s\na b c d\na b c\n")
        with pytest.raises(FormatError, match=r"q\.txt', line 3: expected four words or a heading"):
            read_analogies(path)
        path.write_text(": s\n")
        with pytest.raises(FormatError, match="expected analogies of four words, found none"):
            read_analogies(path, on_invalid="skip")

    def test_msr(self, tmp_path):
        questions, answers = tmp_path / "w.questions", tmp_path / "w.answers"
        questions.write_text("good better rough\ncar cars box\ntall taller big\n")
        answers.write_text("JJ_JJR rougher\nNN_NNS boxes\nJJ_JJR bigger\n")
        read = read_msr_analogies(questions, answers)
        assert [section.name for section in read.sections] == ["JJ_JJR", "NN_NNS"]
        assert read.sections[0].questions[1] == ("tall", "taller", "big", "bigger")
        answers.write_text("JJ_JJR rougher\nboxes\nJJ_JJR bigger\n")
        with pytest.raises(FormatError, match=r"w\.answers', line 2: expected a relation"):
            read_msr_analogies(questions, answers)
        answers.write_text("JJ_JJR rougher\n")
        with pytest.raises(FormatError, match=r"has 3 questions, but .* has 1 answers"):
            read_msr_analogies(questions, answers)

    def test_categories(self, tmp_path):
        path = tmp_path / "c.txt"
        path.write_text("cat animal\nsea lion\tanimal\ncar vehicle\n")
        assert read_categories(path) == {"animal": ("cat", "sea lion"), "vehicle": ("car",)}
        path.write_text("cat animal\ncar\n")
        with pytest.raises(FormatError, match=r"c\.txt', line 2: expected a word and its category"):
            read_categories(path)

    def test_outlier_groups(self, tmp_path):
        (tmp_path / "b.txt").write_text("cat\ndog\n\ncar\nsky\n")
        (tmp_path / "a.txt").write_text("one\ntwo\nthree\n\n\ncar\n")
        groups = read_outlier_groups(tmp_path)
        assert [group.name for group in groups] == ["a", "b"]
        assert groups[1] == OutlierGroup("b", ("cat", "dog"), ("car", "sky"))
        (tmp_path / "c.txt").write_text("cat\ndog\n")
        with pytest.raises(FormatError, match=r"c\.txt': .* got 2 words and 0 outliers"):
            read_outlier_groups(tmp_path)
        (tmp_path / "none").mkdir()
        with pytest.raises(FormatError, match="found none"):
            read_outlier_groups(tmp_path / "none")

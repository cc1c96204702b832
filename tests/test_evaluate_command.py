"""`sgns evaluate` tells what the functions behind it find, and what is wrong with its files."""

import json

import numpy as np
import pytest

from sgns import cli
from sgns.evaluation import (
    evaluate_clustering,
    evaluate_outliers,
    evaluate_word_analogies,
    evaluate_word_pairs,
    probe_pairs,
)
from sgns.keyed_vectors import KeyedVectors

WORDS = ["red", "green", "blue", "cat", "dog", "cow", "Red"]


@pytest.fixture(scope="module")
def kv():
    generator = np.random.default_rng(2)
    centres = np.repeat(np.eye(2, 6), [3, 4], axis=0)
    noise = 0.2 * generator.normal(size=centres.shape)
    return KeyedVectors(WORDS, (centres + noise).astype(np.float32))


@pytest.fixture(scope="module")
def made(kv, tmp_path_factory):
    """Return a folder with vectors and one file of each kind to judge them by."""
    folder = tmp_path_factory.mktemp("evaluate")
    kv.save(folder / "vectors")
    kv.save_word2vec_format(folder / "vectors.txt")
    for name, text in {
        "pairs.tsv": "red\tgreen\t9\nred\tcat\t1\ncat\tdog\t8\nred\tzebra\t3\n",
        "analogies.txt": ": colours\nred green cat dog\nred blue cat zebra\n",
        "categories.tsv": "red\tcolour\ngreen\tcolour\ncat\tanimal\ndog\tanimal\n",
        "group.txt": "cat\ndog\ncow\n\nred\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def judged(made):
    options = {"--pairs": "pairs.tsv", "--analogies": "analogies.txt"}
    options |= {"--categories": "categories.tsv", "--groups": "group.txt"}
    return [str(word) for flag, name in options.items() for word in (flag, made / name)]


def test_prints_what_the_functions_find(kv, made, capsys):
    command = ["evaluate", str(made / "vectors"), *judged(made), "--probes", "red,green"]
    assert cli.main(command) == 0
    expected = [
        str(evaluate_word_pairs(kv, made / "pairs.tsv")),
        str(evaluate_word_analogies(kv, made / "analogies.txt")),
        f"categories.tsv: {evaluate_clustering(kv, made / 'categories.tsv')}",
        f"group.txt: {evaluate_outliers(kv, made / 'group.txt')}",
        str(probe_pairs(kv, [("red", "green")])),
    ]
    assert capsys.readouterr().out == "\n\n".join(expected) + "\n"


@pytest.mark.parametrize("name", ["vectors", "vectors.txt"])
def test_as_json(kv, made, capsys, name):
    probes = ["--probes", "red,green", "cat, zebra"]
    assert cli.main(["evaluate", str(made / name), *judged(made), *probes, "--json"]) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    result = evaluate_word_pairs(kv, made / "pairs.tsv")
    (pairs,) = found["pairs"]
    assert pairs["file"] == str(made / "pairs.tsv")
    assert pairs["spearman"] == pytest.approx(result.spearman.statistic)
    assert pairs["pearson_interval"] == pytest.approx(list(result.pearson_interval))
    assert (pairs["pairs"], pairs["unknown"], pairs["oov_ratio"]) == (4, 1, 25.0)
    (analogies,) = found["analogies"]
    answers = evaluate_word_analogies(kv, made / "analogies.txt")
    assert analogies["total"]["accuracy"] == answers.score
    (section,) = analogies["sections"]
    assert (section["name"], section["questions"], section["answered"]) == ("colours", 2, 1)
    (categories,) = found["categories"]
    assert (categories["purity"], categories["words"], categories["categories"]) == (1.0, 4, 2)
    (groups,) = found["groups"]
    assert (groups["accuracy"], groups["trials"]) == (1.0, 1)
    assert [(probe["first"], probe["second"]) for probe in found["probes"]] == [
        ("red", "green"),
        ("cat", "zebra"),
    ]
    assert found["probes"][0]["similarity"] == pytest.approx(kv.similarity("red", "green"))
    assert found["probes"][1]["similarity"] is None
    assert found["oov_ratio"] == 50.0


def test_options_reach_the_functions(made, capsys):
    command = ["evaluate", str(made / "vectors"), "--analogies", str(made / "analogies.txt")]
    options = ["--similarity-function", "most_similar_cosmul", "--dummy4unknown"]
    options += ["--bootstrap", "0", "--restrict-vocab", "5", "--no-case-insensitive"]
    assert cli.main([*command, *options, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["analogies"]
    assert (found["objective"], found["candidates"]) == ("3CosMul", 5)
    assert found["total"]["answered"] == 2
    assert found["total"]["interval"] == [None, None]


def test_several_files_of_a_kind_and_probes_when_nothing_is_named(made, capsys):
    pairs = str(made / "pairs.tsv")
    assert cli.main(["evaluate", str(made / "vectors"), "--pairs", pairs, pairs]) == 0
    assert capsys.readouterr().out.count("pairs.tsv: Spearman") == 2
    assert cli.main(["evaluate", str(made / "vectors")]) == 0
    assert "banana" in capsys.readouterr().out


def test_what_is_wrong_is_told_before_anything_is_judged(fail, made):
    vectors = made / "vectors"
    said = fail("evaluate", vectors, "--pairs", made / "pairs.tsv", "--analogies", made / "none")
    assert said == f"--analogies: no file named '{made / 'none'}'"
    said = fail("evaluate", vectors, "--probes", "movie")
    assert said.startswith("argument --probes: expected two words and a comma between, got 'movie'")
    assert "--probes" in fail("evaluate", vectors, "--probes", "a,b,c")
    assert "--probes" in fail("evaluate", vectors, "--probes", "a,")
    said = fail("evaluate", vectors, "--pairs", made / "analogies.txt")
    assert said.endswith("expected word pairs with a score, found none")
    assert "no model, corpus or file of vectors" in fail("evaluate", made / "none")

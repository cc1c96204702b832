"""The examples run, and find what was planted."""

import importlib.util
import random
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from sgns import Corpus

EXAMPLES = Path(__file__).parent.parent / "examples"
pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="examples are not shipped")


def example(name):
    """Import one example as a module."""
    specification = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    # Dataclasses look their module up.
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


def percentages(text):
    return [float(number) for number in re.findall(r"([\d.]+)%", text)]


def table_rows(text):
    """Cells of every line of the tables, by the first cell."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


# ---- baskets ------------------------------------------------------------------------------------


def test_baskets_find_departments_and_hidden_items(capsys):
    assert example("baskets").main(["--baskets", "4000", "--workers", "1"]) == 0
    department, ours, popular = percentages(capsys.readouterr().out)
    assert department > 95
    assert ours > 2 * popular


def test_what_a_basket_lacks_is_counted_by_hand():
    from sgns import KeyedVectors

    vectors = np.repeat(np.eye(2), 15, axis=0) + 0.01 * np.arange(30)[:, None]
    names = [f"{'ab'[i // 15]}-{i:02}" for i in range(30)]
    wv = KeyedVectors(names, vectors)
    # Found by neither, by vectors, by popularity, by both; and one that has nothing left to ask.
    baskets = [["b-20", "a-12"], ["b-22", "b-23"], ["b-20", "a-00"], ["a-01", "a-02"]]
    baskets += [["b-25", "b-26"], ["gone", "b-16"]]
    assert example("baskets").hidden_items_found(wv, baskets) == (3 / 5, 2 / 5)
    assert example("baskets").share_of_department(wv) > 0.9


# ---- random walks -------------------------------------------------------------------------------


def test_random_walks_find_communities(capsys):
    arguments = ["--communities", "6", "--size", "40", "--workers", "1"]
    assert example("random_walks").main(arguments) == 0
    edges, found = percentages(capsys.readouterr().out)
    assert 60 < edges < 95
    assert found > 85


def test_walks_follow_edges():
    module = example("random_walks")
    generator = np.random.default_rng(1)
    community = np.repeat(np.arange(3), 5)
    adjacent = module.planted_graph(community, generator)
    assert (adjacent == adjacent.T).all()
    assert not adjacent.diagonal().any()
    walks = module.random_walks(adjacent, 4, 7, generator)
    assert walks.shape == (60, 7)
    assert sorted(walks[:, 0].tolist()) == sorted([*range(15)] * 4)
    assert adjacent[walks[:, :-1], walks[:, 1:]].all()


# ---- film reviews -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    """400 reviews about one thing each, of which singular and plural are spoken of alike."""
    topics = [
        "father mother wife son family daughter",
        "camera cameras scene scenes shot lens",
        "car cars road drive truck street",
        "banana sugar fruit cake sweet",
        "sky cloud rain sun wind",
    ]
    generator = random.Random(5)
    lines = [" ".join(generator.choices(topics[i % 5].split(), k=20)) for i in range(400)]
    path = tmp_path_factory.mktemp("reviews") / "reviews.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


# A corpus so small has frequent words only, most of which the tuned runs leave out.
@pytest.mark.filterwarnings("ignore:sample=:UserWarning")
def test_imdb_prints_what_was_measured(reviews, capsys):
    arguments = ["--windows", "4000", "--epochs", "3", "--whole-epochs", "12", "--workers", "1"]
    assert example("imdb").main([str(reviews), *arguments]) == 0
    rows = table_rows(capsys.readouterr().out)
    # vectors, windows, epochs, seconds, processor seconds, losses
    assert rows["4,000 windows, plain"][:3] == ["28 x 100", "4,000", "3"]
    assert rows["4,000 windows, plain"][5] == "4.16"
    assert float(rows["4,000 windows, slow"][6]) > float(rows["4,000 windows, plain"][6])
    assert int(rows["whole text, tuned"][1].replace(",", "")) < 8000
    reported, plain = rows["camera/cameras"][:2]
    assert reported == "0.372"
    assert re.fullmatch(r"-?[01]\.\d{3} \(\d+\)", plain)
    assert float(plain.split()[0]) > float(rows["banana/sky"][1].split()[0]) + 0.3
    assert rows["movie/movies"] == ["0.991", *["unknown"] * 4]
    assert rows["actor/actress"][0] == ""


def test_imdb_cuts_the_text_after_so_many_windows():
    module = example("imdb")
    with Corpus.build([["a", "b"], [], ["b", "a", "b"], ["c"]]) as corpus:
        assert list(module.first_windows(corpus, 4)) == [["a", "b"], [], ["b", "a"]]
        assert list(module.first_windows(corpus, 5)) == [["a", "b"], [], ["b", "a", "b"]]
        assert list(module.first_windows(corpus, 99)) == list(corpus)


def test_imdb_draws_a_map(reviews, tmp_path):
    pytest.importorskip("matplotlib", reason="needs the extra [plot]")
    pytest.importorskip("sklearn", reason="needs the extra [plot]")
    from sgns import Model

    module = example("imdb")
    model = Model(reviews, vector_size=8, sample=0).train(epochs=1, workers=1)
    run = module.Run("small", model.corpus, {}, 1)
    module.draw_map(module.Result(run, model, 0.0, None, 0.0), tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")

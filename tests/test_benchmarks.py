"""The benchmarks run, and what they have in common computes what it says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="benchmarks are not shipped")


@pytest.fixture
def common(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import _common

    return _common


def test_order_turns_round(common):
    assert list(common.alternate("ab", 3)) == [
        (0, "a"), (0, "b"), (1, "b"), (1, "a"), (2, "a"), (2, "b"),
    ]  # fmt: skip


def test_spread_is_the_median_between_extremes(common):
    assert common.Spread.of([4.0, 1.0, 3.0]) == common.Spread(3.0, 1.0, 4.0)
    assert f"{common.Spread.of([4.0, 1.0, 3.0]):.1f}" == "3.0 (1.0-4.0)"
    assert f"{common.Spread.of([2.0]):.1f}" == "2.0"


def test_table_lines_up(common):
    lines = common.markdown_table(["a", "long name"], [["first", 1], ["x", 22]]).splitlines()
    assert lines[1] == "| ----- | --------: |"
    assert lines[3] == "| x     |        22 |"


def test_vs_gensim_reports_speed_and_quality(tmp_path):
    """Without gensim, which takes seconds to import; it differs by one function."""
    words = [f"w{i}" for i in range(40)]
    lines = [" ".join(words[(7 * line + i * i) % 40] for i in range(12)) for line in range(300)]
    text, pairs, report = tmp_path / "text.txt", tmp_path / "p.tsv", tmp_path / "report.json"
    text.write_text("\n".join(lines))
    pairs.write_text("".join(f"w{i}\tw{i * 3}\t{i % 4}\n" for i in range(1, 12)))
    log = tmp_path / "log.jsonl"
    arguments = ["--corpus", text, "--pairs", pairs, "--output", report, tmp_path / "report.md"]
    arguments += ["--log", log, "--scratch", tmp_path]
    options = "--quick --programs sgns --also negative_sharing=0,window=2 --workers 1"
    options += " --vector-size 8 --seeds 1,2"
    done = vs_gensim(*arguments, *options.split())
    assert done.returncode == 0, done.stderr
    found = json.loads(report.read_text())
    assert [(run["name"], run["seed"]) for run in found["runs"]] == [
        ("sgns", 1),
        ("sgns negative_sharing=0,window=2", 1),
        ("sgns negative_sharing=0,window=2", 2),
        ("sgns", 2),
    ]
    for run in found["runs"]:
        assert run["tokens"] == 3600
        assert run["words"] == len(set(" ".join(lines).split()))
        assert run["vector_size"] == 8
        assert run["matrix_bytes"] == 2 * run["words"] * 16 * 4  # rows of whole cache lines
        assert 10 << 20 < (run["anonymous_bytes"] or run["peak_bytes"]) <= run["peak_bytes"]
        assert -1 <= run["quality"]["p"] <= 1
    assert "text to saved vectors, s" in done.stdout
    assert (tmp_path / "report.md").read_text() == done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "log.jsonl", "p.tsv", "report.json", "report.md", "text.txt",
    ]  # fmt: skip

    # A contestant that fails loses nothing, and what has been measured is not measured again.
    again = vs_gensim(*arguments, *options.split(), "--also", "kernel=none")
    assert again.returncode == 1
    assert len(log.read_text().splitlines()) == 6
    assert again.stderr.count("round") == 2
    assert "- sgns kernel=none, vector size 8, seed 2: ValueError: kernel: expected" in again.stdout
    assert [run for run in json.loads(report.read_text())["runs"] if "error" not in run] == (
        found["runs"]
    )


def vs_gensim(*arguments):
    command = [sys.executable, BENCHMARKS / "vs_gensim.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def report(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import _versus_report

    return _versus_report


def judged(*scores):
    return [{"quality": {"pairs": score, "mean": score}} for score in scores]


def test_the_gate_compares_means_over_seeds(report):
    runs = {"gensim": judged(0.30, 0.34), "sgns": judged(0.33, 0.29)}
    runs["sgns negative_sharing=0"] = judged(0.325, 0.325)
    assert report.gate(runs, "gensim") == [
        ("pairs, gensim", pytest.approx(-1.0), -2.0, 2),
        ("mean, gensim", pytest.approx(-1.0), 0.0, 2),
        ("pairs, sgns negative_sharing=0", pytest.approx(-1.5), -1.0, 2),
    ]
    table = report.gate_table(runs, "gensim")
    assert [line.split("|")[-2].strip() for line in table.splitlines()[2:]] == [
        "yes", "**no**", "**no**",
    ]  # fmt: skip
    assert report.gate_table({"gensim": judged(0.3)}, "gensim") == ""


def test_speed_counts_all_words_and_epochs(report):
    run = {"tokens": 1000, "epochs": 5, "seconds": {"build": 1.0, "train": 2.5, "save": 0.5}}
    assert report.words_per_second(run) == 2000
    assert report.text_to_vectors(run) == 4.0
    run |= {"anonymous_bytes": 100, "anonymous_before": 30, "matrix_bytes": 50}
    assert report.beyond_matrices(run) == 20


def test_evaluation_agrees_with_gensim():
    pytest.importorskip("gensim", reason="needs gensim")
    options = "--keys 300 --vector-size 8 --questions 40 --pairs 30 --rounds 1"
    command = [sys.executable, BENCHMARKS / "evaluation.py", *options.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "gensim's verdict on every one: 2 of 2" in done.stdout
    assert "Difference of Spearman's correlations: 0.0e+00" in done.stdout


def test_parameters_are_changed_one_at_a_time_and_no_run_is_made_twice(
    tmp_path, monkeypatch, capsys
):
    pytest.importorskip("matplotlib")
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import parameters

    monkeypatch.setattr(parameters, "GRID", {"window": [2, 3], "epochs": [2], "min_count": [4]})
    words = [f"w{i}" for i in range(40)]
    lines = [" ".join(words[(7 * line + i * i) % 40] for i in range(12)) for line in range(60)]
    (tmp_path / "text.txt").write_text("\n".join(lines))
    (tmp_path / "p.tsv").write_text("".join(f"w{i}\tw{i * 3}\t{i % 4}\n" for i in range(1, 12)))
    (tmp_path / "q.txt").write_text(": all\nw1 w2 w3 w4\nw2 w3 w4 w5\n")
    monkeypatch.chdir(tmp_path)
    options = "--corpus text.txt --pairs p.tsv --analogies q.txt --results r.json --epochs 1"
    shown = "--workers 1 --seeds 1 2 --speed --figures curves --only"

    def run(*names):
        monkeypatch.setattr("sys.argv", ["parameters.py", *options.split(), *shown.split(), *names])
        parameters.main()
        return json.loads((tmp_path / "r.json").read_text())["runs"], capsys.readouterr().out

    runs, _ = run("window")
    base = runs[0]["parameters"]
    assert base == {"epochs": 1, "window": 5, "min_count": 5, "seed": 1}
    assert [made["parameters"] for made in runs[1:]] == [
        base | {"seed": 2}, base | {"window": 2}, base | {"window": 3},
    ]  # fmt: skip
    more, table = run("epochs", "window")
    assert more[:4] == runs
    assert [made["parameters"] for made in more[4:]] == [base | {"epochs": 2}]
    assert re.findall(r"^\| (\w+ = \d+)(?: \(unchanged\))? ", table, re.MULTILINE) == [
        "epochs = 1", "epochs = 2", "window = 2", "window = 3", "window = 5",
    ]  # fmt: skip
    pictures = sorted(path.name for path in (tmp_path / "curves").iterdir())
    assert pictures == ["epochs.svg", "window.svg"]
    assert ">window</text>" in (tmp_path / "curves" / "window.svg").read_text()
    (tmp_path / "text.txt").write_text("\n".join(lines[:-1]))
    with pytest.raises(SystemExit, match="expected results of"):
        run("window")

"""The benchmarks run, and what they have in common computes what it says."""

import json
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


def test_a_failing_run_tells_why(common, tmp_path):
    script = tmp_path / "fails.py"
    script.write_text("raise SystemExit('no such thing')")
    with pytest.raises(RuntimeError, match="no such thing"):
        common.run_child(script, {"name": "it"}, tmp_path)


def test_vs_gensim_reports_speed_and_quality(tmp_path):
    """Without gensim, which takes seconds to import; it differs by one function."""
    words = [f"w{i}" for i in range(40)]
    lines = [" ".join(words[(7 * line + i * i) % 40] for i in range(12)) for line in range(300)]
    text, pairs, report = tmp_path / "text.txt", tmp_path / "p.tsv", tmp_path / "report.json"
    text.write_text("\n".join(lines))
    pairs.write_text("".join(f"w{i}\tw{i * 3}\t{i % 4}\n" for i in range(1, 12)))
    arguments = ["--corpus", text, "--pairs", pairs, "--output", report, tmp_path / "report.md"]
    options = (
        "--programs sgns --also negative_sharing=0,window=2 --seeds 1,2 --epochs 1 --workers 1"
    )
    done = subprocess.run(
        [
            sys.executable,
            BENCHMARKS / "vs_gensim.py",
            *arguments,
            *options.split(),
            *("--vector-size", "8", "--scratch", tmp_path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
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
        assert run["words_per_second"] == pytest.approx(3600 / run["seconds"]["train"])
        assert 10 << 20 < (run["anonymous_bytes"] or run["peak_bytes"]) <= run["peak_bytes"]
        assert -1 <= run["quality"]["p"] <= 1
    assert "text to saved vectors, s" in done.stdout
    assert (tmp_path / "report.md").read_text() == done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "p.tsv", "report.json", "report.md", "text.txt",
    ]  # fmt: skip

"""All benchmarks run, and README's table is what they wrote."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sanitizers import judges_memory

ROOT = Path(__file__).parent.parent
BENCHMARKS = ROOT / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="benchmarks are not shipped")


@pytest.fixture(autouse=True)
def on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def script(name, *arguments):
    command = [sys.executable, BENCHMARKS / f"{name}.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_one_command_runs_benchmarks_and_goes_on_where_it_stopped(tmp_path):
    arguments = ["--quick", "--only", "kernels", "scaling", "--folder", tmp_path]
    done = script("run_all", *arguments)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert list(report["parts"]) == ["kernels", "scaling"]
    assert report["failed"] == {}
    for row in report["parts"]["kernels"]["peak"]:
        assert row["gflops"] > 0.1
    for row in report["parts"]["kernels"]["training"]:
        assert all(run["gflops"] > 0 for run in row["runs"])
    text = (tmp_path / "report.md").read_text()
    for title in ("## Arithmetic", "## How the cost grows", "![kernels](kernels.png)"):
        assert title in text
    assert (tmp_path / "scaling.png").read_bytes().startswith(b"\x89PNG")

    (tmp_path / "scaling.json").unlink()
    before = (tmp_path / "kernels.json").stat().st_mtime_ns
    again = script("run_all", *arguments)
    assert again.returncode == 0, again.stderr
    assert "kernels: there already" in again.stderr
    assert (tmp_path / "kernels.json").stat().st_mtime_ns == before
    assert (tmp_path / "scaling.json").exists()


def test_a_part_that_fails_is_named_and_loses_nothing(tmp_path):
    done = script(
        "run_all", "--quick", "--only", "training", "scaling", "--corpus",
        f"none={tmp_path / 'none.txt'}", "--folder", tmp_path / "results",
    )  # fmt: skip
    assert done.returncode == 1
    assert "failed: training-none-100" in done.stderr
    report = json.loads((tmp_path / "results/report.json").read_text())
    assert list(report["parts"]) == ["scaling"]
    assert "expected a file" in report["failed"]["training-none-100"]
    assert "**training-none-100 failed**" in (tmp_path / "results/report.md").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA is a limit on Linux only")
@judges_memory
def test_a_corpus_four_times_the_memory_trains(tmp_path):
    done = script("memory", "--quick", "--scratch", tmp_path, "--output", tmp_path / "memory.json")
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "memory.json").read_text())
    limit = report["settings"]["limit"] << 20
    assert report["copy_fails"]
    assert report["corpus_bytes"] >= 4 * limit
    (run,) = report["train"]["limit"]
    assert 4 * run["tokens"] >= 4 * limit
    assert run["anonymous_bytes"] < limit
    for run in report["beside"]:
        assert run["anonymous_bytes"] - run["matrix_bytes"] < (64 << 20) + run["workers"] * (
            8 << 20
        )


def test_operations_are_those_of_the_design():
    import kernels
    from sgns.config import TrainingConfig

    config = TrainingConfig(vector_size=10, negative=5, shared_negatives=24)
    assert kernels.operations(config, targets=100, pairs=600) == 60 * (600 + 24 * 100)
    fresh = TrainingConfig(vector_size=10, negative=5, negative_sharing=0)
    assert kernels.operations(fresh, targets=100, pairs=600) == 60 * 600 * 6


def test_the_power_of_growth():
    import scaling

    assert scaling.growth([1, 2, 8], [3.0, 6.0, 6.0]) == [None, pytest.approx(1), 0]


def a_report(folder, date, speed=1.0):
    def run(name, seed, seconds, score):
        return {
            "name": name, "setting": 100, "vector_size": 100, "seed": seed, "round": seed - 1,
            "tokens": 1000, "epochs": 5, "anonymous_bytes": 50 << 20, "anonymous_before": 0,
            "matrix_bytes": 20 << 20, "quality": {"pairs": score},
            "seconds": {"import": 0.1, "build": 0.5, "train": seconds, "save": 0.5},
        }  # fmt: skip

    part = {
        "machine": {"cpu": "A processor", "cores": 2, "instruction_set": "avx2"},
        "versions": {"gensim": "4.4.0"},
        "corpus": {"name": "text.txt", "bytes": 9000, "tokens": 2_000_000},
        "contestants": ["gensim", "sgns", "sgns loss=false", "fasttext epochs=1"],
        "runs": [
            run("gensim", 1, 10.0, 0.30), run("gensim", 2, 10.0, 0.32),
            run("sgns", 1, speed, 0.33), run("sgns", 2, speed, 0.33),
            run("sgns loss=false", 1, 1.0, 0.33),
            {**run("fasttext epochs=1", 1, 1, 1), "error": "x"},
        ],
    }  # fmt: skip
    (folder / date).mkdir(parents=True)
    report = {"date": date, "failed": {}, "parts": {"training-text-100": part, "scaling": {}}}
    (folder / date / "report.json").write_text(json.dumps(report))


def test_the_table_comes_from_the_newest_report(tmp_path):
    a_report(tmp_path / "results", "2026-01-01", speed=2.0)
    a_report(tmp_path / "results", "2026-02-01", speed=1.0)
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- benchmarks: begin -->\nold\n<!-- benchmarks: end -->\nafter\n")
    where = ["--results", tmp_path / "results", "--readme", readme]
    assert "README's table is not that of" in script("readme_table", "--check", *where).stderr
    assert script("readme_table", "--write", *where).returncode == 0
    assert script("readme_table", "--check", *where).returncode == 0
    text = readme.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    rows = [[c.strip() for c in line.split("|")[1:-1]] for line in text.splitlines() if "|" in line]
    assert rows[2:] == [
        ["text.txt (2.0 M words), vector size 100: sgns, M words/s", "0.00", "0.01", "10.0x"],
        ["text.txt (2.0 M words): text to saved vectors, s", "11.0", "2.0", "5.5x"],
        ["text.txt (2.0 M words): memory beside the matrices, MB", "30", "30", ""],
        ["text.txt (2.0 M words): pairs, mean of 2 seeds", "0.310", "0.330", "+2.0 points"],
    ]


def test_readme_has_the_table_of_the_newest_report():
    done = script("readme_table", "--check")
    assert done.returncode == 0, done.stderr

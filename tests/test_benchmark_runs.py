"""The processes that benchmarks start, and the file that their results go to."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="benchmarks are not shipped")


@pytest.fixture(autouse=True)
def on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def test_a_failing_run_tells_why(tmp_path):
    from _children import run_child

    script = tmp_path / "fails.py"
    script.write_text("raise SystemExit('no such thing')")
    with pytest.raises(RuntimeError, match="no such thing"):
        run_child(script, {"name": "it"}, tmp_path)


def test_a_run_that_takes_too_long_is_ended(tmp_path):
    from _children import run_child

    script = tmp_path / "sleeps.py"
    script.write_text("import time; time.sleep(60)")
    began = time.monotonic()
    with pytest.raises(RuntimeError, match=r"it took longer than 0\.2 s"):
        run_child(script, {"name": "it"}, tmp_path, timeout=0.2)
    assert time.monotonic() - began < 30


PARENT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from _children import ended_by_signals, run_child
folder = Path(sys.argv[2])
with ended_by_signals():
    run_child(folder / "child.py", {}, folder)
"""
CHILD = """
import os, subprocess, sys, time
sys.path.insert(0, {benchmarks!r})
from pathlib import Path
from _children import end_with_parent
end_with_parent()
started = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(60)"], preexec_fn=end_with_parent
)
(Path(sys.argv[2]) / "pids.tmp").write_text(f"{{os.getpid()}} {{started.pid}}")
(Path(sys.argv[2]) / "pids.tmp").replace(Path(sys.argv[2]) / "pids")
time.sleep(60)
"""


def alive(pid):
    """Whether a process runs; one that nobody has waited for is as good as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_runs_end_with_the_benchmark(tmp_path, number):
    (tmp_path / "parent.py").write_text(PARENT)
    (tmp_path / "child.py").write_text(CHILD.format(benchmarks=str(BENCHMARKS)))
    parent = subprocess.Popen(
        [sys.executable, tmp_path / "parent.py", BENCHMARKS, tmp_path], stderr=subprocess.PIPE
    )
    try:
        wait_for(lambda: (tmp_path / "pids").exists() or parent.poll() is not None)
        pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        assert all(map(alive, pids))
        os.kill(parent.pid, number)
        assert parent.wait(30) != 0
        wait_for(lambda: not any(map(alive, pids)))
    finally:
        parent.kill()
        parent.communicate()


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def test_results_are_found_again(tmp_path, capsys):
    from _results import ResultLog

    path = tmp_path / "folder" / "log.jsonl"
    log = ResultLog(path)
    assert log.get({"name": "a", "seed": 1}) is None
    log.add({"name": "a", "seed": 1}, {"seconds": 2.5})
    log.add({"name": "b", "seed": 1}, {"error": "out of luck"})
    with path.open("a") as file:
        file.write('{"key": "cut sho')
    for _ in range(2):
        again = ResultLog(path)
        assert again.get({"seed": 1, "name": "a"})["seconds"] == 2.5
        assert again.get({"name": "a", "seed": 2}) is None
        assert again.get({"name": "b", "seed": 1}) is None  # a failure is tried again
        again.add({"name": "c"}, {"seconds": 1})
    assert [json.loads(line)["name"] for line in path.read_text().splitlines() if "sho" not in line
            ] == ["a", "b", "c", "c"]  # fmt: skip
    assert "2 results of earlier runs" in capsys.readouterr().err


def test_results_of_another_build_are_not_taken(tmp_path, monkeypatch):
    import _results

    log = _results.ResultLog(tmp_path / "log")
    log.add({"name": "a"}, {"seconds": 2.5})
    log.add({"name": "b", "program": "gensim"}, {"seconds": 1.5})
    monkeypatch.setattr(_results, "build_id", lambda: "another")
    again = _results.ResultLog(tmp_path / "log")
    assert again.get({"name": "a"}) is None
    assert again.get({"name": "b", "program": "gensim"})["seconds"] == 1.5
    monkeypatch.setattr(_results, "machine", lambda: {"cpu": "another"})
    assert _results.ResultLog(tmp_path / "log").get({"name": "b", "program": "gensim"}) is None


def test_peak_memory_is_that_of_the_process_asked_for():
    from _memory import PeakMemory

    code = "x = bytearray(200 << 20); print(len(x), flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        with PeakMemory(process.pid) as memory:
            process.stdout.readline()
            if memory.look() == 0:
                pytest.skip("the system does not tell")
        assert 200 << 20 < memory.anonymous < 260 << 20
        assert memory.anonymous < memory.total
    finally:
        process.communicate(b"\n")

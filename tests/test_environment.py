"""What the build says of itself, and what importing it costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import sgns
from sgns import _kernels
from sgns.environment import environment

ROOT = Path(__file__).resolve().parents[1]


def run(code, **environ):
    """Standard output of Python code in a fresh interpreter."""
    process = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60,
        env=os.environ | environ,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_the_environment_names_what_there_is():
    found = environment()
    assert found.version == sgns.__version__
    assert found.compiler.split()[0] in {"gcc", "clang", "MSVC"}
    assert found.instruction_sets == tuple(_kernels.available_kernels())
    assert found.instruction_set in found.instruction_sets
    assert found.blas not in {"", "unknown"}
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.cores >= 1
    with pytest.raises(AttributeError):
        found.cores = 2


def test_the_version_stands_in_one_place():
    assert version("sgns") == sgns.__version__
    others = [ROOT / name for name in ("pyproject.toml", "CITATION.cff", "docs/conf.py")]
    for path in filter(Path.exists, others):
        assert sgns.__version__ not in path.read_text("utf-8"), path.name


def test_show_config_prints_a_line_for_each(capsys):
    sgns.show_config()
    out, err = capsys.readouterr()
    assert err == ""
    assert out.endswith("\n")
    lines = dict(line.split("  ", 1) for line in out.splitlines())
    assert [name.strip() for name in lines] == [
        "sgns", "compiler", "instruction set", "BLAS", "Python", "machine",
    ]  # fmt: skip
    assert sgns.__version__ in out
    assert _kernels.compiler() in out


@pytest.mark.parametrize("name", _kernels.available_kernels())
def test_the_instruction_set_in_use_is_the_one_asked_for(monkeypatch, name):
    monkeypatch.setenv("SGNS_ISA", name)
    assert environment().instruction_set == name
    assert f"instruction set  {name} (of " in str(environment())


def test_asking_for_an_instruction_set_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setenv("SGNS_ISA", "altivec")
    with pytest.raises(ValueError, match=r"SGNS_ISA: expected one of scalar.*, got 'altivec'"):
        sgns.show_config()


def test_importing_sgns_brings_nothing_along():
    code = "import json, sys, sgns; print(json.dumps(sorted(sys.modules)))"
    modules = set(json.loads(run(code)))
    assert "sgns" in modules
    assert not {name for name in modules if name.startswith(("sgns.", "numpy", "scipy"))}


def test_public_names_bring_no_heavy_module_along():
    code = """
import json, sys, sgns
for name in sgns.__all__:
    getattr(sgns, name)
print(json.dumps(sorted(sys.modules)))
"""
    modules = set(json.loads(run(code)))
    heavy = {
        "scipy.linalg", "scipy.stats", "scipy.special", "matplotlib", "sklearn", "tqdm", "gensim",
        "sgns.plotting", "sgns.cli", "sgns._blas",
    }  # fmt: skip
    assert "sgns._core" in modules
    assert not heavy & modules


def test_importing_sgns_touches_no_stream_and_starts_no_thread():
    code = "import threading, sgns; assert threading.active_count() == 1"
    assert run(code, SGNS_ISA="nonsense") == ""


def test_training_with_the_fused_kernel_never_loads_blas():
    code = """
import sys
from sgns import Model
Model([["a", "b"]] * 9, min_count=1, vector_size=3).train(1, 1)
assert "scipy.linalg" not in sys.modules and "tqdm" not in sys.modules
"""
    run(code)


def test_every_public_name_is_there_and_documented():
    for name in sgns.__all__:
        assert getattr(sgns, name).__doc__
    assert sgns.__all__ == sorted(sgns.__all__)

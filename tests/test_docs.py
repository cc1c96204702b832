"""The documents say what is so: code runs, links lead somewhere, the map is whole."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sgns.arguments import COMMANDS, command_parser

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")]
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(text, language):
    """Return the fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_code_of_readme_runs(tmp_path):
    words = ["movie", "film", "actor", "scene", "plot", "camera"]
    lines = [" ".join(words[i % 5 :] + words[: i % 3]) for i in range(200)]
    (tmp_path / "reviews.txt").write_text("\n".join(lines), encoding="utf-8")
    code = blocks(README, "python")
    assert code
    command = [sys.executable, "-W", "error", "-c", "\n".join(code)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reviews.model").is_dir()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_shell_lines_are_commands_that_exist(document):
    for block in blocks(document.read_text(encoding="utf-8"), "sh"):
        for line in block.splitlines():
            if line.startswith("sgns "):
                command_parser().parse_args(line.partition("  #")[0].split()[1:])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("https://", "#", "mailto:")):
            assert (document.parent / target.partition("#")[0]).exists(), target


def test_readme_names_every_command():
    for name in set(COMMANDS) - {"config"}:
        assert f"sgns {name}" in README


def test_continuous_integration_runs_what_readme_says():
    command = "nox -s check"
    assert any(f"bin/{command}" in block for block in blocks(README, "sh"))
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'bin/nox" -s check' in script
    assert command in CONTRIBUTING


def test_the_map_has_every_module_and_no_other():
    package = ROOT / "src" / "sgns"
    modules = {path.name for ending in ("py", "pyx") for path in package.glob(f"*.{ending}")}
    named = set(re.findall(r"`(\w+\.pyx?)`", CONTRIBUTING))
    assert modules - named == set(), "add these to the map in CONTRIBUTING.md"
    elsewhere = {"noxfile.py"}
    assert named - modules - elsewhere == set(), "these are gone: take them off the map"


def test_every_task_is_described():
    tasks = re.findall(
        r"^@nox\.session.*\ndef (\w+)", (ROOT / "noxfile.py").read_text("utf-8"), re.M
    )
    assert len(tasks) >= 9
    for task in tasks:
        assert f"`nox -s {task.rstrip('_')}" in CONTRIBUTING

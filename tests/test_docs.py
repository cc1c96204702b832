"""The documents say what is so: code runs, links lead somewhere, the map is whole."""

import importlib.util
import pkgutil
import random
import re
import shutil
from pathlib import Path

import pytest

import sgns
from sgns import Model
from sgns.arguments import COMMANDS, command_parser

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path
    for pattern in ["*.md", "docs/**/*.md", "benchmarks/*.md", "examples/*.md"]
    for path in ROOT.glob(pattern)
    if "_build" not in path.parts
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
# Code that imports one of these runs only where they are installed: they are large.
OPTIONAL = ["gensim", "matplotlib", "pandas", "safetensors", "sklearn", "spacy", "torch"]


def blocks(text, language):
    """Return the fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def page(path):
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """A folder with the files that the pages speak of."""
    folder = tmp_path_factory.mktemp("shelf")
    topics = [
        ["movie", "film", "actor", "scene", "plot", "camera", "director", "story"],
        ["pear", "plum", "fig", "apple", "cherry", "grape", "lemon", "peach"],
        ["river", "lake", "sea", "boat", "fish", "harbour", "island", "shore"],
    ]
    generator = random.Random(1)
    lines = [
        " ".join(generator.choices(topics[i % 3], k=12) + [f"word{j}" for j in range(i % 7)])
        for i in range(600)
    ]
    (folder / "reviews.txt").write_text("\n".join(lines), encoding="utf-8")
    model = Model(folder / "reviews.txt", vector_size=16, sample=0)
    model.train(epochs=2, workers=1).save(folder / "reviews.model")
    return folder


WITH_CODE = [path for path in DOCUMENTS if blocks(path.read_text(encoding="utf-8"), "python")]


@pytest.mark.parametrize("document", WITH_CODE, ids=page)
def test_code_runs(document, shelf, tmp_path, monkeypatch):
    """All blocks of a page run in order, in one namespace and a folder with the shelf's files."""
    shutil.copytree(shelf, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    namespace = {"__name__": "__main__"}
    for number, code in enumerate(blocks(document.read_text(encoding="utf-8"), "python"), 1):
        asked = re.findall(r"^\s*(?:import|from) (\w+)", code, re.MULTILINE)
        if any(importlib.util.find_spec(name) is None for name in OPTIONAL if name in asked):
            continue
        exec(compile(code, f"{page(document)}, block {number}", "exec"), namespace)


def test_readme_has_code_that_saves_a_model():
    assert ROOT / "README.md" in WITH_CODE
    assert 'model.save("reviews.model")' in blocks(README, "python")[0]


def public_names():
    """The names that users import, and the modules that the reference has on pages of their own."""
    yield from (f"sgns.{name}" for name in sgns.__all__)
    for module in ["evaluation", "formats", "plotting", "sklearn"]:
        yield f"sgns.{module}"


@pytest.mark.parametrize("name", list(public_names()))
def test_reference_has_every_public_name(name):
    short = name.partition(".")[2]
    pages = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs/api").glob("*.md"))
    assert re.search(rf"^\.\. auto\w+:: (sgns\.)?{short}$", pages, re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=page)
def test_shell_lines_are_commands_that_exist(document):
    for block in blocks(document.read_text(encoding="utf-8"), "sh"):
        for line in block.splitlines():
            if line.startswith("sgns "):
                command_parser().parse_args(line.partition("  #")[0].split()[1:])


@pytest.mark.parametrize("document", DOCUMENTS, ids=page)
def test_links_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("https://", "#", "mailto:")):
            assert (document.parent / target.partition("#")[0]).exists(), target


def documented():
    """The names that pages of the reference take the docstrings of."""
    for path in (ROOT / "docs" / "api").glob("*.md"):
        module = ""
        found = re.findall(r"^\.\. (\w+):: ([\w.]+)$", path.read_text("utf-8"), re.MULTILINE)
        for directive, name in found:
            if directive == "currentmodule":
                module = name
            elif directive.startswith("auto"):
                yield name if name.startswith("sgns.") else f"{module}.{name}"


@pytest.mark.parametrize("name", sorted(documented()))
def test_reference_has_no_name_that_is_gone(name):
    if name.startswith("sgns.sklearn"):
        pytest.importorskip("sklearn")
    pkgutil.resolve_name(name)


def promises():
    """The rows of the tables on the page of promises: a promise, and what names its tests."""
    text = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    return [row for row in re.findall(r"^\| (.+) \| (.+) \|$", text, re.M) if row[0] != "promise"]


def test_every_promise_names_tests_that_exist():
    assert len(promises()) >= 30
    for promise, shown_by in promises():
        tests = re.findall(r"`(tests/\w+(?:/\w+)?\.py)::(test_\w+)`", shown_by)
        assert tests, promise
        assert len(tests) == shown_by.count("::"), f"{shown_by}: not the name of a test"
        for file, test in tests:
            source = (ROOT / file).read_text(encoding="utf-8")
            assert f"\ndef {test}(" in source, f"{promise}: there is no {file}::{test}"


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

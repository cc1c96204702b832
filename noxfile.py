"""The project's tasks: `nox -l` lists them, `nox -s NAME -- ARGUMENTS` runs one.

Every session tests what a user would get: the wheel that is built from the source distribution,
installed into an environment of its own. The working tree is never on the path.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["check"]
nox.options.error_on_external_run = True

PACKAGE = Path("src/sgns")
C_FILES = sorted(
    str(path) for folder in (PACKAGE / "kernels", Path("tests/c")) for path in folder.glob("*.[ch]")
)
STUBBED_MODULES = sorted(f"sgns.{path.stem}" for path in PACKAGE.glob("*.pyi"))
SITE = "docs/_build/html"
STUBTEST_ALLOWLIST = ".ci/stubtest-allowlist.txt"
THREADED_TESTS = [  # what threads of ours meet in
    *("tests/test_kernels.py", "tests/test_corpus.py", "tests/test_corpus_failures.py"),
    *("tests/test_deterministic.py", "tests/test_documents.py", "tests/test_encode.py"),
    *("tests/test_inference.py", "tests/test_jobs.py", "tests/test_repeatability.py"),
    *("tests/test_parallel.py", "tests/test_training.py"),
]
NOTHING_DONE = 77  # the self-test says so where every program that it needs is missing
PYTHON_FILES = ["src", "tests", "benchmarks", "examples", "docs", "noxfile.py", "setup.py"]


@nox.session
def check(session: nox.Session) -> None:
    """Build, lint, check types, run demo, docs and all tests: what every change has to pass."""
    install_built(session, "docs", "lint", "plot", "map", "cluster", "test")
    run_linters(session)
    run_type_checks(session)
    build_site(session)
    run_selftest(session, "native")
    run_demo(session)
    run_tests(session, *session.posargs)


@nox.session
def test(session: nox.Session) -> None:
    """Run the tests; arguments go to pytest."""
    install_built(session, "plot", "map", "cluster", "test")
    run_tests(session, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check layout, likely mistakes and spelling of Python, Cython and C, and the workflows."""
    session.install(*extra("lint"))
    run_linters(session)


@nox.session(name="format")
def format_(session: nox.Session) -> None:
    """Rewrite Python and C files to the layout that `lint` asks for."""
    session.install(*extra("lint"))
    session.run("ruff", "check", "--fix", *PYTHON_FILES)
    session.run("ruff", "format", *PYTHON_FILES)
    session.run("clang-format", "-i", *C_FILES)


@nox.session
def types(session: nox.Session) -> None:
    """Check annotations, and the stubs against the compiled modules."""
    install_built(session, "lint", "plot")
    run_type_checks(session)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site (docs/_build/html), run the code of the documentation, follow its links."""
    install_built(session, "docs", "plot", "map", "cluster", "test")
    build_site(session)
    run_tests(session, "tests/test_docs.py", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """Run `sgns demo`; arguments go to it."""
    install_built(session)
    run_demo(session, *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Compare with gensim: `nox -s bench -- --corpus FILE`."""
    install_built(session, "bench")
    for package in extra("peers"):  # those that do not build here are left out
        session.install(package, success_codes=[0, 1])
    session.run("python", "benchmarks/vs_gensim.py", *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Kill building, training and saving a thousand times each, and workers (minutes)."""
    install_built(session, "plot", "cluster", "test")
    files = ["tests/test_build_faults.py", "tests/test_faults.py"]
    run_tests(session, *files, "--timeout=0", *session.posargs, SGNS_KILLS="1000")
    run_tests(session, "tests/test_cluster.py", "-k", "killed", SGNS_CLUSTER_KILLS="20")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Give each reader thousands of hostile files: `nox -s fuzz -- EXAMPLES` (default 5,000)."""
    install_built(session, "test")
    examples = session.posargs[0] if session.posargs else "5000"
    run_tests(session, "tests/property/test_hostile_files.py", SGNS_FUZZ_EXAMPLES=examples)


@nox.session
def asan(session: nox.Session) -> None:
    """Run the tests with the C code checked for bad addresses and undefined behaviour (gcc)."""
    install_built(session, "plot", "map", "test", SGNS_SANITIZE="address,undefined")
    libraries = [compiler_library(name) for name in ("libasan.so", "libubsan.so")]
    run_tests(
        session,
        "--timeout=600",
        *session.posargs,
        LD_PRELOAD=" ".join(libraries),
        ASAN_OPTIONS="detect_leaks=0",  # the interpreter never frees everything
        UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1",
    )


@nox.session
def tsan(session: nox.Session) -> None:
    """Run the tests of the core, of encoding and of training with races looked for (gcc).

    The one race that is meant, Hogwild's, is named in tests/tsan-suppressions.txt.
    """
    install_built(session, "plot", "test", SGNS_SANITIZE="thread")
    suppressions = Path("tests/tsan-suppressions.txt").resolve()
    run_tests(
        session,
        *(session.posargs or THREADED_TESTS),
        "--timeout=1200",  # it is slow
        "--capture=sys",  # reports come from C, and would be lost with the output of a test
        LD_PRELOAD=compiler_library("libtsan.so"),
        # The interpreter and other packages are not built for it: what they do is not judged.
        TSAN_OPTIONS=f"suppressions={suppressions}:ignore_noninstrumented_modules=1:exitcode=66",
    )


@nox.session
def wheel(session: nox.Session) -> None:
    """Judge the wheel and the source distribution as an index would, then run the tests on it."""
    folder = install_built(session, "plot", "test", "wheel")
    session.run("python", "-m", "twine", "check", "--strict", *map(str, folder.glob("sgns-*")))
    if sys.platform == "linux":
        session.run("auditwheel", "show", *map(str, folder.glob("sgns-*.whl")))
    run_tests(session, *session.posargs)


@nox.session
def oldest(session: nox.Session) -> None:
    """Run the tests with the oldest versions of the dependencies that are allowed."""
    install_built(session, "plot", "test", constraints=[*map(floor, project()["dependencies"])])
    run_tests(session, *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Report which lines of Python and Cython the tests run.

    Lines of Cython are told by the generated C beside the sources, so a copy is built in place.
    """
    build = project_table("build-system")["requires"]
    extras = [line for name in ("plot", "map", "test") for line in extra(name)]
    session.install(*build, *project()["dependencies"], *extras, "coverage")
    copy = Path(session.create_tmp()).resolve() / "source"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(".", copy, ignore=shutil.ignore_patterns(".*", "build", "*.so", "_build"))
    session.chdir(copy)
    session.run("python", "setup.py", "-q", "build_ext", "--inplace", env={"SGNS_COVERAGE": "1"})
    # Commands that tests start import the same copy.
    environment = {"PYTHONPATH": str(copy / "src")}
    session.run(
        *["coverage", "run", "-m", "pytest", "-o", "timeout=900"],
        *(session.posargs or ["--ignore=tests/test_docs.py"]),
        env=environment,
        success_codes=[0, 1],  # limits of time and memory do not hold while lines are traced
    )
    session.run("coverage", "combine", env=environment)
    session.run("coverage", "report", env=environment)


@nox.session
def selftest(session: nox.Session) -> None:
    """Run the self-test of the C code here and as ARM code; compile for Windows and macOS."""
    session.install("ziglang")
    run_selftest(session, *(session.posargs or ["native", "aarch64", "foreign"]))


@nox.session
def valgrind(session: nox.Session) -> None:
    """Run the self-test of the C code under valgrind."""
    run_selftest(session, "valgrind")


def install_built(
    session: nox.Session, *extras: str, constraints: Sequence[str] = (), **environment: str
) -> Path:
    """Build the source distribution, the wheel from it, and install that wheel with `extras`.

    Returns the folder of both. A build of its own also means that no object file of an earlier
    build with other flags is taken for a new one.
    """
    folder = Path(session.create_tmp()) / "dist"
    for old in folder.glob("sgns-*"):
        old.unlink()
    session.install("build")
    session.run("python", "-m", "build", "--outdir", str(folder), ".", silent=True, env=environment)
    (wheel,) = folder.glob("sgns-*.whl")
    check_contents(session, wheel)
    session.install("--force-reinstall", "--no-deps", str(wheel))
    session.install(f"{wheel}[{','.join(extras)}]" if extras else str(wheel), *constraints)
    return folder


def check_contents(session: nox.Session, wheel: Path) -> None:
    """Stop unless the wheel holds all types and pages, and no sources of compiled code."""
    listing = session.run("python", "-m", "zipfile", "-l", str(wheel), silent=True)
    names = {line.split()[0] for line in str(listing).splitlines()[1:]}
    expected = [path for end in ("*.pyi", "*_page.*") for path in PACKAGE.glob(end)]
    missing = {"sgns/py.typed", *(f"sgns/{path.name}" for path in expected)} - names
    foreign = {name for name in names if name.endswith((".c", ".h", ".pyx", ".pxd"))}
    if missing or foreign:
        session.error(f"{wheel.name} lacks {sorted(missing)}, should not hold {sorted(foreign)}")


def run_linters(session: nox.Session) -> None:
    """Run every tool that reads sources without the package being installed."""
    session.run("ruff", "check", *PYTHON_FILES)
    session.run("ruff", "format", "--check", *PYTHON_FILES)
    session.run("cython-lint", str(PACKAGE))
    session.run("clang-format", "--dry-run", "-Werror", *C_FILES)
    session.run("codespell")
    session.run("shellcheck", ".ci/run")
    session.run("actionlint", *sorted(map(str, Path(".github/workflows").glob("*.yml"))))
    session.run("zizmor", "--offline", "--quiet", ".github")  # what an attacker could use


def run_type_checks(session: nox.Session) -> None:
    """Run mypy over the package, and compare each stub with its compiled module."""
    session.run("mypy")
    session.run(
        "python", "-m", "mypy.stubtest", "--allowlist", STUBTEST_ALLOWLIST, *STUBBED_MODULES
    )


def build_site(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "docs", SITE)


def run_selftest(session: nox.Session, *parts: str) -> None:
    """Build the self-test of the C code and run it; parts that need what is missing say so."""
    session.run("python", "tests/c/selftest.py", *parts, success_codes=[0, NOTHING_DONE])


def run_demo(session: nox.Session, *arguments: str) -> None:
    """Train on the documentation of Python, numpy and scipy, as README's first command does."""
    session.run("sgns", "demo", "--folder", session.create_tmp(), *arguments)


def run_tests(session: nox.Session, *arguments: str, **environment: str) -> None:
    """Run pytest on the installed package."""
    session.run("python", "-m", "pytest", *arguments, env=environment)


def project_table(name: str) -> dict[str, Any]:
    """Return a table of pyproject.toml."""
    return nox.project.load_toml("pyproject.toml")[name]


def project() -> dict[str, Any]:
    """Return the table `project` of pyproject.toml."""
    return project_table("project")


def extra(name: str) -> list[str]:
    """Return the requirements of one extra of the package, without installing the package."""
    return project()["optional-dependencies"][name]


def floor(requirement: str) -> str:
    """Turn the oldest version that a requirement allows into the only one."""
    return requirement.replace(">=", "==")


def compiler_library(name: str) -> str:
    """Return the path of a library that comes with gcc."""
    command = ["gcc", f"-print-file-name={name}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

"""The project's tasks: `nox -l` lists them, `nox -s NAME -- ARGUMENTS` runs one.

Every session tests what a user would get: the wheel that is built from the source distribution,
installed into an environment of its own. The working tree is never on the path.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["check"]
nox.options.error_on_external_run = True

PACKAGE = Path("src/sgns")
KERNELS = sorted(str(path) for path in (PACKAGE / "kernels").glob("*.[ch]"))
STUBBED_MODULES = sorted(f"sgns.{path.stem}" for path in PACKAGE.glob("*.pyi"))
STUBTEST_ALLOWLIST = ".ci/stubtest-allowlist.txt"
PYTHON_FILES = ["src", "tests", "benchmarks", "noxfile.py", "setup.py"]


@nox.session
def check(session: nox.Session) -> None:
    """Build, lint, check types, run the demo and all tests: what every change has to pass."""
    install_built(session, "lint", "plot", "test")
    run_linters(session)
    run_type_checks(session)
    run_demo(session)
    run_tests(session, *session.posargs)


@nox.session
def test(session: nox.Session) -> None:
    """Run the tests; arguments go to pytest."""
    install_built(session, "plot", "test")
    run_tests(session, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check layout, likely mistakes and spelling of Python, Cython and C."""
    session.install(*extra("lint"))
    run_linters(session)


@nox.session(name="format")
def format_(session: nox.Session) -> None:
    """Rewrite Python and C files to the layout that `lint` asks for."""
    session.install(*extra("lint"))
    session.run("ruff", "check", "--fix", *PYTHON_FILES)
    session.run("ruff", "format", *PYTHON_FILES)
    session.run("clang-format", "-i", *KERNELS)


@nox.session
def types(session: nox.Session) -> None:
    """Check annotations, and the stubs against the compiled modules."""
    install_built(session, "lint", "plot")
    run_type_checks(session)


@nox.session
def docs(session: nox.Session) -> None:
    """Run the code of the documentation and follow its links."""
    install_built(session, "docs")
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
    session.run("python", "benchmarks/vs_gensim.py", *session.posargs)


@nox.session
def asan(session: nox.Session) -> None:
    """Run the tests with the C code checked for bad addresses and undefined behaviour (gcc)."""
    install_built(session, "plot", "test", SGNS_SANITIZE="address,undefined")
    libraries = [compiler_library(name) for name in ("libasan.so", "libubsan.so")]
    run_tests(
        session,
        *session.posargs,
        LD_PRELOAD=" ".join(libraries),
        ASAN_OPTIONS="detect_leaks=0",  # the interpreter never frees everything
        UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1",
    )


def install_built(session: nox.Session, *extras: str, **environment: str) -> None:
    """Build the source distribution, the wheel from it, and install that wheel with `extras`.

    A build of its own also means that no object file of an earlier build with other flags is
    taken for a new one.
    """
    folder = Path(session.create_tmp()) / "dist"
    for old in folder.glob("sgns-*"):
        old.unlink()
    session.install("build")
    session.run("python", "-m", "build", "--outdir", str(folder), ".", silent=True, env=environment)
    (wheel,) = folder.glob("sgns-*.whl")
    check_contents(session, wheel)
    session.install("--force-reinstall", "--no-deps", str(wheel))
    session.install(f"{wheel}[{','.join(extras)}]" if extras else str(wheel))


def check_contents(session: nox.Session, wheel: Path) -> None:
    """Stop unless the wheel holds the types and nothing of the sources of compiled code."""
    listing = session.run("python", "-m", "zipfile", "-l", str(wheel), silent=True)
    names = {line.split()[0] for line in str(listing).splitlines()[1:]}
    stubs = {f"sgns/{path.name}" for path in PACKAGE.glob("*.pyi")}
    missing = ({"sgns/py.typed"} | stubs) - names
    foreign = {name for name in names if name.endswith((".c", ".h", ".pyx", ".pxd"))}
    if missing or foreign:
        session.error(f"{wheel.name} lacks {sorted(missing)}, should not hold {sorted(foreign)}")


def run_linters(session: nox.Session) -> None:
    """Run every tool that reads sources without the package being installed."""
    session.run("ruff", "check", *PYTHON_FILES)
    session.run("ruff", "format", "--check", *PYTHON_FILES)
    session.run("cython-lint", str(PACKAGE))
    session.run("clang-format", "--dry-run", "-Werror", *KERNELS)
    session.run("codespell")


def run_type_checks(session: nox.Session) -> None:
    """Run mypy over the package, and compare each stub with its compiled module."""
    session.run("mypy")
    session.run(
        "python", "-m", "mypy.stubtest", "--allowlist", STUBTEST_ALLOWLIST, *STUBBED_MODULES
    )


def run_demo(session: nox.Session, *arguments: str) -> None:
    """Train on the documentation of Python, numpy and scipy, as README's first command does."""
    session.run("sgns", "demo", "--folder", session.create_tmp(), *arguments)


def run_tests(session: nox.Session, *arguments: str, **environment: str) -> None:
    """Run pytest on the installed package."""
    session.run("python", "-m", "pytest", *arguments, env=environment)


def extra(name: str) -> list[str]:
    """Return the requirements of one extra of the package, without installing the package."""
    return nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"][name]


def compiler_library(name: str) -> str:
    """Return the path of a library that comes with gcc."""
    command = ["gcc", f"-print-file-name={name}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

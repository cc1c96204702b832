"""Build the self-test of the C code and run it, without Python in the program.

    python tests/c/selftest.py native         # with every compiler of this machine
    python tests/c/selftest.py valgrind       # bad addresses and leaks
    python tests/c/selftest.py aarch64        # built by zig, run by qemu: the NEON kernel
    python tests/c/selftest.py foreign        # compiled for Windows and macOS, not run

zig is the package `ziglang` of this Python. What cannot be done because a program is missing is
said, and no failure; if nothing at all could be done, the exit code is 77.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
KERNELS = HERE.parents[1] / "src" / "sgns" / "kernels"
SOURCES = sorted(str(path) for path in KERNELS.glob("*.c"))
TESTS = sorted(str(path) for path in HERE.glob("*.c"))
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wvla", f"-I{KERNELS}"]
AS_SHIPPED = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden"]
FOREIGN = ["x86_64-windows-gnu", "aarch64-windows-gnu", "x86_64-macos", "aarch64-macos"]
NOTHING_DONE = 77
TIMEOUT = 900  # s, for one command


def native(folder: Path) -> Iterator[str]:
    """Build with each compiler of this machine, and run."""
    named = os.environ.get("CC")
    compilers = [shlex.split(named)] if named else [["gcc"], ["clang"]]
    for compiler in compilers:
        if not shutil.which(compiler[0]):
            skip(f"no {compiler[0]}")
            continue
        program = build(compiler, AS_SHIPPED, folder)
        run(str(program))
        yield compiler[0]


def valgrind(folder: Path) -> Iterator[str]:
    """Run under valgrind, which knows no AVX-512: that kernel is left out there."""
    compiler = next((name for name in ("gcc", "clang") if shutil.which(name)), None)
    if not compiler or not shutil.which("valgrind"):
        skip("no valgrind" if compiler else "no gcc and no clang")
        return
    program = build([compiler], ["-O1", "-g"], folder)
    run("valgrind", "--quiet", "--leak-check=full", "--error-exitcode=1", str(program))
    yield "valgrind"


def aarch64(folder: Path) -> Iterator[str]:
    """Build for 64-bit ARM, and run under emulation."""
    emulator = next(filter(shutil.which, ["qemu-aarch64", "qemu-aarch64-static"]), None)
    if not has_zig() or not emulator:
        skip("no qemu-aarch64 (Debian: qemu-user)" if has_zig() else "no ziglang")
        return
    program = build([*zig(), "-target", "aarch64-linux-musl", "-static"], AS_SHIPPED, folder)
    said = run(emulator, str(program))
    if "neon" not in said:
        sys.exit("the NEON kernel did not run")
    yield "aarch64"


def foreign(folder: Path) -> Iterator[str]:
    """Compile for systems that cannot be run here."""
    if not has_zig():
        skip("no ziglang")
        return
    for target in FOREIGN:
        for source in SOURCES:  # one by one: zig links several to one object, but not for Windows
            run(*zig(), "-target", target, *AS_SHIPPED, *WARNINGS, "-c", source, cwd=folder)
        yield target


def zig() -> list[str]:
    """Return the command of zig's C compiler."""
    return [sys.executable, "-m", "ziglang", "cc"]


def has_zig() -> bool:
    """Tell whether the package ziglang is installed."""
    return importlib.util.find_spec("ziglang") is not None


def build(compiler: list[str], flags: list[str], folder: Path) -> Path:
    """Build the self-test."""
    program = folder / "selftest"
    run(*compiler, *flags, *WARNINGS, *TESTS, *SOURCES, "-o", str(program), "-lm")
    return program


def run(*command: str, cwd: Path | None = None) -> str:
    """Run a command and return what it printed, which is shown too; stop if it fails."""
    done = subprocess.run(
        command, cwd=cwd, check=False, text=True, timeout=TIMEOUT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    sys.stdout.write(done.stdout)
    if done.returncode != 0:
        sys.exit(f"exit code {done.returncode} of {shlex.join(command[:4])} ...")
    return done.stdout


def skip(reason: str) -> None:
    """Say why something is left out."""
    sys.stdout.write(f"skipped: {reason}\n")


PARTS = {part.__name__: part for part in (native, valgrind, aarch64, foreign)}


def main() -> int:
    """Do the parts that are named."""
    parser = argparse.ArgumentParser(description="Build and run the self-test of the C code.")
    parser.add_argument("parts", nargs="+", choices=sorted(PARTS))
    done: list[str] = []
    for part in parser.parse_args().parts:
        with tempfile.TemporaryDirectory() as folder:
            for name in PARTS[part](Path(folder)):
                sys.stdout.write(f"passed: {part}, {name}\n")
                done.append(name)
    return 0 if done else NOTHING_DONE


if __name__ == "__main__":
    raise SystemExit(main())

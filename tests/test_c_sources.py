"""The C code asks for nothing that some compiler lacks."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
KERNELS = ROOT / "src" / "sgns" / "kernels"
COMPILER = next(filter(None, map(shutil.which, ["cc", "gcc", "clang"])), None)
FOREIGN_WORDS = r"__attribute__|__asm\w*|\basm\b|__builtin\w+|__atomic\w+|__typeof\w*|_Pragma|\(\{"
needs_compiler = pytest.mark.skipif(
    COMPILER is None or sys.platform == "win32", reason="needs a C compiler with gcc's options"
)


@needs_compiler
@pytest.mark.parametrize("machine", ["_M_X64", "_M_ARM64"])
@pytest.mark.parametrize("source", sorted(KERNELS.glob("*.c")), ids=lambda path: path.name)
def test_what_msvc_sees_has_no_words_of_other_compilers(source, machine, tmp_path):
    # The text after the preprocessor has taken MSVC's branches, without what systems bring.
    for header in KERNELS.glob("*.[ch]"):
        for name in re.findall(r"#include <([\w./]+)>", header.read_text("utf-8")):
            (tmp_path / name).touch()
    seen = subprocess.run(
        [COMPILER, "-E", "-P", "-undef", "-nostdinc", f"-I{tmp_path}",
         "-D_MSC_VER=1940", "-D_WIN32=1", f"-D{machine}=100", str(source)],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert not re.findall(FOREIGN_WORDS, seen)
    name = {"avx2": "_mm256_", "avx512": "_mm512_", "sse2": "_mm_"}.get(source.stem[4:])
    if name and machine == "_M_X64":
        assert name in seen
    if source.stem == "arm_neon":
        assert ("vfmaq_f32" in seen) == (machine == "_M_ARM64")

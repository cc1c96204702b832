"""The extension modules; everything else stands in pyproject.toml.

SGNS_DEBUG=1 builds with bounds checks and without optimisation, SGNS_SANITIZE=address,undefined
(or thread) builds with those sanitizers, SGNS_COVERAGE=1 traces Cython lines.
"""

import os
import sys
from pathlib import Path

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup

DEBUG = os.environ.get("SGNS_DEBUG") == "1"
COVERAGE = os.environ.get("SGNS_COVERAGE") == "1"
SANITIZE = os.environ.get("SGNS_SANITIZE", "")

MEMORY_VIEWS = "_memoryviews"  # Cython's code for them, once instead of in each module
KERNELS = "src/sgns/kernels"
HEADERS = sorted(path.as_posix() for path in Path(KERNELS).glob("*.h"))
VECTORS = ["scalar.c", "x86_sse2.c", "x86_avx2.c", "x86_avx512.c", "arm_neon.c", "dispatch.c"]
TRAINING = ["train.c", "step.c", "walk.c", "input.c", "sampler.c", "own_rows.c", "infer.c"]

if sys.platform == "win32":
    compile_args = ["/Od", "/Zi"] if DEBUG else ["/O2"]
    link_args = []
else:
    compile_args = ["-O0", "-g"] if DEBUG else ["-O3", "-fno-math-errno", "-fno-trapping-math"]
    compile_args += ["-std=c11", "-fvisibility=hidden", "-Wall", "-Wextra"]
    link_args = []
    if SANITIZE:
        flags = [f"-fsanitize={SANITIZE}", "-fno-omit-frame-pointer", "-g"]
        compile_args += flags
        link_args += flags


def extension(name, sources):
    own = f"src/sgns/{name}.{'c' if name == MEMORY_VIEWS else 'pyx'}"
    return Extension(
        f"sgns.{name}",
        [own, *(f"{KERNELS}/{source}" for source in sources)],
        depends=HEADERS,
        include_dirs=[KERNELS, np.get_include()],
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")]
        + ([("CYTHON_TRACE_NOGIL", "1")] if COVERAGE else []),
        extra_compile_args=compile_args,
        extra_link_args=link_args,
    )


setup(
    ext_modules=cythonize(
        [
            extension("_kernels", VECTORS),
            extension("_core", TRAINING),
            extension("_blas", ["blas.c"]),
            extension("_encode", ["encode.c"]),
            extension("_speed", ["speed.c"]),
            extension("_rows", ["half_rows.c", "rows.c"]),
            extension(MEMORY_VIEWS, []),
        ],
        shared_utility_qualified_name=f"sgns.{MEMORY_VIEWS}",
        compiler_directives={
            "language_level": 3,
            "boundscheck": DEBUG,
            "wraparound": False,
            "initializedcheck": DEBUG,
            "cdivision": True,
            "embedsignature": True,
            "freethreading_compatible": True,
            "linetrace": COVERAGE,
        },
    )
)

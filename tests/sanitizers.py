"""What a test cannot judge while a sanitizer looks on (`nox -s asan`, `nox -s tsan`)."""

import os

import pytest

_PRELOADED = os.environ.get("LD_PRELOAD", "")
UNDER_ASAN, UNDER_TSAN = "libasan" in _PRELOADED, "libtsan" in _PRELOADED

judges_memory = pytest.mark.skipif(UNDER_ASAN, reason="the sanitizer takes memory of its own")

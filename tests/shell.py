"""How tests of the shell commands call them."""

import sys

SGNS = [sys.executable, "-m", "sgns"]
SMALL = ["--vector-size", "8", "--min-count", "1", "--workers", "1"]
PARAMETERS = ["--vector-size", "8", "--min-count", "1"]

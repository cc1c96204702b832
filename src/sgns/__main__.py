"""`python -m sgns` is `sgns`."""

import sys

from sgns.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""``python -m weaklabel``: the same as the command ``weaklabel``."""

import sys

from weaklabel.cli import main

if __name__ == "__main__":
    sys.exit(main())

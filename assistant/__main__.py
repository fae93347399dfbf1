"""``python -m assistant``: the command line."""

import sys

from assistant.cli.commands import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())

"""``python -m assistant``: the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0 done, 1 not done, 2 wrong usage, 130 stopped by Ctrl-C."""
    try:
        from assistant.cli.commands import run

        return run(arguments)
    except KeyboardInterrupt:  # while the command line itself is being loaded
        return 130


if __name__ == "__main__":
    sys.exit(main())

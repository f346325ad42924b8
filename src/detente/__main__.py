"""Chooses a door. There is one for now: the command line.

The language comes first, because the commands' help is translated where it is declared.
"""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command that this process was started with, and return its exit code."""
    from detente.cli import words

    argv = sys.argv[1:]
    words.choose_language(words.wanted_language(argv, os.environ))

    from detente.cli.main import run

    return run(argv)


if __name__ == "__main__":
    sys.exit(main())

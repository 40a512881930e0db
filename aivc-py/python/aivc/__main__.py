"""The ``aivc`` command: ``python -m aivc --help``."""

import sys

from aivc import _native


def main() -> int:
    """Runs the command with the program's arguments; returns its exit code."""
    return _native.run_command_line(["aivc", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())

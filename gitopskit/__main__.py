"""The entry point of the command line: answers ``--version`` before anything heavy is imported."""

import gc
import sys

from gitopskit import __version__


def main() -> None:
    """Run the command line and exit with its code (docs/errors.md)."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"gitopskit {__version__}\n")
        return
    from gitopskit.cli.app import run  # noqa: PLC0415 -- typer costs 60 ms, --version needs none

    code = run(sys.argv[1:])
    gc.freeze()  # else the interpreter looks through all that was imported as it ends: 20 ms
    sys.exit(code)


if __name__ == "__main__":
    main()

"""The command line's frame: which groups there are, and how an error becomes an exit code.

Exit codes (fixed): 0 done, 1 findings or drift or something due, 2 usage or unusable input,
3 environment, 4 integrity, 70 a bug of ours, 130 interrupted. A closed pipe ends quietly.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TextIO

import typer
from typer.exceptions import TyperException

from gitopskit import __version__
from gitopskit.cli import output
from gitopskit.cli.usage_errors import usage_message
from gitopskit.errors import EnvironmentFault, GitopskitError

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_BUG: Final = 70
EXIT_INTERRUPTED: Final = 130

_SHOWN_FRAMES: Final = 6

_GROUPS: Final = (
    "init",
    "bootstrap",
    "keys",
    "seal",
    "unseal",
    "external",
    "validate",
    "render",
    "rollback",
    "status",
    "unsealer",
    "reconciler",
    "demo",
    "doctor",
)


def build_app(groups: Sequence[str] = _GROUPS) -> typer.Typer:
    """Return the application with groups of commands registered, by default with all of them."""
    app = typer.Typer(
        name="gitopskit",
        help="Scaffold a GitOps repository, seal its secrets, and keep a cluster equal to it.",
        no_args_is_help=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_frame)
    for group in groups:
        importlib.import_module(f"gitopskit.cli.{group}").register(app)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; prints the error, never a traceback."""
    if sys.stderr is None:
        sys.stderr = _sink()
    _forbid_core_dumps()
    try:
        _require_output()
        command = typer.main.get_command(build_app(_needed(arguments)))
        result = command.main(list(arguments), prog_name="gitopskit", standalone_mode=False)
        sys.stdout.flush()
    except GitopskitError as error:
        output.show_error(error)
        return error.exit_code
    except TyperException as error:
        return _show_usage_error(error)
    except (KeyboardInterrupt, typer.Abort):
        output.note("interrupted")
        return EXIT_INTERRUPTED
    except (BrokenPipeError, SystemExit):  # Click makes SystemExit of a closed pipe, and of no more
        return _end_quietly()
    except Exception as error:  # noqa: BLE001 -- the last line of defence: a bug of ours
        return _show_bug(error)
    return result if isinstance(result, int) else 0


def _forbid_core_dumps() -> None:
    """Keep what a crash would write of our memory, plaintext included, off the disk.

    Programs that we start inherit it. Where a system does not allow or know it, nothing is lost.
    """
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _needed(arguments: Sequence[str]) -> Sequence[str]:
    """Return the group that is called, or all of them: each costs a millisecond to register."""
    called = arguments[0] if arguments else ""
    return (called,) if called in _GROUPS else _GROUPS


def _require_output() -> None:
    """Check that what is closed is neither needed nor taken by the next file that is opened.

    Python leaves ``sys.stdin`` and its like ``None`` where the descriptor is closed.

    Raises:
        EnvironmentFault: standard output is closed.
    """
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 -- lives as long as we do
    if sys.stdout is None:
        sys.stdout = _sink()
        raise EnvironmentFault(
            "standard output is closed", hint="redirect it to a file, or to /dev/null"
        )


def _sink() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _show_version(*, asked: bool) -> None:
    if asked:
        output.print_result(f"gitopskit {__version__}")
        raise typer.Exit


def _frame(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version and exit.",
            is_eager=True,
            callback=lambda value: _show_version(asked=bool(value)),
        ),
    ] = False,
) -> None:
    pass


def _show_usage_error(error: TyperException) -> int:
    output.note(f"error: {usage_message(error)}")
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "gitopskit"
    output.note(f"hint: `{path} --help` shows what can be given")
    return error.exit_code


def _end_quietly() -> int:
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    return 0


def _show_bug(error: Exception) -> int:
    output.note(f"error: a bug in gitopskit {__version__}: {type(error).__name__}")
    for frame in traceback.extract_tb(error.__traceback__)[-_SHOWN_FRAMES:]:
        place = "/".join(Path(frame.filename).parts[-2:])
        output.say(f"  {place}:{frame.lineno} in {frame.name}")
    output.note(
        "hint: please report these lines with the command's name; they hold no value of yours"
    )
    return EXIT_BUG

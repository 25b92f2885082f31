"""``gitopskit validate``: what is wrong with the files of a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import output

if TYPE_CHECKING:
    from gitopskit.repository.config import ValidationException

_LATEST: Final = "1.37"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("validate")(_validate)


def _validate(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Files and folders; `-` is standard input."),
    ] = None,
    *,
    kubernetes: Annotated[
        str, typer.Option(help="The version whose schemas apply: 1.35, 1.36 or 1.37.")
    ] = _LATEST,
    output_format: Annotated[
        output.OutputFormat, typer.Option("--output", "-o", help="The form of the result.")
    ] = "text",
) -> None:
    """Check schemas, references and plaintext secrets of a repository's files.

    Exit code 0: nothing is wrong; 1: there are errors; 2: a file cannot be read.
    """
    from gitopskit.clock import SystemClock
    from gitopskit.validation.run import ValidationOptions, validate_paths

    chosen = paths or ["."]
    options = ValidationOptions(
        kubernetes=kubernetes,
        today=SystemClock().now_utc().date(),
        exceptions=_exceptions(chosen[0]),
    )
    report = validate_paths(chosen, options)
    if output_format != "text":
        output.print_structured(report.structured(), output_format)
    elif report.findings:
        output.print_result(report.text())
    output.note(report.summary())
    raise typer.Exit(report.exit_code)


def _exceptions(path: str) -> tuple[ValidationException, ...]:
    """Return the exceptions of the repository that a path belongs to, if it is in one."""
    from pathlib import Path

    from gitopskit.errors import InputError
    from gitopskit.repository.config import load_config
    from gitopskit.repository.layout import find_repository

    try:
        repository = find_repository(Path(path))
    except InputError:
        return ()
    return load_config(repository).exceptions

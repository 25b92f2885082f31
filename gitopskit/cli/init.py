"""``gitopskit init``: a new repository from flags, a file, or a few questions."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import output

if TYPE_CHECKING:
    from gitopskit.scaffold.answers import Answers, RawAnswers

_NO_NAMES: Final[list[str]] = []


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("init")(init)


def init(  # noqa: PLR0913 -- one parameter per flag
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write it; made if need be.")
    ] = Path(),
    *,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Ask nothing; what no flag answers is a default.")
    ] = False,
    answers_file: Annotated[
        str, typer.Option("--answers", metavar="FILE", help="Read answers from a YAML file.")
    ] = "",
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Name of the repository; default: DIR's.")
    ] = "",
    app: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="Name of an example app; may be repeated; default: web."),
    ] = _NO_NAMES,
    environment: Annotated[
        list[str],
        typer.Option(
            metavar="NAME", help="Name of an environment; may be repeated; default: staging, prod."
        ),
    ] = _NO_NAMES,
    repo_url: Annotated[
        str, typer.Option(metavar="URL", help="Where the clusters will fetch it from.")
    ] = "",
    revision: Annotated[
        str, typer.Option(metavar="REV", help="Branch that the clusters follow.")
    ] = "",
    image: Annotated[
        str, typer.Option(metavar="REF", help="Image of the example apps, with tag or digest.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be written as a diff.")
    ] = False,
) -> None:
    """Write a new GitOps repository: environments, an example app, policies, registrations."""
    from gitopskit.scaffold import answers, create, placing

    given = answers.RawAnswers(
        name=name,
        repo_url=repo_url,
        image=image,
        apps=tuple(app),
        environments=tuple(environment),
        target_revision=revision,
    )
    asks = not (defaults or answers_file or given != answers.RawAnswers()) and _is_terminal()
    checked = answers.make_answers(_answered(given, answers_file, directory, asks=asks))
    if dry_run:
        files = create.render_repository(checked)
        placing.refuse_what_is_in_the_way(files, directory)
        output.print_result(placing.diff_of(files))
        return
    files = create.create_repository(checked, directory)
    output.note(f"wrote {len(files)} files")
    output.print_result(str(directory))
    _say_what_is_next(checked, directory)


def _answered(given: RawAnswers, answers_file: str, directory: Path, *, asks: bool) -> RawAnswers:
    from gitopskit.scaffold import answers_file as files
    from gitopskit.scaffold.answers import RawAnswers

    fallback = RawAnswers(name=directory.absolute().resolve().name)
    if asks:
        from gitopskit.cli import wizard

        return wizard.ask_answers(fallback, wizard.open_console())
    if answers_file:
        from_file = files.read_answers(output.read_input(answers_file), path=answers_file)
        given = files.merge(given, from_file)
    return files.merge(given, fallback)


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _say_what_is_next(answers: Answers, directory: Path) -> None:
    folder, url, branch = map(
        shlex.quote, (str(directory), answers.repo_url, answers.target_revision)
    )
    output.say()
    output.say("Next:")
    if directory != Path():
        output.say(f"  cd {folder}")
    output.say("  gitopskit validate")
    output.say(f"  git init -b {branch} && git add . && git commit -m 'Begin'")
    output.say(f"  git remote add origin {url} && git push -u origin HEAD")
    output.say(f"  gitopskit bootstrap {answers.environments[0]}      # once per cluster")

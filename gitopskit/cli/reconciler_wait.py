"""`gitopskit reconciler wait`: until Applications are synced and healthy, or cannot be."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from gitopskit.cli import output
from gitopskit.cli.output import OutputFormat
from gitopskit.errors import InputError
from gitopskit.redaction import show_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gitopskit.errors import ApiError
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.progress import Progress
    from gitopskit.reconciler.waiting import Wanted

_EXIT_PERSON = 4


def wait(  # noqa: PLR0913 -- one parameter for each flag
    applications: Annotated[
        list[str] | None, typer.Argument(help="The Applications to wait for.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Wait for every Application.")] = False,
    selector: Annotated[
        str, typer.Option("--selector", "-l", help="Wait for those with these labels.")
    ] = "",
    timeout: Annotated[
        float, typer.Option("--timeout", min=0, help="For how many seconds at most.")
    ] = 300.0,
    revision: Annotated[
        str, typer.Option("--revision", help="Also wait until this commit was applied.")
    ] = "",
    context: Annotated[
        str,
        typer.Option("--context", help="The kubeconfig's context; by default the pod's rights."),
    ] = "",
    form: Annotated[OutputFormat, typer.Option("--output", "-o", help="How to print.")] = "text",
) -> None:
    """Wait until Applications are synced and healthy.

    Ends with 1 if they are not in time or cannot be any more, and with 4 if a person must decide.
    """
    from gitopskit.cli.wiring import run_async
    from gitopskit.reconciler.waiting import Wanted

    ways = (bool(applications), every, bool(selector))
    if sum(ways) != 1:
        raise InputError(
            "it must be said which Applications are waited for",
            hint="name them, or give either --all or --selector",
        )
    wanted = Wanted(names=tuple(applications or ()), selector=selector, revision=revision)
    with _display() as display:
        found = run_async(_wait(context, wanted, limit_seconds=timeout, display=display))
    _print(found, form)
    if any(it.needs_person and it.is_final for it in found):
        raise typer.Exit(_EXIT_PERSON)
    if not found or not all(it.is_done for it in found):
        raise typer.Exit(1)


async def _wait(
    context: str,
    wanted: Wanted,
    *,
    limit_seconds: float,
    display: _Display,
) -> tuple[Progress, ...]:
    from gitopskit.cli.wiring import connect
    from gitopskit.reconciler.waiting import wait as wait_for

    async with connect(context, prefers_pod=True) as api:
        return await wait_for(
            api,
            wanted,
            timeout_seconds=limit_seconds,
            on_look=display.look,
            on_silence=display.miss,
        )


def _print(found: Sequence[Progress], form: OutputFormat) -> None:
    if form != "text":
        output.print_structured([_told(it) for it in found], form)
        return
    for it in found:
        output.print_result(show_controls(f"{it.name}: {it.state or 'synced and healthy'}"))
        if it.is_final:
            output.note(show_controls(f"{it.name} is not waited for any longer: {_why(it)}"))
        if it.warning:
            output.note(show_controls(f"warning: {it.name}: {it.warning}"))
    if not found:
        output.note("no Application matched in time")


def _told(it: Progress) -> JsonObject:
    return {
        "name": it.name,
        "state": it.state or "synced and healthy",
        "isDone": it.is_done,
        "isFinal": it.is_final,
        "needsPerson": it.needs_person,
        "warning": it.warning,
    }


def _why(it: Progress) -> str:
    if it.needs_person:
        return "a person must decide"
    if it.is_rolled_back:
        return f"only a new commit can mend it, `gitopskit rollback {it.name}` makes one"
    return "only a new commit or another spec can mend it"


class _Display:
    """Shows in a line of a terminal what is waited for; elsewhere only that nobody answers."""

    def __init__(self, show: Callable[[str], None] | None = None) -> None:
        self._show = show
        self._is_silent = False

    def look(self, found: Sequence[Progress]) -> None:
        self._is_silent = False
        if self._show is not None:
            self._show(_line(found))

    def miss(self, error: ApiError) -> None:
        told = show_controls(f"the API server does not answer, it is asked again: {error}")
        if self._show is not None:
            self._show(told)
        elif not self._is_silent:
            output.note(told)
        self._is_silent = True


@contextmanager
def _display() -> Iterator[_Display]:
    if not sys.stderr.isatty():
        yield _Display()
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    with console.status(Text("waiting")) as line:
        yield _Display(lambda told: line.update(Text(told, overflow="ellipsis", no_wrap=True)))


def _line(found: Sequence[Progress]) -> str:
    left = [it for it in found if not it.is_done]
    told = "; ".join(f"{it.name}: {it.state}" for it in left)
    return show_controls(f"waiting for {len(left)} of {len(found)}: {told}")

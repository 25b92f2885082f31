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
    with _shown_on_terminal() as on_look:
        found = run_async(_wait(context, wanted, limit_seconds=timeout, on_look=on_look))
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
    on_look: Callable[[Sequence[Progress]], None],
) -> tuple[Progress, ...]:
    from gitopskit.cli.wiring import connect
    from gitopskit.reconciler.waiting import wait as wait_for

    async with connect(context, prefers_pod=True) as api:
        return await wait_for(api, wanted, timeout_seconds=limit_seconds, on_look=on_look)


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


@contextmanager
def _shown_on_terminal() -> Iterator[Callable[[Sequence[Progress]], None]]:
    """Show in one line of a terminal what is still waited for, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _found: None
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    with console.status(Text("waiting")) as line:
        yield lambda found: line.update(Text(_line(found), overflow="ellipsis", no_wrap=True))


def _line(found: Sequence[Progress]) -> str:
    left = [it for it in found if not it.is_done]
    told = "; ".join(f"{it.name}: {it.state}" for it in left)
    return show_controls(f"waiting for {len(left)} of {len(found)}: {told}")

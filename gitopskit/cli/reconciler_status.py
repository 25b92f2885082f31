"""`gitopskit reconciler status`: every Application, as a table, a tree, or live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gitopskit.cli import output
from gitopskit.cli.colors import Color, is_colored, painted
from gitopskit.cli.output import OutputFormat
from gitopskit.errors import InputError
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.workflows.application_view import ApplicationView, Choice


def status(  # noqa: PLR0913 -- one parameter for each flag
    applications: Annotated[
        list[str] | None, typer.Argument(help="The Applications, `*` for any text; by default all.")
    ] = None,
    *,
    project: Annotated[str, typer.Option("--project", "-p", help="Only those of a project.")] = "",
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="Only those that go to this namespace.")
    ] = "",
    selector: Annotated[
        str, typer.Option("--selector", "-l", help="Only those with these labels.")
    ] = "",
    tree: Annotated[
        bool, typer.Option("--tree", help="Show their objects, waves and hooks.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Stay, and show every change as a live tree.")
    ] = False,
    context: Annotated[
        str,
        typer.Option("--context", help="The kubeconfig's context; by default the pod's rights."),
    ] = "",
    form: Annotated[OutputFormat, typer.Option("--output", "-o", help="How to print.")] = "text",
    color: Color = None,
) -> None:
    """Show Applications; exit 1 when one is not synced and healthy, or was rolled back."""
    from gitopskit.cli.wiring import run_async
    from gitopskit.workflows.application_view import Choice

    choice = Choice(names=tuple(applications or ()), project=project, namespace=namespace)
    views = run_async(_read(context, choice, selector))
    _require_known(choice, views)
    if watch:
        from gitopskit.cli.live_status import applications as chosen
        from gitopskit.cli.live_status import follow

        followed = (chosen(choice, selector),)
        run_async(follow(context, followed, form=form, color=color, prefers_pod=True))
        raise KeyboardInterrupt  # it ends no other way
    print_views(views, form, is_tree=tree, color=color)
    if not all(view.row.is_well for view in views):
        raise typer.Exit(1)


def print_views(
    views: Sequence[ApplicationView], form: OutputFormat, *, is_tree: bool, color: bool | None
) -> None:
    """Print Applications as a table, a tree, or for programs."""
    from gitopskit.workflows import application_view

    if form != "text":
        output.print_structured([view.told() for view in views], form)
    elif not views:
        output.print_result("nothing is registered")
    else:
        lines = application_view.tree(views) if is_tree else application_view.table(views)
        output.print_result(painted(lines, colored=is_colored(asked=color)))


async def _read(context: str, choice: Choice, selector: str) -> list[ApplicationView]:
    from gitopskit.cli.wiring import connect
    from gitopskit.workflows.applications import read_views

    async with connect(context, prefers_pod=True) as api:
        return await read_views(api, choice, selector)


def _require_known(choice: Choice, views: Sequence[ApplicationView]) -> None:
    """Check that whoever is named exists: a misspelt name must not look like a success.

    Raises:
        InputError: there is no such Application.
    """
    known = {view.row.name for view in views}
    for name in choice.names:
        if "*" not in name and name not in known:
            raise InputError(
                "there is no such Application, or it is none of those that were chosen",
                where=f"Application/{scrub(name)}",
                hint="`gitopskit reconciler status` lists them",
            )

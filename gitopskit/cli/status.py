"""`gitopskit status`: every Application and SealedSecret of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gitopskit.cli import output
from gitopskit.cli.colors import Color, is_colored, painted
from gitopskit.cli.output import OutputFormat

if TYPE_CHECKING:
    from gitopskit.workflows.status_rows import Row


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(
    *,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Stay, and show every change as a live tree.")
    ] = False,
    context: Annotated[str, typer.Option("--context", help="The kubeconfig's context.")] = "",
    form: Annotated[OutputFormat, typer.Option("--output", "-o", help="How to print.")] = "text",
    color: Color = None,
) -> None:
    """Show what is synced, healthy and unsealed; exit 1 when something is not."""
    from gitopskit.cli.wiring import run_async
    from gitopskit.workflows.application_view import overview

    rows = run_async(_read(context))
    if watch:
        from gitopskit.cli.live_status import applications, follow, sealed_secrets

        followed = (applications(), sealed_secrets())
        run_async(follow(context, followed, form=form, color=color))
        raise KeyboardInterrupt  # it ends no other way
    if form != "text":
        output.print_structured([row.told() for row in rows], form)
    elif rows:
        output.print_result(painted(overview(rows), colored=is_colored(asked=color)))
    else:
        output.print_result("nothing is registered")
    if not all(row.is_well for row in rows):
        raise typer.Exit(1)


async def _read(context: str) -> tuple[Row, ...]:
    from gitopskit.cli.wiring import connect
    from gitopskit.workflows.status import read_status

    async with connect(context) as api:
        return await read_status(api)

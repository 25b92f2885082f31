"""`gitopskit doctor`: is everything here that the next command needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gitopskit.cli import output, settings

if TYPE_CHECKING:
    from gitopskit.workflows.doctor import Check


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    directory: Annotated[
        str, typer.Option("--directory", "-C", help="The repository to look at.")
    ] = ".",
    context: Annotated[
        str, typer.Option("--context", help="Look at this context's API server, too.")
    ] = "",
) -> None:
    """Say what is missing on this machine, in this repository, in this cluster."""
    from pathlib import Path

    from gitopskit.cli.wiring import run_async
    from gitopskit.clock import SystemClock
    from gitopskit.workflows import doctor as workflow

    found = settings.current()
    checks = [
        *workflow.check_programs(found.program_path),
        *workflow.check_repository(Path(directory), now=SystemClock().now_utc()),
    ]
    if context:
        checks.extend(run_async(_look_at_cluster(context)))
    for check in checks:
        output.print_result(f"{check.mark:<8} {check.name}: {check.seen}")
        if not check.is_there and check.hint:
            output.note(f"hint: {check.hint}")
    if workflow.has_failed(checks):
        raise typer.Exit(3)


async def _look_at_cluster(context: str) -> list[Check]:
    from gitopskit.cli.wiring import connect
    from gitopskit.workflows.doctor import check_cluster, check_sealing

    async with connect(context) as api:
        reached = await check_cluster(api)
        return [reached, await check_sealing(api)] if reached.is_there else [reached]

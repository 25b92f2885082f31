"""`gitopskit reconciler hand-over`: the objects of Applications become Argo CD's alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gitopskit.cli import output
from gitopskit.redaction import show_controls

if TYPE_CHECKING:
    from gitopskit.reconciler.release import Released


def hand_over(
    applications: Annotated[
        list[str] | None, typer.Argument(help="The Applications; all where none is named.")
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask the API server, and change nothing.")
    ] = False,
    context: Annotated[
        str,
        typer.Option("--context", help="The kubeconfig's context; by default the pod's rights."),
    ] = "",
) -> None:
    """Give the objects of Applications to Argo CD, while no reconciler runs.

    Takes our label, marks and field manager off them, and deletes the inventories. Nothing else of
    an object changes. Ends with 1 if an object could not be handed over; it can be repeated. Ends
    with 4 where a reconciler runs, which would take the objects back.
    """
    from gitopskit.cli.wiring import run_async

    found = run_async(_hand_over(context, applications or [], dry_run=dry_run))
    done = "would be handed over" if dry_run else "handed over"
    for item in found:
        output.print_result(show_controls(f"{item.application}: {item.count} objects {done}"))
        for problem in item.problems:
            output.note(show_controls(problem))
    if any(item.problems for item in found):
        raise typer.Exit(1)


async def _hand_over(context: str, applications: list[str], *, dry_run: bool) -> list[Released]:
    from gitopskit.cli.wiring import connect
    from gitopskit.reconciler.leading import require_nobody_leads
    from gitopskit.reconciler.release import release

    async with connect(context) as api:
        if not dry_run:
            await require_nobody_leads(api, hint="scale it to 0 first")
        return await release(api, applications, dry_run=dry_run)

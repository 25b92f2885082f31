"""``gitopskit unsealer``: the controller that turns SealedSecrets into Secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gitopskit.cli import unsealer_install

if TYPE_CHECKING:
    from gitopskit.unsealer.loop import UnsealerOptions

LogLevel = Literal["debug", "info", "warning", "error"]


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="Run or install the controller that unseals SealedSecrets.")
    group.command("run")(run)
    unsealer_install.register(group)
    app.add_typer(group, name="unsealer")


def run(
    *,
    namespace: Annotated[
        str,
        typer.Option(
            "-n", "--namespace", help="Where the sealing keys are; by default the pod's namespace."
        ),
    ] = "",
    context: Annotated[
        str,
        typer.Option("--context", help="The kubeconfig's context; by default the pod's rights."),
    ] = "",
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="SealedSecrets handled at once.")
    ] = 8,
    leader_election: Annotated[
        bool,
        typer.Option(
            "--leader-election/--no-leader-election",
            help="Let one of several replicas work; the others wait to take over.",
        ),
    ] = True,
    log_level: Annotated[
        LogLevel, typer.Option("--log-level", help="What is logged on standard error.")
    ] = "info",
) -> None:
    """Unseal every SealedSecret of a cluster and heal the Secrets, until stopped."""
    import platform
    import sys

    from gitopskit.cli import settings
    from gitopskit.cli.wiring import run_async
    from gitopskit.controller import logs
    from gitopskit.unsealer.loop import DEFAULT_NAMESPACE, UnsealerOptions

    logs.configure(level=log_level, stream=sys.stderr)
    options = UnsealerOptions(
        namespace=namespace or settings.current().pod_namespace or DEFAULT_NAMESPACE,
        workers=workers,
        instance=platform.node(),
    )
    run_async(_run(context, options, is_elected=leader_election))


async def _run(context: str, options: UnsealerOptions, *, is_elected: bool) -> None:
    from gitopskit.cli.wiring import connect
    from gitopskit.controller.election import Election, new_identity
    from gitopskit.controller.lease_record import Candidate
    from gitopskit.controller.shutdown import run_until_signal
    from gitopskit.unsealer.loop import LEASE_NAME, Unsealer

    async with connect(context, prefers_pod=True) as api:
        candidate = Candidate(options.namespace, LEASE_NAME, new_identity(options.instance))
        election = Election(api, candidate) if is_elected else None
        unsealer = Unsealer(api, options, election=election)
        await run_until_signal(unsealer.run(), on_stop=unsealer.stop)

"""``gitopskit unsealer``: the controller that turns SealedSecrets into Secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gitopskit.cli import unsealer_install

if TYPE_CHECKING:
    from gitopskit.controller.http import Address
    from gitopskit.unsealer.options import UnsealerOptions
    from gitopskit.unsealer.server import ServerOptions

_BY_DEFAULT = "; by default :{port} in a pod, and elsewhere a free port of loopback."

LogLevel = Literal["debug", "info", "warning", "error"]


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="Run or install the controller that unseals SealedSecrets.")
    group.command("run")(run)
    unsealer_install.register(group)
    app.add_typer(group, name="unsealer")


def run(  # noqa: PLR0913 -- one parameter per flag
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
    listen: Annotated[
        str,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            help="Where kubeseal is answered" + _BY_DEFAULT.format(port=8080),
        ),
    ] = "",
    listen_metrics: Annotated[
        str,
        typer.Option(
            "--listen-metrics",
            metavar="HOST:PORT",
            help="Where Prometheus is answered" + _BY_DEFAULT.format(port=8081),
        ),
    ] = "",
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
    from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE
    from gitopskit.unsealer.options import UnsealerOptions
    from gitopskit.unsealer.server import DEFAULT_ADDRESS, DEFAULT_METRICS_ADDRESS, ServerOptions

    serving = ServerOptions(
        address=address_of(listen, in_pod=DEFAULT_ADDRESS),
        metrics_address=address_of(listen_metrics, in_pod=DEFAULT_METRICS_ADDRESS),
    )
    logs.configure(level=log_level, stream=sys.stderr)
    options = UnsealerOptions(
        namespace=namespace or settings.current().pod_namespace or UNSEALER_NAMESPACE,
        workers=workers,
        instance=platform.node(),
    )
    run_async(_run(context, options, serving, is_elected=leader_election))


def address_of(text: str, *, in_pod: Address) -> Address:
    """Return where to listen; outside a pod nothing is offered to the network unasked."""
    from gitopskit.cli import settings
    from gitopskit.controller.http import Address

    if text:
        return Address.parse(text)
    return in_pod if settings.current().pod_namespace else Address(host="127.0.0.1", port=0)


async def _run(
    context: str, options: UnsealerOptions, serving: ServerOptions, *, is_elected: bool
) -> None:
    from gitopskit.cli.wiring import connect
    from gitopskit.controller.election import Election, new_identity
    from gitopskit.controller.lease_record import Candidate
    from gitopskit.controller.shutdown import run_until_signal
    from gitopskit.unsealer.loop import LEASE_NAME, Unsealer
    from gitopskit.unsealer.server import UnsealerServer

    async with connect(context, prefers_pod=True) as api:
        candidate = Candidate(options.namespace, LEASE_NAME, new_identity(options.instance))
        election = Election(api, candidate) if is_elected else None
        unsealer = Unsealer(api, options, election=election)
        server = UnsealerServer(
            unsealer.keys,
            is_ready=lambda: unsealer.is_ready,
            metrics=unsealer.metrics,
            clock=api.clock,
            options=serving,
        )
        async with server.serving():
            await run_until_signal(unsealer.run(), on_stop=unsealer.stop)

"""``gitopskit unsealer``: the controller that turns SealedSecrets into Secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gitopskit.cli import unsealer_flags as flags
from gitopskit.cli import unsealer_install

if TYPE_CHECKING:
    from gitopskit.controller.http import Address
    from gitopskit.unsealer.options import UnsealerOptions
    from gitopskit.unsealer.server import ServerOptions

_NOTHING: list[str] = []
_IN_FLIGHT = 28
"""With the 4 of the election's own client these are 32 requests at one time."""


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="Run or install the controller that unseals SealedSecrets.")
    group.command("run")(run)
    unsealer_install.register(group)
    app.add_typer(group, name="unsealer")


def run(  # noqa: PLR0913 -- one parameter per flag
    *,
    namespace: flags.Namespace = "",
    context: flags.Context = "",
    watch_namespace: flags.WatchNamespaces = _NOTHING,
    watch_namespace_selector: flags.NamespaceSelector = "",
    label_selector: flags.LabelSelector = "",
    secret_watch: flags.SecretWatch = True,
    drift: flags.Drift = "heal",
    allow_token_secrets: flags.AllowTokens = False,
    key_renew_period: flags.KeyRenewPeriod = "720h",
    key_cutoff_time: flags.KeyCutoffTime = "",
    key_ttl: flags.KeyTtl = "87600h",
    key_size: flags.KeySize = 4096,
    key_prefix: flags.KeyPrefix = "sealed-secrets-key",
    key_order_priority: flags.KeyOrderPriority = "CertNotBefore",
    require_key_backup: flags.RequireKeyBackup = False,
    leader_election: flags.LeaderElection = True,
    listen: flags.Listen = "",
    listen_metrics: flags.ListenMetrics = "",
    workers: flags.Workers = 16,
    log_level: flags.Level = "info",
) -> None:
    """Unseal SealedSecrets and heal their Secrets, until stopped."""
    import platform
    import sys

    from gitopskit.cli import settings
    from gitopskit.cli.wiring import run_async
    from gitopskit.controller import logs
    from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE
    from gitopskit.unsealer.key_life import KeyLifeOptions
    from gitopskit.unsealer.options import Field, UnsealerOptions
    from gitopskit.unsealer.server import DEFAULT_ADDRESS, DEFAULT_METRICS_ADDRESS, ServerOptions

    serving = ServerOptions(
        address=address_of(listen, in_pod=DEFAULT_ADDRESS),
        metrics_address=address_of(listen_metrics, in_pod=DEFAULT_METRICS_ADDRESS),
    )
    options = UnsealerOptions(
        namespace=namespace or settings.current().pod_namespace or UNSEALER_NAMESPACE,
        workers=workers,
        instance=platform.node(),
        watched=Field(
            namespaces=flags.names_of(watch_namespace, flag="--watch-namespace"),
            namespace_selector=watch_namespace_selector,
            label_selector=label_selector,
            watches_secrets=secret_watch,
        ),
        drift=drift,
        allows_token_secrets=allow_token_secrets,
        makes_keys=True,
        key_life=KeyLifeOptions(
            renew_period=flags.duration_of(key_renew_period, flag="--key-renew-period"),
            cutoff_utc=flags.moment_of(key_cutoff_time, flag="--key-cutoff-time"),
            requires_backup=require_key_backup,
            order=key_order_priority,
            prefix=key_prefix,
            size_bits=key_size,
            lifetime=flags.duration_of(key_ttl, flag="--key-ttl"),
        ),
    )
    logs.configure(level=log_level, stream=sys.stderr)
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

    async with connect(context, prefers_pod=True, in_flight=_IN_FLIGHT) as api:
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

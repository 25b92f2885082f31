"""``gitopskit reconciler``: the controller that keeps a cluster equal to what Git holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gitopskit.cli.colors import Color  # noqa: TC001 -- read by typer
from gitopskit.cli.output import OutputFormat
from gitopskit.cli.reconciler_hand_over import hand_over
from gitopskit.cli.reconciler_status import status
from gitopskit.cli.reconciler_wait import wait
from gitopskit.cli.unsealer_flags import (  # noqa: TC001 -- read by typer
    LeaderElection,
    ListenMetrics,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.controller.http import Address
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.loop import ReconcilerOptions

LogLevel = Literal["debug", "info", "warning", "error"]
Context = Annotated[
    str, typer.Option("--context", help="The kubeconfig's context; by default the pod's rights.")
]
Local = Annotated[
    bool,
    typer.Option(
        "--allow-local-repositories", help="Let Applications name repositories by a local path."
    ),
]
CacheDir = Annotated[
    str, typer.Option("--cache-dir", help="Where copies of repositories are kept.")
]
Level = Annotated[LogLevel, typer.Option("--log-level", help="What is logged on standard error.")]


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="Run, install or ask the controller that applies what Git holds.")
    group.command("run")(run)
    group.command("install")(install)
    group.command("once")(once)
    group.command("status")(status)
    group.command("wait")(wait)
    group.command("hand-over")(hand_over)
    app.add_typer(group, name="reconciler")


def run(  # noqa: PLR0913 -- one parameter for each flag
    *,
    context: Context = "",
    poll_seconds: Annotated[
        float, typer.Option("--poll-seconds", min=0.5, help="How often repositories are asked.")
    ] = 30.0,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Applications handled at once.")
    ] = 32,
    allow_local_repositories: Local = False,
    cache_dir: CacheDir = "",
    listen: Annotated[
        str,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            help="Where webhooks and the kubelet are answered; by default port 8080 in a pod, and "
            "a free port of this machine alone elsewhere.",
        ),
    ] = "",
    listen_metrics: ListenMetrics = "",
    leader_election: LeaderElection = True,
    log_level: Level = "info",
) -> None:
    """Reconcile every Application of a cluster and revert drift, until stopped."""
    from gitopskit.cli.unsealer import address_of
    from gitopskit.cli.wiring import run_async
    from gitopskit.reconciler.server import DEFAULT_ADDRESS, DEFAULT_METRICS_ADDRESS

    options = _options(
        cache_dir=cache_dir,
        allows_local=allow_local_repositories,
        poll_seconds=poll_seconds,
        workers=workers,
    )
    _configure_logs(log_level)
    addresses = (
        address_of(listen, in_pod=DEFAULT_ADDRESS),
        address_of(listen_metrics, in_pod=DEFAULT_METRICS_ADDRESS),
    )
    run_async(_run(context, options, addresses, is_elected=leader_election))


DefaultRepositories = Annotated[
    list[str] | None,
    typer.Option(
        "--default-repository",
        metavar="URL",
        help="Make the project default, which may read this repository; may be repeated.",
    ),
]
DefaultNamespaces = Annotated[
    list[str] | None,
    typer.Option(
        "--default-namespace",
        metavar="NAME",
        help="A namespace that the project default may write to; may be repeated.",
    ),
]


def install(
    *,
    image: Annotated[
        str, typer.Option("--image", help="The image of the controllers, with a tag or digest.")
    ],
    out: Annotated[
        str, typer.Option("--out", help="Write the files into this folder instead of printing.")
    ] = "",
    with_definitions: Annotated[
        bool,
        typer.Option(
            "--with-definitions",
            help="Add the definitions of argoproj.io, for a cluster without Argo CD.",
        ),
    ] = False,
    with_monitoring: Annotated[
        bool,
        typer.Option("--with-monitoring", help="Write alert rules and a dashboard below --out."),
    ] = False,
    default_repository: DefaultRepositories = None,
    default_namespace: DefaultNamespaces = None,
) -> None:
    """Print the manifests of the controller: namespaces, rights, Deployment."""
    from gitopskit.cli import output
    from gitopskit.cli.manifest_files import hand_out, write_texts
    from gitopskit.errors import InputError
    from gitopskit.workflows.controller_manifests import DefaultProject, reconciler_manifests
    from gitopskit.workflows.reconciler_monitoring import monitoring_texts

    if with_monitoring and not out:
        raise InputError(
            "alert rules and dashboard are no manifests, and cannot be printed among them",
            where="--with-monitoring",
            hint="give a folder with --out",
        )
    default = DefaultProject(
        repositories=tuple(default_repository or ()), namespaces=tuple(default_namespace or ())
    )
    files = reconciler_manifests(image, with_definitions=with_definitions, default=default)
    hand_out(files, folder=out)
    if with_monitoring:
        write_texts(monitoring_texts(), folder=f"{out}/monitoring")
    if not with_definitions:
        output.note("without the definitions of argoproj.io; add them by --with-definitions")


def once(  # noqa: PLR0913 -- one parameter for each flag
    applications: Annotated[
        list[str] | None, typer.Argument(help="The Applications; all where none is named.")
    ] = None,
    *,
    context: Context = "",
    allow_local_repositories: Local = False,
    cache_dir: CacheDir = "",
    log_level: Level = "warning",
    tree: Annotated[
        bool, typer.Option("--tree", help="Show their objects, waves and hooks.")
    ] = False,
    form: Annotated[OutputFormat, typer.Option("--output", "-o", help="How to print.")] = "text",
    color: Color = None,
) -> None:
    """Reconcile once and say how it went: exit 1 if something differs, 4 if somebody must act.

    It applies, prunes and writes the status of Applications as the controller does, so the context
    needs the controller's rights, impersonation of the appliers included. It refuses (exit 4) to
    begin beside a controller that runs. A fault of this machine, such as a missing program, ends it
    with 3 and is not written into any status.

    A commit that was rolled back counts as a difference. Health is shown, and waited for no longer
    than a sync needs it: `gitopskit reconciler wait` waits.
    """
    from gitopskit.cli.reconciler_status import print_views
    from gitopskit.cli.wiring import run_async
    from gitopskit.workflows.application_view import view_of

    options = _options(cache_dir=cache_dir, allows_local=allow_local_repositories)
    _configure_logs(log_level)
    views = [view_of(it) for it in run_async(_once(context, options, applications or ()))]
    print_views(views, form, is_tree=tree, color=color)
    if any(view.row.needs_person for view in views):
        raise typer.Exit(4)
    if not all(view.row.state == "Synced" and not view.row.is_rolled_back for view in views):
        raise typer.Exit(1)


def _options(
    *, cache_dir: str, allows_local: bool, poll_seconds: float = 30.0, workers: int = 32
) -> ReconcilerOptions:
    import platform
    import sys
    from pathlib import Path

    from gitopskit.cli import settings
    from gitopskit.reconciler.loop import ReconcilerOptions
    from gitopskit.reconciler.repositories import RepositoryOptions
    from gitopskit.render.programs import find_programs

    found = settings.current()
    return ReconcilerOptions(
        repositories=RepositoryOptions(
            cache_dir=Path(cache_dir) if cache_dir else found.cache_dir,
            path=found.path,
            programs=find_programs(found.path, beside=Path(sys.executable)),
            allows_local=allows_local,
        ),
        poll_seconds=poll_seconds,
        workers=workers,
        instance=platform.node(),
    )


def _configure_logs(level: LogLevel) -> None:
    import sys

    from gitopskit.controller import logs

    logs.configure(level=level, stream=sys.stderr)


async def _run(
    context: str,
    options: ReconcilerOptions,
    addresses: tuple[Address, Address],
    *,
    is_elected: bool,
) -> None:
    from gitopskit.cli.wiring import connect
    from gitopskit.controller.election import Election, new_identity
    from gitopskit.controller.lease_record import Candidate
    from gitopskit.controller.shutdown import run_until_signal
    from gitopskit.reconciler.names import SYSTEM_NAMESPACE
    from gitopskit.reconciler.replica import LEASE_NAME, Replica
    from gitopskit.reconciler.server import ReconcilerServer

    async with connect(context, prefers_pod=True) as api:
        candidate = Candidate(SYSTEM_NAMESPACE, LEASE_NAME, new_identity(options.instance))
        election = Election(api, candidate) if is_elected else None
        replica = Replica(api, options, election=election)
        server = ReconcilerServer(
            endpoints=replica.endpoints(),
            is_ready=lambda: replica.is_ready,
            metrics=replica.metrics,
            see=replica.see,
            clock=api.clock,
            address=addresses[0],
            metrics_address=addresses[1],
        )
        async with server.serving():
            await run_until_signal(replica.run(), on_stop=replica.stop)


async def _once(
    context: str, options: ReconcilerOptions, applications: Sequence[str]
) -> list[JsonObject]:
    from gitopskit.cli.wiring import connect
    from gitopskit.reconciler.leading import require_nobody_leads
    from gitopskit.reconciler.loop import Controller

    async with connect(context, prefers_pod=True) as api:
        await require_nobody_leads(api)
        controller = Controller(api, options)
        return await controller.pass_once(applications)

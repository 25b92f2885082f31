"""`gitopskit demo`: the whole pull loop, shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gitopskit.cli import output, settings

if TYPE_CHECKING:
    from gitopskit.workflows.demo import DemoTarget


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    *,
    context: Annotated[
        str,
        typer.Option("--context", help="Use this context's cluster; nothing of it is removed."),
    ] = "",
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running until Ctrl-C.")
    ] = False,
) -> None:
    """Show the pull loop from an empty folder to a healed cluster, on a throw-away API server."""
    from gitopskit.cli.wiring import run_async
    from gitopskit.clock import SystemClock
    from gitopskit.controlplane.build import BuildSettings
    from gitopskit.kube.credentials import ENVIRONMENT_NAMES
    from gitopskit.workflows.demo import DemoOptions, run_demo

    found = settings.current()
    build = BuildSettings(
        cache_dir=found.cache_dir,
        path=found.program_path,
        kubebuilder_assets=found.kubebuilder_assets,
        go_environment=found.go_environment,
        clock=SystemClock(),
        progress=output.note,
    )
    options = DemoOptions(
        build=build,
        target=_existing(context) if context else None,
        keeps_running=keep,
        environment=settings.environment_for(ENVIRONMENT_NAMES),
    )
    _end_tidily_when_terminated()
    run_async(run_demo(options, say=output.print_result, wait=_wait_for_interrupt))


def _end_tidily_when_terminated() -> None:
    import signal

    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))


def _wait_for_interrupt() -> None:
    import signal

    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    signal.sigwait(ends)


def _existing(context: str) -> DemoTarget:
    from gitopskit.workflows.demo_target import existing_cluster

    found = settings.current()
    return existing_cluster(
        context, kubeconfig=found.kubeconfig, home=found.home, path=found.program_path
    )

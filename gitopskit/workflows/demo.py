"""The whole pull loop on a throw-away API server, or on a cluster of yours.

The offline half runs while the control plane is built. Nothing is left behind unless it is asked
to stay. Start reading at `run_demo`.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.controlplane.build import BuildSettings, ensure_binaries, is_built
from gitopskit.controlplane.server import ControlPlane
from gitopskit.errors import MissingTool
from gitopskit.kube.client import KubeClient
from gitopskit.kube.credentials import load_connection
from gitopskit.render.programs import find_programs
from gitopskit.workflows import demo_repository
from gitopskit.workflows.demo_cluster import Demonstration
from gitopskit.workflows.demo_controllers import controllers, running, write_kubeconfigs
from gitopskit.workflows.demo_repository import APPLICATION, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future

    from gitopskit.clock import Clock
    from gitopskit.controlplane.build import Binaries
    from gitopskit.workflows.demo_repository import DemoRepository

_MILLI: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """How the demo is run; ``target`` is None for a throw-away control plane."""

    build: BuildSettings
    target: DemoTarget | None
    keeps_running: bool
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTarget:
    """A cluster to show it on: an administrator's kubeconfig, and how to write another's."""

    name: str
    kubeconfig: str
    context: str
    write_kubeconfig: Callable[[Path, str], None]


class _Narrator:
    """Says each step with the time it took."""

    def __init__(self, say: Callable[[str], None], clock: Clock) -> None:
        self._say = say
        self._clock = clock
        self._last = clock.monotonic_seconds()

    def said(self, text: str) -> None:
        self._say(text)
        self._last = self._clock.monotonic_seconds()

    def done(self, text: str, seconds: float | None = None) -> None:
        now = self._clock.monotonic_seconds()
        took = now - self._last if seconds is None else seconds
        self._last = now
        self._say(f"  {text:<62} {_duration(took):>9}")


async def run_demo(
    options: DemoOptions, *, say: Callable[[str], None], wait: Callable[[], None]
) -> None:
    """Show the pull loop from an empty folder to a healed cluster.

    ``say`` is called with lines for a person; ``wait`` returns when a kept demo may end.

    Raises:
        GitopskitError: a step failed; everything that was started is stopped.
    """
    clock = options.build.clock
    narrator = _Narrator(say, clock)
    with _folder() as folder:
        if options.target is not None:
            made = _offline_half(folder, options, narrator)
            await _online_half(options.target, made, options, narrator, wait=wait)
            return
        if not is_built(options.build):
            narrator.said(_BUILD_NOTICE)
        with _building(options.build) as building:
            made = _offline_half(folder, options, narrator)
            binaries = await asyncio.wrap_future(building)
        _require_workloads(binaries)
        with _control_plane(binaries, clock, narrator) as target:
            await _online_half(target, made, options, narrator, wait=wait)


@contextmanager
def _building(settings: BuildSettings) -> Iterator[Future[Binaries]]:
    """Build in a thread of its own; on the way out, a build that still runs is ended."""
    cancelled = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            yield pool.submit(ensure_binaries, replace(settings, cancelled=cancelled))
        finally:
            cancelled.set()


_BUILD_NOTICE: Final = (
    "A control plane is built in the background, once: about ten minutes on two cores,\n"
    "some 6 GB in Go's caches. Meanwhile, the half that needs no cluster:"
)


def _require_workloads(binaries: Binaries) -> None:
    if not binaries.runs_workloads:
        raise MissingTool(
            "the demo needs more than etcd and kube-apiserver to run a Deployment",
            where="KUBEBUILDER_ASSETS",
            hint="unset KUBEBUILDER_ASSETS to have everything built, or name a --context",
        )


def _offline_half(folder: Path, options: DemoOptions, narrator: _Narrator) -> DemoRepository:
    narrator.said("\nWithout a cluster")
    path = options.build.path
    tree = demo_repository.scaffold(folder, path=path)
    narrator.done("scaffolded a repository: staging and prod, one app, policies")
    made = demo_repository.seal(tree, now=options.build.clock.now_utc())
    narrator.done("made a sealing key and sealed a random password to it")
    documents, objects = demo_repository.check(
        made,
        programs=find_programs(path, beside=Path(sys.executable)),
        today=options.build.clock.now_utc().date(),
    )
    narrator.done(f"validated {documents} documents; the prod overlay renders {objects} objects")
    if not demo_repository.opens_with_local_key(made):
        raise AssertionError("a value sealed a moment ago does not open")
    narrator.done("unsealed the password with the local key: the same value")
    made.tree.commit_and_push("The shop")
    narrator.done("committed and pushed to a bare repository")
    return made


async def _online_half(
    target: DemoTarget,
    made: DemoRepository,
    options: DemoOptions,
    narrator: _Narrator,
    *,
    wait: Callable[[], None],
) -> None:
    connection = await load_connection(
        kubeconfig=target.kubeconfig,
        context=target.context,
        environment=options.environment,
        clock=options.build.clock,
    )
    folder = made.tree.folder.parent
    async with KubeClient(connection, clock=options.build.clock) as api:
        show = Demonstration(api, made)
        narrator.said(f"\nOn {target.name}")
        narrator.done(f"bootstrapped: {await show.install()} objects")
        wanted = controllers(folder / "cache")
        kubeconfigs = await write_kubeconfigs(
            api, wanted, folder=folder, write=target.write_kubeconfig
        )
        with running(wanted, folder=folder, kubeconfigs=kubeconfigs, path=options.build.path):
            await _show(show, narrator)
            if options.keeps_running:
                narrator.said(_kept(target, made))
                wait()
    narrator.said(_NEXT)


async def _show(show: Demonstration, narrator: _Narrator) -> None:
    narrator.done(
        "sealed value arrived: the Secret equals what was sealed", await show.secret_arrives()
    )
    narrator.done("the Deployment is ready", await show.deployment_is_ready())
    narrator.done("every Application is Synced and Healthy", await show.settles())
    narrator.done("drift reverted: replicas edited by hand", await show.edit_is_reverted())
    narrator.done("drift reverted: the unsealed Secret deleted", await show.deletion_is_reverted())
    narrator.done("commit applied: pushed, then seen in the cluster", await show.commit_arrives())


def _kept(target: DemoTarget, made: DemoRepository) -> str:
    return (
        f"\nLeft running.\n  export KUBECONFIG={target.kubeconfig}\n"
        f"  kubectl get applications -n argocd\n  kubectl get all -n {NAMESPACE}\n"
        f"  the repository: {made.tree.folder} (push to origin, and watch {APPLICATION})\n"
        "Press Ctrl-C to stop everything."
    )


_NEXT: Final = (
    "\nWhat next\n"
    "  gitopskit init my-repository        a repository of your own\n"
    "  gitopskit bootstrap ENV             on a cluster of your own: see README.md\n"
)


@contextmanager
def _control_plane(binaries: Binaries, clock: Clock, narrator: _Narrator) -> Iterator[DemoTarget]:
    narrator.said("\nA control plane")
    plane = ControlPlane(binaries, clock=clock)
    with plane:
        narrator.done(f"etcd, Kubernetes {plane.version} and two simulated nodes are ready")
        yield DemoTarget(
            name="the throw-away control plane",
            kubeconfig=str(plane.kubeconfig_path),
            context="",
            write_kubeconfig=lambda path, token: plane.write_kubeconfig(path, token=token),
        )
        narrator.said("\nStopping everything")


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gitopskit-demo-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _duration(seconds: float) -> str:
    return f"{seconds * _MILLI:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"

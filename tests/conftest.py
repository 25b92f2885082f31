"""A world of its own for every test, and the one control plane of a test run.

``control_plane`` is started when the first test asks for it. Where it cannot be had, those tests
are skipped with the reason, in the summary too; with REQUIRE_CONTROL_PLANE=1 they fail.
"""

from __future__ import annotations

import itertools
import os
import re
import socket
import time
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import hypothesis
import pytest
import structlog

from gitopskit.cli import settings
from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import BuildSettings, build_module, ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.errors import EnvironmentFault
from gitopskit.kube.client import KubeClient
from tests.support import cluster
from tests.support.audit_verdict import surprises
from tests.support.bitnami import BITNAMI, can_run_as_in_a_pod
from tests.support.clock import FakeClock
from tests.support.control_plane_use import ControlPlaneUse
from tests.support.fake_api import FakeApi
from tests.support.go_hpke import GO_HPKE, GoHpke
from tests.support.go_templates import TEMPLATES
from tests.support.helm import HELM
from tests.support.kubeseal import KUBESEAL
from tests.support.promql import PROMQL, PromQl

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    ClientFactory: TypeAlias = Callable[[str, str], Awaitable[KubeClient]]
    KubeconfigFactory: TypeAlias = Callable[[str, str], Path]

_FOREIGN_VARIABLES = re.compile(
    r"(GIT|GITOPSKIT|XDG|KUBE|KUBERNETES|AWS|VAULT|BAO|AZURE|SSH|POD)_.*|KUBECONFIG"
    r"|NO_COLOR|FORCE_COLOR|EDITOR|VISUAL|CI|(?i:(http|https|all|no)_proxy)"
)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_USE = pytest.StashKey[ControlPlaneUse]()
_SETTINGS = pytest.StashKey[settings.Settings]()
_BUILD_FAILURES = pytest.StashKey[dict[str, EnvironmentFault]]()
_FIGURES = pytest.StashKey[list[str]]()
_numbers = itertools.count(1)

_PROGRAMS: Final = {
    "kubeseal": KUBESEAL,
    "bitnami_program": BITNAMI,
    "promql": PROMQL,
    "go_hpke": GO_HPKE,
    "go_templates": TEMPLATES,
    "helm": HELM,
}
"""What is built beside the control plane, by the fixture that returns it."""


hypothesis.settings.register_profile("gitopskit", deadline=None)
hypothesis.settings.load_profile("gitopskit")
"""No test asserts a time: the machine may be busy with something else."""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_USE] = ControlPlaneUse()
    config.stash[_SETTINGS] = settings.current()
    config.stash[_BUILD_FAILURES] = {}
    config.stash[_FIGURES] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "control_plane" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.cluster)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what the collected tests need, outside the time limit of any of them."""
    if session.config.option.collectonly:
        return
    wanted = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    failures = session.config.stash[_BUILD_FAILURES]
    builds: dict[str, Callable[[BuildSettings], object]] = {"control_plane": ensure_binaries}
    builds |= {fixture: partial(build_module, module) for fixture, module in _PROGRAMS.items()}
    for fixture, build in builds.items():
        if fixture in wanted:
            try:
                build(_build_settings(session.config))
            except EnvironmentFault as error:
                failures[fixture] = error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    if "control_plane" in getattr(item, "fixturenames", ()):
        item.config.stash[_USE].tests += 1
    yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    stash = terminalreporter.config.stash
    for line in filter(None, (stash[_USE].summary(), *stash[_FIGURES])):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def isolated_run() -> Iterator[None]:
    """No test sees the developer's configuration of git, kubectl, clouds, proxies, editors."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if _FOREIGN_VARIABLES.fullmatch(name)]:
            patch.delenv(name)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_TERMINAL_PROMPT", "0")
        yield


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """No test reaches beyond this machine, on purpose or by accident."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in _LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)  # type: ignore[arg-type]  # as the real one takes it

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        yield


@pytest.fixture(autouse=True)
def home(
    isolated_run: None,  # noqa: ARG001 -- the environment is cleaned before it is set
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Return a home folder of the test's own; HOME names it."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def fresh_logging() -> Iterator[None]:
    """No test logs to the streams of another, which are closed by then."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def tell(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Return what adds a line, a measured time say, to the summary of the run."""
    return pytestconfig.stash[_FIGURES].append


@pytest.fixture(scope="session")
def build_settings(pytestconfig: pytest.Config) -> BuildSettings:
    """Return where Go programs are cached, as the environment before the isolation says."""
    return _build_settings(pytestconfig)


@pytest.fixture(scope="session")
def control_plane(
    pytestconfig: pytest.Config, build_settings: BuildSettings
) -> Iterator[ControlPlane]:
    """Return the running control plane, shared by the whole run."""
    use = pytestconfig.stash[_USE]
    try:
        _raise_build_failure(pytestconfig, "control_plane")
        server = ControlPlane(ensure_binaries(build_settings), clock=SystemClock())
        begun = time.perf_counter()
        server.start()
        use.ready_seconds = time.perf_counter() - begun
    except EnvironmentFault as error:
        use.absence = f"{error}; {error.hint}" if error.hint else str(error)
        if _is_required():
            raise
        pytest.skip(use.absence)
    use.version = server.version
    yield server
    found = surprises(server.audit_log_path)
    server.stop()
    assert found == [], "what the audit log of this run must not hold"


@pytest.fixture(scope="session")
def platform(control_plane: ControlPlane) -> ControlPlane:
    """Return the control plane with the shipped CRDs, namespaces and roles in it."""
    cluster.install_platform(control_plane)
    return control_plane


@pytest.fixture(scope="session")
def kubeseal(pytestconfig: pytest.Config) -> Path:
    """Return the real kubeseal."""
    return _program(pytestconfig, "kubeseal", what="kubeseal")


@pytest.fixture(scope="session")
def helm(pytestconfig: pytest.Config) -> Path:
    """Return the real Helm."""
    return _program(pytestconfig, "helm", what="Helm")


@pytest.fixture(scope="session")
def bitnami_program(pytestconfig: pytest.Config) -> Path:
    """Return the real Bitnami controller, where a program can be given mounts of its own."""
    if not can_run_as_in_a_pod():
        pytest.skip("no Bitnami controller: a program cannot have mounts of its own here")
    return _program(pytestconfig, "bitnami_program", what="Bitnami controller")


@pytest.fixture(scope="session")
def go_templates(pytestconfig: pytest.Config) -> Path:
    """Return the program that renders templates with Go."""
    return _program(pytestconfig, "go_templates", what="templates of Go")


@pytest.fixture(scope="session")
def promql(pytestconfig: pytest.Config) -> PromQl:
    """Return Prometheus' parser of queries."""
    return PromQl(_program(pytestconfig, "promql", what="parser of PromQL"))


@pytest.fixture(scope="session")
def go_hpke(pytestconfig: pytest.Config) -> GoHpke:
    """Return Go's own HPKE, behind our envelopes."""
    return GoHpke(_program(pytestconfig, "go_hpke", what="HPKE of Go"))


@pytest.fixture(scope="module")
def namespace(control_plane: ControlPlane, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return a fresh namespace of the test module."""
    stem = request.path.stem.removeprefix("test_").replace("_", "-")
    name = f"{stem[:40]}-{next(_numbers)}"
    cluster.create_namespace(control_plane, name)
    yield name
    cluster.delete_namespace(control_plane, name)


@pytest.fixture
async def admin(control_plane: ControlPlane) -> AsyncIterator[KubeClient]:
    """Return a client with an administrator's rights."""
    async with await cluster.connect(control_plane.kubeconfig_path) as client:
        yield client


@pytest.fixture
def service_account_kubeconfig(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> KubeconfigFactory:
    """Return what writes a kubeconfig for an existing ServiceAccount (name, namespace)."""

    def write(name: str, namespace: str) -> Path:
        path = tmp_path_factory.mktemp("credentials") / f"{name}.kubeconfig"
        token = control_plane.service_account_token(namespace, name)
        control_plane.write_kubeconfig(path, token=token)
        return path

    return write


@pytest.fixture
async def service_account_client(
    service_account_kubeconfig: KubeconfigFactory,
) -> AsyncIterator[ClientFactory]:
    """Return what opens a client of an existing ServiceAccount (name, namespace)."""
    async with AsyncExitStack() as clients:

        async def open_client(name: str, namespace: str) -> KubeClient:
            client = await cluster.connect(service_account_kubeconfig(name, namespace))
            return await clients.enter_async_context(client)

        yield open_client


@pytest.fixture
async def scripted() -> AsyncIterator[FakeApi]:
    """Return a server that answers what the test tells it to."""
    async with FakeApi() as running:
        yield running


@pytest.fixture
async def scripted_api(scripted: FakeApi) -> AsyncIterator[KubeClient]:
    """Return a client of that server; its pauses take no time."""
    clock = FakeClock()
    async with KubeClient(scripted.connection(clock), clock=clock, timeout_seconds=5) as client:
        yield client


def _is_required() -> bool:
    return os.environ.get("REQUIRE_CONTROL_PLANE") == "1"


def _raise_build_failure(config: pytest.Config, fixture: str) -> None:
    failure = config.stash[_BUILD_FAILURES].get(fixture)
    if failure is not None:
        raise failure


def _program(config: pytest.Config, fixture: str, *, what: str) -> Path:
    """Return a Go program; where it cannot be had, its tests are skipped, or fail."""
    try:
        _raise_build_failure(config, fixture)
        module = _PROGRAMS[fixture]
        return build_module(module, _build_settings(config)) / module.programs[0]
    except EnvironmentFault as error:
        if _is_required():
            raise
        pytest.skip(f"no {what}: {error}")


def _build_settings(config: pytest.Config) -> BuildSettings:
    found = config.stash[_SETTINGS]
    return BuildSettings(
        cache_dir=found.cache_dir,
        path=found.program_path,
        kubebuilder_assets=found.kubebuilder_assets,
        go_environment=found.go_environment,
        clock=SystemClock(),
        progress=lambda line: _show(config, line),
    )


def _show(config: pytest.Config, line: str) -> None:
    capture = config.pluginmanager.getplugin("capturemanager")
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if capture is not None and reporter is not None:
        with capture.global_and_fixture_disabled():
            reporter.write_line(line)

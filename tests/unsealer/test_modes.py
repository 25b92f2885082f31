"""Each mode of `unsealer install` with its own rights: all are used, and none can be spared."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable  # noqa: TC003 -- an annotation of the module
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.workflows.unsealer_installation import UnsealerInstallation
from gitopskit.workflows.unsealer_manifests import rights_files
from tests.support import cluster
from tests.support.audit import read_requests
from tests.support.polling import eventually
from tests.support.unsealer_modes import Installed, Right, Scenario, rights_of, without

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gitopskit.controlplane.build import BuildSettings
    from gitopskit.kube.client import KubeClient
    from tests.support.audit import Request

MODES: dict[str, Callable[[str], UnsealerInstallation]] = {
    "cluster": lambda _app: UnsealerInstallation(),
    "listed": lambda app: UnsealerInstallation(
        mode="namespaces", watch_namespaces=(app,), allows_recreation=True
    ),
    "selected": lambda app: UnsealerInstallation(namespace_selector=f"modes={app}"),
    "selected-by-roles": lambda app: UnsealerInstallation(
        mode="namespaces", namespace_selector=f"modes={app}", watches_secrets=False
    ),
    "without-secret-watch": lambda _app: UnsealerInstallation(watches_secrets=False),
}
"""What is installed, by the namespace of an application."""

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def plane(
    control_plane: ControlPlane,  # noqa: ARG001 -- where it cannot be had, this cannot either
    build_settings: BuildSettings,
) -> Iterator[ControlPlane]:
    """Return a control plane with the definitions, in which nobody has rights yet."""
    with ControlPlane(ensure_binaries(build_settings), clock=SystemClock()) as plane:
        cluster.install_definitions(plane)
        yield plane


def _installed(plane: ControlPlane, mode: str) -> Installed:
    number = next(_numbers)
    app = f"app-{number}"
    wanted = replace(MODES[mode](app), namespace=f"sealing-{number}")
    return Installed(plane=plane, wanted=wanted, app_namespace=app)


async def _client(installed: Installed, folder: Path) -> KubeClient:
    path = folder / "unsealer.kubeconfig"
    token = installed.plane.service_account_token(installed.wanted.namespace, "gitopskit-unsealer")
    installed.plane.write_kubeconfig(path, token=token)
    return await cluster.connect(path)


def _requests(installed: Installed) -> list[Request]:
    user = f"system:serviceaccount:{installed.wanted.namespace}:gitopskit-unsealer"
    log = installed.plane.audit_log_path
    return [request for request in read_requests(log) if request.user == user]


def _uses(request: Request, right: Right) -> bool:
    is_there = right.namespace in {"", request.namespace}
    return is_there and request.permission == (right.group, right.resource, right.verb)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("mode", MODES)
async def test_a_mode_is_refused_nothing_and_uses_every_right(
    plane: ControlPlane, mode: str, tmp_path: Path
) -> None:
    installed = _installed(plane, mode)
    objects = installed.objects()
    installed.apply(objects)
    async with (
        await cluster.connect(plane.kubeconfig_path) as admin,
        await _client(installed, tmp_path) as api,
    ):
        await Scenario(admin, installed).play(api)
    installed.remove(objects)

    requests = _requests(installed)
    refused = {f"{it.verb} {it.path}: {it.message}" for it in requests if it.status in {401, 403}}
    unused = [
        right
        for right in rights_of(objects)
        if not any(_uses(request, right) for request in requests)
    ]
    assert refused == set()
    assert sorted(unused) == []


def _spared() -> list[Any]:
    """Return each right of the whole cluster's mode, and of others those that it has not."""
    cases, known = [], set()
    for mode, choose in MODES.items():
        wanted = choose("app")
        for right in sorted(rights_of(rights_files(wanted)["rbac.yaml"])):
            spared = (right.namespace == wanted.namespace, right.group, right.resource, right.verb)
            if spared not in known:
                known.add(spared)
                place = "keys" if spared[0] else "watched"
                name = f"{mode}-{place}-{right.resource}-{right.verb}"
                cases.append(pytest.param(mode, spared, id=name))
    return cases


def _tells_of_a_lacking_right(entry: Mapping[str, Any]) -> bool:
    is_loud = entry["log_level"] in {"warning", "error"}
    return is_loud and bool(re.search(r"forbidden|may not", str(entry), re.IGNORECASE))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("mode", "spared"), _spared())
async def test_with_one_verb_less_something_fails_visibly(
    plane: ControlPlane, mode: str, spared: tuple[bool, str, str, str], tmp_path: Path
) -> None:
    installed = _installed(plane, mode)
    objects = installed.objects()
    is_own, *what = spared
    [right] = [
        right
        for right in rights_of(objects)
        if list(right[2:]) == what and (right.namespace == installed.wanted.namespace) is is_own
    ]
    installed.apply(without(objects, right))
    with capture_logs() as logs:

        def is_visible() -> bool:
            return any(_tells_of_a_lacking_right(entry) for entry in logs)

        async with (
            await cluster.connect(plane.kubeconfig_path) as admin,
            await _client(installed, tmp_path) as api,
        ):
            playing = asyncio.create_task(Scenario(admin, installed).play(api))
            try:
                await eventually(is_visible, timeout_seconds=30)
            finally:
                playing.cancel()
                with suppress(asyncio.CancelledError, TimeoutError):
                    await playing
    installed.remove(objects)

"""The control plane that a test run shares: what runs in it, and with whose rights tests run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import Binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.errors import ApiError, ApiForbidden, EnvironmentFault
from gitopskit.kube.resources import NAMESPACES
from tests.support.audit import read_requests
from tests.support.clock import FakeClock
from tests.support.cluster import create_namespace, delete_namespace, kubectl
from tests.support.polling import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from tests.conftest import ClientFactory


def _read(control_plane: ControlPlane, kind: str, name: str, namespace: str) -> JsonObject:
    found = kubectl(control_plane, "get", kind, name, f"--namespace={namespace}", "--output=json")
    content: JsonObject = json.loads(found)
    return content


def test_an_administrator_reaches_the_server(control_plane: ControlPlane, namespace: str) -> None:
    found = json.loads(kubectl(control_plane, "get", "namespace", namespace, "--output=json"))

    assert found["status"]["phase"] == "Active"


async def test_the_clients_of_tests_reach_the_server(admin: KubeClient, namespace: str) -> None:
    found = await admin.get(NAMESPACES, namespace)

    assert found["metadata"]["name"] == namespace


async def test_a_service_account_has_the_rights_that_we_ship(
    platform: ControlPlane, service_account_client: ClientFactory, namespace: str
) -> None:
    client = await service_account_client("gitopskit-unsealer", "kube-system")

    with pytest.raises(ApiForbidden):
        await client.get(NAMESPACES, namespace)
    assert platform.version.startswith("v1.")


async def test_a_deployment_runs_on_the_simulated_nodes(
    control_plane: ControlPlane, namespace: str
) -> None:
    where = f"--namespace={namespace}"
    kubectl(
        control_plane,
        *("create", "deployment", "steady", where, "--image=registry.example/app:1"),
        "--replicas=2",
    )

    def is_ready() -> bool:
        status = _read(control_plane, "deployment", "steady", namespace)["status"]
        return bool(status.get("readyReplicas") == 2)

    await eventually(is_ready)
    pods = json.loads(kubectl(control_plane, "get", "pods", where, "--output=json"))["items"]
    assert all(pod["status"]["podIP"] for pod in pods)


async def test_an_image_marked_as_crashing_never_becomes_ready(
    control_plane: ControlPlane, namespace: str
) -> None:
    where = f"--namespace={namespace}"
    kubectl(control_plane, "run", "crashing", where, "--image=registry.example/app:crash")

    def waits() -> bool:
        status = _read(control_plane, "pod", "crashing", namespace)["status"]
        states = [container["state"] for container in status.get("containerStatuses", [])]
        return [state.get("waiting", {}).get("reason") for state in states] == ["CrashLoopBackOff"]

    await eventually(waits)


@pytest.mark.parametrize(
    ("image", "condition"),
    [("registry.example/app:1", "Complete"), ("registry.example/app:crash-2", "Failed")],
    ids=["completes", "fails"],
)
async def test_a_job_ends_as_its_image_says(
    control_plane: ControlPlane, namespace: str, image: str, condition: str
) -> None:
    name = condition.lower()
    container = {"name": "main", "image": image}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "backoffLimit": 0,
            "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
        },
    }
    kubectl(control_plane, "apply", "--filename=-", stdin=json.dumps(job).encode())

    def has_ended() -> bool:
        conditions = _read(control_plane, "job", name, namespace)["status"].get("conditions", [])
        return any(c["type"] == condition and c["status"] == "True" for c in conditions)

    await eventually(has_ended)


async def test_a_deleted_namespace_goes_away(control_plane: ControlPlane) -> None:
    create_namespace(control_plane, "short-lived")
    delete_namespace(control_plane, "short-lived")

    def is_gone() -> bool:
        try:
            control_plane.rest.get("/api/v1/namespaces/short-lived")
        except ApiError as error:
            return error.status == 404
        return False

    await eventually(is_gone)


def test_pod_security_is_enforced_where_a_namespace_asks_for_it(
    control_plane: ControlPlane,
) -> None:
    create_namespace(
        control_plane, "hardened", **{"pod-security.kubernetes.io/enforce": "restricted"}
    )
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "careless"},
        "spec": {"containers": [{"name": "main", "image": "registry.example/app:1"}]},
    }

    with pytest.raises(ApiError) as caught:
        control_plane.rest.post("/api/v1/namespaces/hardened/pods", pod)

    assert caught.value.status == 403


def test_the_audit_log_names_who_asked(control_plane: ControlPlane, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    control_plane.rest.get(path)

    users = {r.user for r in read_requests(control_plane.audit_log_path) if r.path == path}
    assert "admin" in users


def _script(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which control planes make their own."""
    folder = tmp_path / "private"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("bind: address already in use", "kube-apiserver found its port taken"),
        (
            "failed to wait for apiserver being healthy: timed out",
            "gave the API server up too soon",
        ),
    ],
    ids=["port-taken", "busy-machine"],
)
def test_what_may_be_otherwise_the_next_time_is_tried_again(
    tmp_path: Path, private: Path, said: str, told: str
) -> None:
    attempts = tmp_path / "attempts"
    server = ControlPlane(
        Binaries(
            etcd=_script(tmp_path, "etcd", "exec sleep 600"),
            kube_apiserver=_script(
                tmp_path, "kube-apiserver", f"echo again >> {attempts}; echo '{said}'; exit 1"
            ),
        ),
        clock=SystemClock(),
    )

    with pytest.raises(EnvironmentFault, match=told):
        server.start()

    assert attempts.read_text().split() == ["again"] * 3
    assert list(private.iterdir()) == []


def test_what_never_gets_ready_is_given_up(tmp_path: Path, private: Path) -> None:
    idle = _script(tmp_path, "idle", "exec sleep 600")
    server = ControlPlane(Binaries(etcd=idle, kube_apiserver=idle), clock=FakeClock())

    with pytest.raises(EnvironmentFault, match="the API server did not get ready in time"):
        server.start()

    assert list(private.iterdir()) == []


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path, private: Path) -> None:
    absent = tmp_path / "absent"
    server = ControlPlane(Binaries(etcd=absent, kube_apiserver=absent), clock=SystemClock())

    with pytest.raises(EnvironmentFault, match="guard process ended"):
        server.start()

    assert list(private.iterdir()) == []


def test_a_program_that_ends_at_once_is_named(tmp_path: Path, private: Path) -> None:
    idle = _script(tmp_path, "idle", "exec sleep 600")
    hasty = _script(tmp_path, "hasty", "echo no such flag; exit 1")
    server = ControlPlane(Binaries(etcd=hasty, kube_apiserver=idle), clock=SystemClock())

    with pytest.raises(EnvironmentFault, match="started: no such flag"):
        server.start()

    assert list(private.iterdir()) == []
    server.stop()

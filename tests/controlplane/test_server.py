"""The control plane that a test run shares: what runs in it, and with whose rights tests run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import Binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.errors import ApiError, ApiForbidden, EnvironmentFault
from gitopskit.kube.resources import NAMESPACES
from tests.support.audit import read_requests
from tests.support.cluster import create_namespace, delete_namespace, kubectl
from tests.support.polling import eventually

if TYPE_CHECKING:
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
    client = await service_account_client("gitopskit-unsealer", "gitopskit-system")

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


_USELESS = Binaries(etcd=Path("/bin/false"), kube_apiserver=Path("/bin/false"))


def test_a_program_that_ends_at_once_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server = ControlPlane(_USELESS, clock=SystemClock())

    with pytest.raises(EnvironmentFault, match="etcd ended while the control plane started"):
        server.start()

    assert list(tmp_path.iterdir()) == []
    server.stop()

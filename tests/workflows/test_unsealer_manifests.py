"""The unsealer's manifests: what a choice changes, and what never does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.identity import ObjectRef
from gitopskit.workflows.first_objects import labelled
from gitopskit.workflows.platform_objects import platform_objects, unsealer_namespace
from gitopskit.workflows.unsealer_installation import UnsealerInstallation
from gitopskit.workflows.unsealer_manifests import rights_files, unsealer_files

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

IMAGE = "registry.example.com/gitopskit:0.1.0"
ELSEWHERE = UnsealerInstallation(namespace="sealing", service="sealer", replicas=3)


def _objects(wanted: UnsealerInstallation) -> list[JsonObject]:
    files = unsealer_files(wanted, image=IMAGE)
    return [content for contents in files.values() for content in contents]


def _one(wanted: UnsealerInstallation, kind: str) -> JsonObject:
    [found] = [content for content in _objects(wanted) if content["kind"] == kind]
    return found


def test_by_default_kubeseal_finds_it_without_flags() -> None:
    first, metrics = unsealer_files(UnsealerInstallation(), image=IMAGE)["services.yaml"]

    assert ObjectRef.of(first) == ObjectRef(
        "", "Service", "kube-system", "sealed-secrets-controller"
    )
    assert first["metadata"]["labels"]["app.kubernetes.io/name"] == "gitopskit-unsealer"
    assert [(port["name"], port["port"]) for port in first["spec"]["ports"]] == [("http", 8080)]
    assert metrics["metadata"]["name"] == "sealed-secrets-controller-metrics"


def test_another_namespace_and_service_leave_no_trace_of_the_usual_ones() -> None:
    text = json.dumps(_objects(ELSEWHERE))

    assert '"kube-system"' not in text
    assert "sealed-secrets-controller" not in text
    assert _one(ELSEWHERE, "Namespace")["metadata"]["name"] == "sealing"


def test_a_namespace_of_its_own_enforces_the_strictest_pod_security() -> None:
    labels = _one(ELSEWHERE, "Namespace")["metadata"]["labels"]

    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("namespace", ["kube-system", "default"])
def test_a_namespace_that_every_cluster_has_is_not_written(namespace: str) -> None:
    assert "namespace.yaml" not in rights_files(UnsealerInstallation(namespace=namespace))


def test_a_watched_kube_system_keeps_its_name_when_the_unsealer_is_elsewhere() -> None:
    wanted = UnsealerInstallation(
        namespace="sealing", mode="namespaces", watch_namespaces=("kube-system",)
    )

    roles = [each for each in rights_files(wanted)["rbac.yaml"] if each["kind"] == "Role"]

    assert [role["metadata"]["namespace"] for role in roles] == ["kube-system", "sealing"]


def test_the_deployment_has_the_replicas_and_flags_that_were_asked_for() -> None:
    wanted = UnsealerInstallation(drift="report", replicas=3)

    spec = _one(wanted, "Deployment")["spec"]

    [container] = spec["template"]["spec"]["containers"]
    assert spec["replicas"] == 3
    assert container["command"] == ["gitopskit", "unsealer", "run", "--drift=report"]
    assert container["image"] == IMAGE


def test_the_pod_has_no_privilege_and_every_limit() -> None:
    pod = _one(UnsealerInstallation(), "Deployment")["spec"]["template"]["spec"]

    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"].keys() == {"requests", "limits"}
    probes = {
        name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness")
    }
    assert probes == {"startup": "/healthz", "liveness": "/healthz"}
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_one_replica_can_be_drained_and_two_never_go_at_once() -> None:
    assert _one(UnsealerInstallation(), "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_the_network_is_closed_but_for_two_ports_the_api_server_and_names() -> None:
    spec = _one(UnsealerInstallation(), "NetworkPolicy")["spec"]

    def ports(direction: str) -> set[int]:
        return {port["port"] for rule in spec[direction] for port in rule["ports"]}

    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert ports("ingress") == {8080, 8081}
    assert ports("egress") == {53, 443, 6443, 8443}


def test_everything_selects_the_same_pods() -> None:
    made = {content["kind"]: content for content in _objects(UnsealerInstallation())}
    labels = made["Deployment"]["spec"]["template"]["metadata"]["labels"]

    assert made["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert made["Service"]["spec"]["selector"] == labels
    assert made["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert made["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels


def test_bootstrap_installs_the_same_objects_as_install_writes() -> None:
    platform = platform_objects(IMAGE)

    written = _objects(UnsealerInstallation())
    assert all(content in platform for content in written)
    assert all(content == labelled(content) for content in written)


def test_bootstrap_prefers_the_objects_that_the_repository_holds() -> None:
    committed = _objects(ELSEWHERE)

    platform = platform_objects(IMAGE, committed)

    assert all(content in platform for content in committed)
    assert unsealer_namespace(platform) == "sealing"


def test_outside_the_cluster_nothing_is_installed_that_runs_inside() -> None:
    kinds = {content["kind"] for content in platform_objects("", _objects(ELSEWHERE))}

    assert kinds.isdisjoint({"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"})
    assert {"CustomResourceDefinition", "ServiceAccount", "ClusterRole", "Namespace"} <= kinds


def test_objects_without_the_unsealers_account_are_no_unsealer() -> None:
    with pytest.raises(InputError, match="no ServiceAccounts gitopskit-unsealer"):
        unsealer_namespace([])

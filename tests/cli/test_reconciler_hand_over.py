"""`gitopskit reconciler hand-over`: what a person sees of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from gitopskit.cli import app as frame
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import leading
from gitopskit.reconciler.inventory import Entry, to_config_map
from gitopskit.reconciler.names import Applier
from tests.support.cluster import kubectl

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.manifests.json_types import JsonObject

NAME = "handed-over"
INVENTORY = f"gitopskit-inventory-{NAME}-0"
FLUX = "kustomize.toolkit.fluxcd.io/name"


def _applied(control_plane: ControlPlane, content: JsonObject) -> None:
    flags = ("apply", "--server-side", "--field-manager=gitopskit-reconciler", "-f", "-")
    kubectl(control_plane, *flags, stdin=yaml.safe_dump(content).encode())


def _object(**labels: str) -> JsonObject:
    tracking = f"{NAME}:/ConfigMap:default/{NAME}"
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": NAME,
            "namespace": "default",
            "labels": labels,
            "annotations": {"argocd.argoproj.io/tracking-id": tracking},
        },
    }


def _inventory() -> JsonObject:
    ref = ObjectRef("", "ConfigMap", "default", NAME)
    entry = Entry(ref=ref, version="v1", applier=Applier("default", "gitopskit-applier"))
    shard = to_config_map(NAME, 0, [entry])
    shard["metadata"]["labels"] = {"gitopskit.io/inventory": "true"}
    return shard


def test_it_tells_how_many_objects_it_handed_over(
    platform: ControlPlane, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(platform.kubeconfig_path))
    for content in (_object(**{"gitopskit.io/application": NAME}), _inventory()):
        _applied(platform, content)

    codes = [frame.run(["reconciler", "hand-over", NAME]) for _ in range(2)]

    printed = capsys.readouterr()
    live = json.loads(
        kubectl(
            platform,
            *("get", "configmap", NAME, "-n", "default", "-o", "json", "--show-managed-fields"),
        )
    )
    kubectl(platform, "delete", "configmap", NAME, "-n", "default")
    assert codes == [0, 2]
    assert printed.out == f"{NAME}: 1 objects handed over\n"
    assert "there is no inventory of that Application" in printed.err
    assert [it["manager"] for it in live["metadata"]["managedFields"]] == ["argocd-controller"]
    assert "labels" not in live["metadata"]


@pytest.mark.parametrize(
    ("flags", "code", "told"),
    [
        ([], 4, "a reconciler runs in the cluster: pod-1; nothing was done"),
        (["--dry-run"], 0, f"{NAME}: 1 objects would be handed over"),
    ],
    ids=["in earnest", "a dry run"],
)
def test_while_a_reconciler_runs_nothing_is_handed_over(
    platform: ControlPlane,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    flags: list[str],
    code: int,
    told: str,
) -> None:
    """It would take the objects back, and prune nothing after its next start."""

    async def holder(*_: object) -> str:
        return "pod-1"

    monkeypatch.setenv("KUBECONFIG", str(platform.kubeconfig_path))
    monkeypatch.setattr(leading, "renewing_holder", holder)
    for content in (_object(**{"gitopskit.io/application": NAME}), _inventory()):
        _applied(platform, content)

    ended = frame.run(["reconciler", "hand-over", NAME, *flags])

    printed = capsys.readouterr()
    live = kubectl(platform, "get", "configmap", NAME, "-n", "default", "-o", "json")
    kubectl(platform, "delete", "configmap", NAME, "-n", "default")
    kubectl(platform, "delete", "configmap", "-n", "gitopskit-system", INVENTORY)
    assert ended == code
    assert told in printed.out + printed.err
    assert json.loads(live)["metadata"]["labels"] == {"gitopskit.io/application": NAME}


def test_the_labels_of_flux_go_by_kubectl(platform: ControlPlane) -> None:
    _applied(platform, _object(**{FLUX: NAME}))

    for _ in range(2):
        kubectl(
            platform,
            *("-n", "default", "label", "configmaps", "-l", f"{FLUX}={NAME}", f"{FLUX}-"),
        )

    found = kubectl(platform, "get", "configmap", NAME, "-n", "default", "-o", "json")
    kubectl(platform, "delete", "configmap", NAME, "-n", "default")
    assert "labels" not in json.loads(found)["metadata"]

"""An Application whose destination is closed: compared and told, never written."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS
from gitopskit.manifests.documents import read_documents
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import application as applications
from gitopskit.reconciler import project as projects
from gitopskit.reconciler.application import SyncPolicy
from gitopskit.reconciler.looking import holds
from gitopskit.reconciler.loop import Controller
from gitopskit.reconciler.normalise import normalised
from gitopskit.reconciler.project import KindRule
from gitopskit.repository.templates import read_platform
from gitopskit.workflows.unsealer_installation import UnsealerInstallation
from gitopskit.workflows.unsealer_manifests import unsealer_files
from tests.support.desiring import an_application, prepared
from tests.support.polling import eventually
from tests.support.reconciling import PERSON, SERVER, World, config_map, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject, JsonValue

Run = Callable[[], AbstractAsyncContextManager[Controller]]

LOOKING = an_application(namespace="kube-system", policy=SyncPolicy())
WRITING = an_application(namespace="kube-system", policy=SyncPolicy(is_automated=True))
ANYWHERE = {"namespaces": ("*",), "cluster_allowed": (KindRule("*", "*"),)}
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: %s}\n"
ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n"


@pytest.mark.parametrize(
    ("live", "wanted", "is_held"),
    [
        pytest.param({"a": 1, "b": 2}, {"a": 1}, True, id="more-is-fine"),
        pytest.param({"a": 1}, {"a": 2}, False, id="another-value"),
        pytest.param({}, {"a": 1}, False, id="missing"),
        pytest.param(None, {"a": {}, "b": [], "c": None, "d": ""}, True, id="empty-is-missing"),
        pytest.param([{"a": 1, "b": 2}], [{"a": 1}], True, id="more-in-an-entry"),
        pytest.param([1, 2], [1], False, id="a-longer-list"),
        pytest.param([1, 2], [2, 1], False, id="another-order"),
        pytest.param("a", ["a"], False, id="no-list"),
        pytest.param("a", {"a": 1}, False, id="no-mapping"),
        pytest.param(None, False, False, id="false-is-a-value"),
    ],
)
def test_a_live_value_holds_what_is_wanted(
    live: JsonValue,
    wanted: JsonValue,
    is_held: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    assert holds(live, wanted) is is_held


def test_what_is_only_looked_at_carries_no_mark_and_nobody_writes_it() -> None:
    (found,) = prepared(CONFIG % "kube-system", application=LOOKING, **ANYWHERE).objects

    assert found.content["metadata"]["labels"] == {}
    assert found.content["metadata"]["annotations"] == {}
    assert found.applier.name == ""


def test_kinds_of_the_whole_cluster_may_be_looked_at() -> None:
    (found,) = prepared(ROLE, application=LOOKING, **ANYWHERE).objects

    assert found.ref.kind == "ClusterRole"


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        pytest.param(CONFIG % "argocd", "does not allow the namespace", id="not-listed"),
        pytest.param(ROLE, "does not allow ClusterRole", id="kind-not-listed"),
        pytest.param(
            CONFIG.replace("ConfigMap", "Secret") % "kube-system",
            "nobody may read Secrets",
            id="secret",
        ),
    ],
)
def test_looking_has_walls_too(manifest: str, told: str) -> None:
    refusals = prepared(manifest, application=LOOKING, namespaces=("kube-system",)).refusals

    assert told in refusals[0]


def test_asking_for_a_sync_of_a_closed_namespace_is_refused_as_before() -> None:
    refusals = prepared(CONFIG % "kube-system", application=WRITING, **ANYWHERE).refusals

    assert '"kube-system" and "gitopskit-system" are reserved' in refusals[0]


async def test_what_the_server_makes_of_the_unsealers_objects_holds_them(
    platform: ControlPlane,  # noqa: ARG001 -- its kinds are served
    admin: KubeClient,
) -> None:
    """Defaults and the server's own fields are no drift."""
    wanted = UnsealerInstallation(namespace_selector="team=web", cert_readers=("developers",))
    files = unsealer_files(wanted, image="registry.example.com/gitopskit:0.1.0")
    kinds = await admin.kinds()

    changed = []
    for content in (content for contents in files.values() for content in contents):
        ref = ObjectRef.of(content)
        kind = kinds.find(ref.group, ref.kind)
        assert kind is not None
        made = await admin.apply(kind, content, field_manager="test", force=True, dry_run=True)
        if not holds(made.content, normalised(content, ref, labels={}, annotations={})):
            changed.append(str(ref))
    assert changed == []


def test_the_registration_on_the_page_is_one_that_only_looks() -> None:
    page = (Path(__file__).parents[2] / "docs/howto/operate-the-unsealer.md").read_text()
    [block] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    project, application = (item.content for item in read_documents(block, path="page"))

    registered = applications.parse(application)

    assert registered.only_looks
    assert registered.project == project["metadata"]["name"]
    assert projects.parse(project).permits_looking(registered.namespace)


@pytest.fixture
async def installed(world: World, unique: str) -> AsyncIterator[JsonObject]:
    """Return a ConfigMap of kube-system, as an administrator left it there."""
    body = config_map(unique, level="info") | {
        "metadata": {"name": unique, "namespace": "kube-system"}
    }
    yield await world.admin.create(CONFIG_MAPS, body, field_manager="somebody")
    live = await world.admin.get(CONFIG_MAPS, unique, "kube-system")
    await world.admin.delete(CONFIG_MAPS, unique, "kube-system", uid=live["metadata"]["uid"])


async def test_drift_of_what_bootstrap_installed_is_told_and_not_reverted(
    world: World, reconciler: Run, unique: str, installed: JsonObject
) -> None:
    rights = read_documents(read_platform("unsealer/rbac.yaml"), path="rbac.yaml")
    definition = read_documents(read_platform("crds/sealedsecrets.yaml"), path="crd.yaml")
    wanted = config_map(unique, level="info")
    everything = [*(item.content for item in (*rights, *definition)), wanted]
    world.repository.commit({"unsealer/all.yaml": text(*everything)})
    await world.project(
        unique,
        destinations=[{"server": SERVER, "namespace": "kube-system"}],
        clusterResourceWhitelist=[{"group": "*", "kind": "*"}],
    )
    async with reconciler():
        await world.application(
            unique, project=unique, path="unsealer", namespace="kube-system", policy={}
        )
        await world.until_synced(unique)

        await world.admin.patch(
            CONFIG_MAPS,
            unique,
            "kube-system",
            patch={"data": {"level": "debug"}},
            field_manager=PERSON,
        )

        async def is_told() -> bool:
            status = await world.status(unique)
            return bool((status.get("sync") or {}).get("status") == "OutOfSync")

        await eventually(is_told, timeout_seconds=20)
        asked: JsonObject = {"operation": {"sync": {}}}
        await world.admin.patch(APPLICATIONS, unique, "argocd", patch=asked, field_manager=PERSON)

        async def is_answered() -> bool:
            answer = (await world.status(unique)).get("operationState") or {}
            return "only compared" in str(answer.get("message"))

        await eventually(is_answered)
        status = await world.status(unique)

    live = await world.admin.get(CONFIG_MAPS, unique, "kube-system")
    differing = [item["name"] for item in status["resources"] if item["status"] == "OutOfSync"]
    assert differing == [unique]
    assert live["data"] == {"level": "debug"}
    assert live["metadata"].get("labels") is None
    assert installed["metadata"]["uid"] == live["metadata"]["uid"]

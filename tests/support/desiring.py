"""Desired and observed objects, for tests that need no server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.health.verdict import Health
from gitopskit.manifests.documents import Manifest, read_documents
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.application import Application, Source, SyncPolicy
from gitopskit.reconciler.desired import Desired, Prepared, prepare
from gitopskit.reconciler.names import Applier
from gitopskit.reconciler.observation import Applied, Observation
from gitopskit.reconciler.project import Project

if TYPE_CHECKING:
    from gitopskit.reconciler.application import IgnoreRule

APPLIER = Applier("shop", "gitopskit-applier")
REF = ObjectRef("", "ConfigMap", "shop", "settings")
TRACKING = "web:/ConfigMap:shop/settings"

_CLUSTER_SCOPED = {"Namespace", "ClusterRole", "CustomResourceDefinition"}
_KNOWN = {"ConfigMap", "Secret", "Service", "Deployment", "Application", "AppProject", "CronJob"}


def an_application(
    *,
    namespace: str = "shop",
    policy: SyncPolicy | None = None,
    ignore_rules: tuple[IgnoreRule, ...] = (),
) -> Application:
    return Application(
        name="web",
        project="shop",
        sources=(Source(repo_url="https://git.example/shop.git"),),
        namespace=namespace,
        policy=policy or SyncPolicy(is_automated=True, prunes=True, heals=True),
        ignore_rules=ignore_rules,
    )


def manifests(text: str) -> tuple[Manifest, ...]:
    return read_documents(text, path="app/all.yaml")


def prepared(text: str, *, application: Application | None = None, **project: object) -> Prepared:
    """Prepare what a text holds, under a project that allows the namespace `shop`."""
    allowed: dict[str, object] = {"name": "shop", "namespaces": ("shop",), **project}
    return prepare(
        manifests(text),
        application=application or an_application(),
        project=Project(**allowed),  # type: ignore[arg-type]  # a table of fields
        is_namespaced=is_namespaced,
    )


def is_namespaced(_group: str, kind: str) -> bool | None:
    if kind in _CLUSTER_SCOPED:
        return False
    return True if kind in _KNOWN else None


def desired(name: str = "settings", *, kind: str = "ConfigMap", digest: str = "d1") -> Desired:
    namespace = "" if kind in _CLUSTER_SCOPED else "shop"
    ref = ObjectRef("", kind, namespace, name)
    content = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "annotations": {}}}
    return Desired(ref=ref, content=content, applier=APPLIER, digest=digest)


def observation(**changes: object) -> Observation:
    fields: dict[str, object] = {
        "uid": "u1",
        "resource_version": "1",
        "tracking_id": TRACKING,
        "own_digest": "o1",
        "health": Health("Healthy"),
        **changes,
    }
    return Observation(**fields)  # type: ignore[arg-type]  # a table of fields


def applied(**changes: str) -> Applied:
    fields = {
        "uid": "u1",
        "resource_version": "1",
        "own_digest": "o1",
        "desired_digest": "d1",
        **changes,
    }
    return Applied(**fields)

"""Which namespaces and which SealedSecrets are looked at, on the real server."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import NAMESPACES, SEALED_SECRETS
from gitopskit.unsealer.options import Field
from tests.support.polling import eventually
from tests.support.unsealer_cluster import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    MANAGER,
    RBAC_GROUP,
    UNSEALER,
    Cluster,
    is_allowed,
    rbac_object,
)
from tests.support.unsealing import SealingKey, synced, values_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.manifests.json_types import JsonValue
    from tests.support.unsealer_cluster import Running

_numbers = itertools.count(1)


@pytest.fixture
async def other(cluster: Cluster) -> AsyncIterator[Cluster]:
    """Return a second namespace, which nobody asked to have watched."""
    other = Cluster(cluster.admin, f"{cluster.namespace}-other-{next(_numbers)}")
    await _create(other)
    yield other
    await cluster.admin.delete(
        NAMESPACES, other.namespace, uid=(await _live(other))["metadata"]["uid"]
    )


@pytest.fixture
async def may_read_namespaces(cluster: Cluster) -> AsyncIterator[None]:
    """Let the unsealer see which namespaces there are."""
    name = f"namespaces-of-{cluster.namespace}"
    rule = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]}
    reference = {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": name}
    role = await cluster.create(
        CLUSTER_ROLES, rbac_object("ClusterRole", {"name": name}, rules=[rule])
    )
    binding = rbac_object(
        "ClusterRoleBinding", {"name": name}, roleRef=reference, subjects=[UNSEALER]
    )
    bound = await cluster.create(CLUSTER_ROLE_BINDINGS, binding)
    await eventually(lambda: _may_list_namespaces(cluster))
    yield
    for kind, content in ((CLUSTER_ROLE_BINDINGS, bound), (CLUSTER_ROLES, role)):
        await cluster.admin.delete(kind, name, uid=content["metadata"]["uid"])


async def _may_list_namespaces(cluster: Cluster) -> bool:
    user = "system:serviceaccount:{namespace}:{name}".format_map(UNSEALER)
    return await is_allowed(cluster.admin, user, resource="namespaces", verb="list")


async def _create(cluster: Cluster, **labels: str) -> None:
    metadata = {"name": cluster.namespace, "labels": labels}
    await cluster.create(
        NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    )


async def _live(cluster: Cluster) -> dict[str, JsonValue]:
    return await cluster.admin.get(NAMESPACES, cluster.namespace)


async def _label(cluster: Cluster, value: str | None) -> None:
    patch = {"metadata": {"labels": {"unsealed": value}}}
    await cluster.admin.patch(NAMESPACES, cluster.namespace, patch=patch, field_manager=MANAGER)


async def _is_untouched(cluster: Cluster, name: str) -> bool:
    return not synced(await cluster.sealed(name)) and await cluster.secret(name) is None


async def test_only_the_namespaces_that_are_named_are_watched(
    cluster: Cluster, other: Cluster, unsealer: Running, key: SealingKey
) -> None:
    await other.create_sealed(key.seal("elsewhere", other.namespace, {"a": "1"}))
    async with unsealer(watched=Field(namespaces=(cluster.namespace, "not-there-yet"))):
        await cluster.create_sealed(key.seal("here", cluster.namespace, {"a": "1"}))
        await cluster.until_status("here", "True")

        assert await _is_untouched(other, "elsewhere")


@pytest.mark.usefixtures("may_read_namespaces")
async def test_namespaces_come_and_go_by_their_labels(
    cluster: Cluster, other: Cluster, unsealer: Running, key: SealingKey
) -> None:
    await other.create_sealed(key.seal("selected", other.namespace, {"a": "1"}))
    async with unsealer(watched=Field(namespace_selector="unsealed=yes")):
        await _label(other, "yes")
        await other.until_status("selected", "True")
        await other.patch_secret("selected", {"stringData": {"a": "edited"}})
        await other.until_values("selected", {"a": "1"})

        await _label(other, None)
        await _label(cluster, "yes")
        await cluster.create_sealed(key.seal("later", cluster.namespace, {"a": "1"}))
        await cluster.until_status("later", "True")
        await other.patch_secret("selected", {"stringData": {"a": "edited"}})
        await cluster.create_sealed(key.seal("last", cluster.namespace, {"a": "1"}))
        await cluster.until_status("last", "True")

        assert values_of(await other.secret("selected") or {}) == {"a": "edited"}


@pytest.mark.usefixtures("may_read_namespaces")
async def test_a_namespace_that_is_selected_again_is_looked_at_anew(
    cluster: Cluster, other: Cluster, unsealer: Running, key: SealingKey
) -> None:
    await _label(other, "yes")
    await other.create_sealed(key.seal("again", other.namespace, {"a": "1"}))
    async with unsealer(watched=Field(namespace_selector="unsealed=yes")):
        await other.until_status("again", "True")
        await _label(other, None)
        await _label(cluster, "yes")
        await cluster.create_sealed(key.seal("between", cluster.namespace, {"a": "1"}))
        await cluster.until_status("between", "True")
        await other.patch_secret("again", {"stringData": {"a": "edited"}})

        await _label(other, "yes")
        await other.until_values("again", {"a": "1"})


@pytest.mark.usefixtures("may_read_namespaces")
async def test_a_namespace_that_is_made_anew_is_unsealed_at_once(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    passing = Cluster(cluster.admin, f"{cluster.namespace}-passing")
    await _create(passing, unsealed="yes")
    async with unsealer(watched=Field(namespace_selector="unsealed=yes")):
        await passing.create_sealed(key.seal("passing", passing.namespace, {"a": "1"}))
        await passing.until_status("passing", "True")
        uid = (await _live(passing))["metadata"]["uid"]
        await cluster.admin.delete(NAMESPACES, passing.namespace, uid=uid)
        await eventually(lambda: _is_gone(passing), timeout_seconds=60)

        await _create(passing, unsealed="yes")
        await passing.create_sealed(key.seal("passing", passing.namespace, {"a": "2"}))
        await passing.until_values("passing", {"a": "2"})
    uid = (await _live(passing))["metadata"]["uid"]
    await cluster.admin.delete(NAMESPACES, passing.namespace, uid=uid)


async def _is_gone(cluster: Cluster) -> bool:
    try:
        await _live(cluster)
    except ApiNotFound:
        return True
    return False


async def test_only_sealed_secrets_with_the_labels_are_looked_at(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    chosen, left = (key.seal(name, cluster.namespace, {"a": "1"}) for name in ("chosen", "left"))
    chosen["metadata"]["labels"] = {"unsealed": "by-us"}
    async with unsealer(watched=Field(label_selector="unsealed=by-us")):
        await cluster.create_sealed(left)
        await cluster.create_sealed(chosen)
        await cluster.until_status("chosen", "True")
        assert await _is_untouched(cluster, "left")

        await cluster.patch_sealed("left", {"metadata": {"labels": {"unsealed": "by-us"}}})
        await cluster.until_status("left", "True")
        await cluster.patch_sealed("chosen", {"metadata": {"labels": {"unsealed": None}}})
        await cluster.patch_secret("chosen", {"stringData": {"a": "edited"}})
        await cluster.patch_secret("left", {"stringData": {"a": "edited"}})
        await cluster.until_values("left", {"a": "1"})

        assert values_of(await cluster.secret("chosen") or {}) == {"a": "edited"}
    await cluster.delete(SEALED_SECRETS, await cluster.sealed("chosen"))

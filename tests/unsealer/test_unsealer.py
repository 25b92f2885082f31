"""What becomes of a SealedSecret in a real cluster, with the rights that are shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.kube.resources import ResourceType
from gitopskit.sealing.scope import Scope
from tests.support.polling import eventually
from tests.support.unsealing import SealingKey, misnamed

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealer_cluster import Cluster, Running

CANARY = "s3cr3t-canary-value"


async def test_a_sealed_secret_becomes_a_secret_that_it_owns(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    template = {"labels": {"app": "shop"}, "annotations": {"team": "web"}}
    sealed = key.seal(
        "owned", cluster.namespace, {"user": "u", "password": CANARY}, metadata=template
    )
    async with unsealer():
        owner = await cluster.create_sealed(sealed)
        secret = await cluster.until_values("owned", {"user": "u", "password": CANARY})
        condition = await cluster.until_status("owned", "True")

    assert secret["type"] == "Opaque"
    assert secret["metadata"]["labels"] == {"app": "shop"}
    assert secret["metadata"]["annotations"] == {"team": "web"}
    assert secret["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "name": "owned",
            "uid": owner["metadata"]["uid"],
            "controller": True,
        }
    ]
    assert condition["reason"] == "Unsealed"
    assert condition["lastTransitionTime"]


async def test_success_is_told_once_in_an_event_and_for_its_generation(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(key.seal("told", cluster.namespace, {"a": "1"}))
        await cluster.until_status("told", "True")

        async def is_recorded() -> bool:
            return bool(await cluster.events("told"))

        await eventually(is_recorded)

    events = await cluster.events("told")
    sealed = await cluster.sealed("told")
    assert [(event["type"], event["reason"]) for event in events] == [("Normal", "Unsealed")]
    assert sealed["status"]["observedGeneration"] == sealed["metadata"]["generation"]


async def test_every_scope_is_unsealed(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        for scope in Scope:
            content = key.seal(scope.value, cluster.namespace, {"a": scope.value}, scope=scope)
            await cluster.create_sealed(content)

        for scope in Scope:
            await cluster.until_values(scope.value, {"a": scope.value})


async def test_a_scope_that_is_put_right_is_tried_at_once(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    content = key.seal("widened", cluster.namespace, {"a": "1"}, scope=Scope.CLUSTER_WIDE)
    annotations = content["metadata"].pop("annotations")
    async with unsealer():
        await cluster.create_sealed(content)
        await cluster.until_status("widened", "False")

        await cluster.patch_sealed("widened", {"metadata": {"annotations": annotations}})
        await cluster.until_values("widened", {"a": "1"})


async def test_broken_sealed_secrets_do_not_keep_good_ones_waiting(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    good = [key.seal(f"good-{n}", cluster.namespace, {"a": str(n)}) for n in range(5)]
    broken = [misnamed(content, n) for n, content in enumerate(good * 2)]
    for content in [*broken, *good]:
        await cluster.create_sealed(content)
    async with unsealer():
        for number in range(5):
            await cluster.until_values(f"good-{number}", {"a": str(number)})
        for content in broken:
            await cluster.until_status(content["metadata"]["name"], "False")


async def test_templated_items_are_rendered_from_the_sealed_ones(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    content = key.seal("templated", cluster.namespace, {"a": "1"})
    content["spec"]["template"] = {"data": {"b": "{{ .a | quote }} and {{ .missing }}"}}
    async with unsealer():
        await cluster.create_sealed(content)

        await cluster.until_values("templated", {"a": "1", "b": '"1" and <no value>'})


async def test_a_template_that_is_not_supported_is_refused_by_name(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    content = key.seal("changing", cluster.namespace, {"a": CANARY})
    content["spec"]["template"] = {"data": {"b": "{{ .a | upper }}\n{{ now }}"}}
    async with unsealer():
        await cluster.create_sealed(content)
        condition = await cluster.until_status("changing", "False", containing="`b`, 2:4: `now`")

        assert await cluster.secret("changing") is None
    assert condition["reason"] == "ErrUnsealFailed"
    assert CANARY not in str(await cluster.sealed("changing"))


async def test_an_object_that_the_server_refuses_is_told_without_its_values(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    content = key.seal("refused", cluster.namespace, {"a": CANARY}, type="kubernetes.io/tls")
    async with unsealer():
        await cluster.create_sealed(content)
        condition = await cluster.until_status("refused", "False", containing="data[tls.crt]")

    assert condition["reason"] == "ErrUpdateFailed"
    assert CANARY not in str(await cluster.sealed("refused"))


async def test_a_quota_in_the_way_is_told_and_waited_for(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    quotas = ResourceType(group="", version="v1", plural="resourcequotas", kind="ResourceQuota")
    quota: JsonObject = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "no-secrets", "namespace": cluster.namespace},
        "spec": {"hard": {"count/secrets": "0"}},
    }

    async def is_counted() -> bool:
        live = await cluster.admin.get(quotas, "no-secrets", cluster.namespace)
        return "hard" in live.get("status", {})

    created = await cluster.create(quotas, quota)
    await eventually(is_counted)
    async with unsealer():
        await cluster.create_sealed(key.seal("squeezed", cluster.namespace, {"a": "1"}))
        condition = await cluster.until_status("squeezed", "False", containing="Forbidden")
        await cluster.delete(quotas, created)
        await cluster.until_values("squeezed", {"a": "1"})
        await cluster.until_status("squeezed", "True")

    assert condition["reason"] == "ErrUpdateFailed"

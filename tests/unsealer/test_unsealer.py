"""What the unsealer does to a real cluster, with the rights that are shipped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeAlias

from gitopskit.clock import SystemClock
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import CONFIG_MAPS, SEALED_SECRETS, SECRETS
from gitopskit.sealing.scope import Scope
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running
from tests.support.unsealing import SealingKey, values_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealer_cluster import Cluster

    Running: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]

HEALED_WITHIN_SECONDS = 1.0
COLLECTED_WITHIN_SECONDS = 75.0
"""The garbage collector looks for new kinds, such as a fresh CRD's, every 30 seconds."""

CANARY = "s3cr3t-canary-value"


class JumpingClock(SystemClock):
    """The real clock, with time that passes at once where the test says so."""

    jump_seconds = 0.0

    def monotonic_seconds(self) -> float:
        return super().monotonic_seconds() + self.jump_seconds


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


async def test_healing_that_repeats_is_counted_in_one_event(
    cluster: Cluster, plain_client: KubeClient, key: SealingKey
) -> None:
    clock = JumpingClock()
    async with KubeClient(plain_client.connection, clock=clock) as api, running(api):
        await cluster.create_sealed(key.seal("counted", cluster.namespace, {"a": "1"}))
        await cluster.until_status("counted", "True")
        clock.jump_seconds = 60.0
        await cluster.patch_secret("counted", {"stringData": {"a": "edited"}})
        await cluster.until_values("counted", {"a": "1"})

        async def is_counted() -> bool:
            events = await cluster.events("counted")
            return [(event.get("series") or {}).get("count") for event in events] == [2]

        await eventually(is_counted)


async def test_without_any_sealing_key_the_status_says_so(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    holder = await cluster.admin.get(SECRETS, key.name, "gitopskit-system")
    await cluster.delete(SECRETS, holder)
    async with unsealer():
        await cluster.create_sealed(key.seal("keyless", cluster.namespace, {"a": "1"}))
        await cluster.until_status("keyless", "False", containing="there is no sealing key")

        await cluster.create(SECRETS, key.secret())
        await cluster.until_values("keyless", {"a": "1"})


async def test_every_scope_is_unsealed(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        for scope in Scope:
            content = key.seal(scope.value, cluster.namespace, {"a": scope.value}, scope=scope)
            await cluster.create_sealed(content)

        for scope in Scope:
            await cluster.until_values(scope.value, {"a": scope.value})


async def test_an_edited_secret_is_healed_within_a_second(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(key.seal("edited", cluster.namespace, {"a": "sealed"}))
        await cluster.until_values("edited", {"a": "sealed"})
        await cluster.until_status("edited", "True")

        await cluster.patch_secret("edited", {"stringData": {"a": "edited", "b": "added"}})
        begun = time.perf_counter()
        await cluster.until_values("edited", {"a": "sealed"})

        assert time.perf_counter() - begun < HEALED_WITHIN_SECONDS


async def test_a_deleted_secret_comes_back_within_a_second(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(key.seal("deleted", cluster.namespace, {"a": "1"}))
        secret = await cluster.until_values("deleted", {"a": "1"})

        await cluster.delete(SECRETS, secret)
        begun = time.perf_counter()
        healed = await cluster.until_values("deleted", {"a": "1"})

        assert time.perf_counter() - begun < HEALED_WITHIN_SECONDS
        assert healed["metadata"]["uid"] != secret["metadata"]["uid"]


async def test_labels_of_the_template_are_healed_and_those_of_others_stay(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        content = key.seal(
            "labelled", cluster.namespace, {"a": "1"}, metadata={"labels": {"app": "shop"}}
        )
        await cluster.create_sealed(content)
        await cluster.until_values("labelled", {"a": "1"})

        labels = {"app": "other", "added-by": "somebody"}
        await cluster.patch_secret("labelled", {"metadata": {"labels": labels}})

        async def is_healed() -> bool:
            found = await cluster.secret("labelled")
            healed = {"app": "shop", "added-by": "somebody"}
            return found is not None and found["metadata"]["labels"] == healed

        await eventually(is_healed)


async def test_a_label_that_leaves_the_template_leaves_the_secret(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        content = key.seal(
            "relabelled",
            cluster.namespace,
            {"a": "1"},
            metadata={"labels": {"stays": "1", "goes": "1"}},
        )
        await cluster.create_sealed(content)
        await cluster.until_values("relabelled", {"a": "1"})

        without = {"spec": {"template": {"metadata": {"labels": {"goes": None}}}}}
        await cluster.patch_sealed("relabelled", without)

        async def has_gone() -> bool:
            found = await cluster.secret("relabelled")
            return found is not None and found["metadata"]["labels"] == {"stays": "1"}

        await eventually(has_gone)


async def test_a_foreign_secret_of_the_same_name_is_left_alone_and_named(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    foreign = await cluster.create_secret("taken", {"a": "foreign"})
    async with unsealer():
        await cluster.create_sealed(key.seal("taken", cluster.namespace, {"a": "sealed"}))
        condition = await cluster.until_status("taken", "False")

        assert condition["reason"] == "ErrUpdateFailed"
        assert "not managed by this SealedSecret" in condition["message"]
        assert await cluster.secret("taken") == foreign

        await cluster.delete(SECRETS, foreign)
        await cluster.until_values("taken", {"a": "sealed"})
        await cluster.until_status("taken", "True")


async def test_a_secret_annotated_as_managed_is_taken_over(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    managed = {"sealedsecrets.bitnami.com/managed": "true"}
    before = await cluster.create_secret("adopted", {"a": "old"}, annotations=managed)
    async with unsealer():
        owner = await cluster.create_sealed(key.seal("adopted", cluster.namespace, {"a": "new"}))
        secret = await cluster.until_values("adopted", {"a": "new"})

    assert secret["metadata"]["uid"] == before["metadata"]["uid"]
    assert secret["metadata"]["ownerReferences"][0]["uid"] == owner["metadata"]["uid"]


async def test_a_secret_without_owner_reference_is_healed_all_the_same(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    skip = {"sealedsecrets.bitnami.com/skip-set-owner-references": "true"}
    async with unsealer():
        content = key.seal("unowned", cluster.namespace, {"a": "1"}, metadata={"annotations": skip})
        await cluster.create_sealed(content)
        secret = await cluster.until_values("unowned", {"a": "1"})
        await cluster.patch_secret("unowned", {"stringData": {"a": "edited"}})
        await cluster.until_values("unowned", {"a": "1"})

    assert "ownerReferences" not in secret["metadata"]


async def test_an_immutable_secret_that_differs_is_explained_and_made_anew_when_deleted(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        first = key.seal("fixed", cluster.namespace, {"a": "1"}, immutable=True)
        await cluster.create_sealed(first)
        secret = await cluster.until_values("fixed", {"a": "1"})
        await cluster.until_status("fixed", "True")

        second = key.seal("fixed", cluster.namespace, {"a": "2"}, immutable=True)
        await cluster.patch_sealed("fixed", {"spec": second["spec"]})
        await cluster.until_status("fixed", "False", containing="immutable")
        assert values_of(secret) == values_of(await cluster.secret("fixed") or {})

        await cluster.delete(SECRETS, secret)
        await cluster.until_values("fixed", {"a": "2"})


async def test_a_key_that_arrives_opens_what_waited_for_it_without_a_restart(
    cluster: Cluster, unsealer: Running, second_key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(second_key.seal("early", cluster.namespace, {"a": CANARY}))
        condition = await cluster.until_status("early", "False")
        await cluster.create(SECRETS, second_key.secret())
        begun = time.perf_counter()
        await cluster.until_values("early", {"a": CANARY})

        assert time.perf_counter() - begun < HEALED_WITHIN_SECONDS
        assert condition["reason"] == "ErrUnsealFailed"
        assert "`a`" in condition["message"]


async def test_a_key_that_goes_away_makes_the_status_say_so_and_leaves_the_secret(
    cluster: Cluster, unsealer: Running, second_key: SealingKey
) -> None:
    holder = await cluster.create(SECRETS, second_key.secret())
    async with unsealer():
        await cluster.create_sealed(second_key.seal("late", cluster.namespace, {"a": "1"}))
        await cluster.until_status("late", "True")

        label = {"sealedsecrets.bitnami.com/sealed-secrets-key": "compromised"}
        await cluster.admin.patch(
            SECRETS,
            holder["metadata"]["name"],
            "gitopskit-system",
            patch={"metadata": {"labels": label}},
            field_manager="tests",
        )
        await cluster.until_status("late", "False", containing="`a`")

        assert values_of(await cluster.secret("late") or {}) == {"a": "1"}


async def test_a_malformed_key_stops_neither_the_other_keys_nor_the_controller(
    cluster: Cluster, unsealer: Running, key: SealingKey, second_key: SealingKey
) -> None:
    broken = second_key.secret()
    broken["data"] = {"tls.key": "bm90IGEga2V5", "tls.crt": "bm90IGEgY2VydGlmaWNhdGU="}
    await cluster.create(SECRETS, broken)
    async with unsealer():
        await cluster.create_sealed(key.seal("beside", cluster.namespace, {"a": "1"}))

        await cluster.until_values("beside", {"a": "1"})


async def test_broken_sealed_secrets_do_not_keep_good_ones_waiting(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    good = [key.seal(f"good-{n}", cluster.namespace, {"a": str(n)}) for n in range(5)]
    broken = [_broken(content, n) for n, content in enumerate(good * 2)]
    for content in [*broken, *good]:
        await cluster.create_sealed(content)
    async with unsealer():
        for number in range(5):
            await cluster.until_values(f"good-{number}", {"a": str(number)})
        for content in broken:
            await cluster.until_status(content["metadata"]["name"], "False")


async def test_what_is_not_supported_is_refused_by_name(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    content = key.seal("templated", cluster.namespace, {"a": "1"})
    content["spec"]["template"] = {"data": {"b": "{{ .a }}"}}
    async with unsealer():
        await cluster.create_sealed(content)
        await cluster.until_status("templated", "False", containing="`spec.template.data`")

        assert await cluster.secret("templated") is None


async def test_an_object_that_the_server_refuses_is_told_without_its_values(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    content = key.seal("refused", cluster.namespace, {"a": CANARY}, type="kubernetes.io/tls")
    async with unsealer():
        await cluster.create_sealed(content)
        condition = await cluster.until_status("refused", "False", containing="data[tls.crt]")

    assert condition["reason"] == "ErrUpdateFailed"
    assert CANARY not in str(await cluster.sealed("refused"))


async def test_a_restart_writes_nothing(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        for number in range(3):
            content = key.seal(f"kept-{number}", cluster.namespace, {"a": "1"})
            await cluster.create_sealed(content)
        for number in range(3):
            await cluster.until_status(f"kept-{number}", "True")
        await cluster.create_sealed(_broken(content, 99))
        await cluster.until_status("broken-99", "False")
    before = await _versions(cluster)

    async with unsealer():
        await cluster.create_sealed(key.seal("marker", cluster.namespace, {"a": "1"}))
        await cluster.until_status("marker", "True")
        after = await _versions(cluster)

    assert {name: version for name, version in after.items() if name[1] != "marker"} == before


async def test_the_secret_goes_with_its_sealed_secret_and_follows_the_next_one(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        first = await cluster.create_sealed(key.seal("reborn", cluster.namespace, {"a": "1"}))
        await cluster.until_values("reborn", {"a": "1"})

        await cluster.delete(SEALED_SECRETS, first)
        await cluster.create_sealed(key.seal("reborn", cluster.namespace, {"a": "2"}))
        await cluster.until_values("reborn", {"a": "2"}, timeout_seconds=COLLECTED_WITHIN_SECONDS)
        await cluster.until_status("reborn", "True")


async def test_the_newest_certificate_is_published(
    cluster: Cluster, unsealer: Running, key: SealingKey, second_key: SealingKey
) -> None:
    async def is_published(certificate: bytes) -> bool:
        found = await cluster.admin.list(
            CONFIG_MAPS,
            "gitopskit-system",
            field_selector="metadata.name=gitopskit-sealing-certificate",
        )
        return [item["data"]["tls.crt"] for item in found.items] == [certificate.decode()]

    async with unsealer():
        await eventually(lambda: is_published(key.pair.certificate_pem))
        await cluster.create(SECRETS, second_key.secret())
        await eventually(lambda: is_published(second_key.pair.certificate_pem))


def _broken(content: JsonObject, number: int) -> JsonObject:
    """Return a SealedSecret under a name that its values were not sealed for."""
    return {**content, "metadata": {**content["metadata"], "name": f"broken-{number}"}}


async def _versions(cluster: Cluster) -> dict[tuple[str, str], str]:
    found = {}
    for kind in (SECRETS, SEALED_SECRETS):
        listing = await cluster.admin.list(kind, cluster.namespace)
        for item in listing.items:
            metadata = item["metadata"]
            found[kind.kind, metadata["name"]] = metadata["resourceVersion"]
    return found

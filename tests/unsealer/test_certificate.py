"""What is published of the sealing keys, on a real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP, HYBRID_KEY_LABEL
from gitopskit.sealedfiles.certificates import fetch_certificate
from gitopskit.sealing.hybrid_keys import hybrid_key_secret
from gitopskit.sealing.key_secrets import with_state
from tests.support.hybrid import hybrid_pair
from tests.support.key_life import KeyNamespace, publishing
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealing import SealingKey


@pytest.fixture
async def place(admin: KubeClient, namespace: str, key: SealingKey) -> AsyncIterator[KeyNamespace]:
    """Return a namespace with one key."""
    place = KeyNamespace(admin, namespace)
    await place.clear()
    await place.create(key.secret(namespace))
    yield place
    await place.clear()


async def _patch(place: KeyNamespace, patch: JsonObject) -> None:
    await place.admin.patch(
        CONFIG_MAPS, CERTIFICATE_CONFIG_MAP, place.name, patch=patch, field_manager="tests"
    )


async def test_the_newest_active_key_is_published(
    place: KeyNamespace, key: SealingKey, second_key: SealingKey
) -> None:
    async with publishing(place.admin, place.name):
        await place.until_published(tls_crt=key.pair.certificate_pem)
        await place.create(second_key.secret(place.name))

        await place.until_published(tls_crt=second_key.pair.certificate_pem)


async def test_a_pending_key_is_not_published(
    place: KeyNamespace, key: SealingKey, second_key: SealingKey
) -> None:
    await place.create(with_state(second_key.secret(place.name), "pending"))

    async with publishing(place.admin, place.name) as keys:
        await eventually(lambda: len(keys.keys) == 2)
        await place.until_published(tls_crt=key.pair.certificate_pem)


async def test_nothing_is_published_without_an_active_key(
    place: KeyNamespace, key: SealingKey
) -> None:
    await place.mark(key.name, labels={"sealedsecrets.bitnami.com/sealed-secrets-key": "pending"})

    async with publishing(place.admin, place.name) as keys:
        await eventually(lambda: keys.are_listed)

        assert await place.published() is None


async def test_the_certificate_of_the_last_key_is_withdrawn_when_it_is_retired(
    place: KeyNamespace, key: SealingKey
) -> None:
    state = "sealedsecrets.bitnami.com/sealed-secrets-key"
    async with publishing(place.admin, place.name):
        await place.until_published(tls_crt=key.pair.certificate_pem)
        await _patch(place, {"data": {"note": "a"}, "metadata": {"annotations": {"b": "c"}}})
        await place.mark(key.name, labels={state: "retired"})
        found = await place.until_published(note=b"a")

        with pytest.raises(InputError, match="none of its keys is active"):
            await fetch_certificate(place.admin, namespace=place.name)
        await place.mark(key.name, labels={state: "active"})
        await place.until_published(tls_crt=key.pair.certificate_pem, note=b"a")

    assert found["metadata"]["annotations"]["b"] == "c"


@pytest.mark.parametrize("what", ["deleted", "replaced"])
async def test_what_others_do_to_it_is_put_back(
    place: KeyNamespace, key: SealingKey, second_key: SealingKey, what: str
) -> None:
    async with publishing(place.admin, place.name):
        found = await place.until_published(tls_crt=key.pair.certificate_pem)
        if what == "deleted":
            uid = found["metadata"]["uid"]
            await place.admin.delete(CONFIG_MAPS, CERTIFICATE_CONFIG_MAP, place.name, uid=uid)
        else:
            await _patch(place, {"data": {"tls.crt": second_key.pair.certificate_pem.decode()}})
        after = await place.until_published(tls_crt=key.pair.certificate_pem)

    assert (after["metadata"]["uid"] != found["metadata"]["uid"]) == (what == "deleted")
    assert after["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]


async def test_items_and_annotations_of_others_stay(
    place: KeyNamespace, key: SealingKey, second_key: SealingKey
) -> None:
    async with publishing(place.admin, place.name):
        await place.until_published(tls_crt=key.pair.certificate_pem)
        await _patch(place, {"data": {"note": "a"}, "metadata": {"annotations": {"b": "c"}}})
        await place.create(second_key.secret(place.name))
        found = await place.until_published(tls_crt=second_key.pair.certificate_pem, note=b"a")

    assert found["metadata"]["annotations"]["b"] == "c"


async def test_a_hybrid_key_is_published_until_it_is_retired(
    place: KeyNamespace, key: SealingKey
) -> None:
    pair = hybrid_pair()
    await place.create(hybrid_key_secret(pair, namespace=place.name, name="hybrid"))

    async with publishing(place.admin, place.name):
        await place.until_published(
            tls_crt=key.pair.certificate_pem, hybrid_pub=pair.certificate_pem
        )
        await place.mark("hybrid", labels={HYBRID_KEY_LABEL: "retired"})

        await place.until_published(tls_crt=key.pair.certificate_pem)

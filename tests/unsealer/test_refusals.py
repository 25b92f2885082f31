"""What no SealedSecret may make, and the form before 2019, on the real server."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from gitopskit.kube.resources import SEALED_SECRETS
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE
from gitopskit.redaction import Plaintext
from gitopskit.sealing.envelope import seal_value
from tests.support.unsealer_cluster import Cluster
from tests.support.unsealing import SealingKey, synced, values_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealer_cluster import Running

TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 -- the name of a type
KEY_LABEL = {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}


def in_the_form_before_2019(
    key: SealingKey, place: tuple[str, str], secret: JsonObject
) -> JsonObject:
    """Return a SealedSecret whose one envelope holds a whole Secret."""
    namespace, name = place
    blob = seal_value(
        Plaintext(json.dumps({"kind": "Secret", **secret}).encode()),
        public_key=key.certificate.public_key,
        label=f"{namespace}/{name}".encode(),
    )
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"encryptedData": {}, "data": base64.b64encode(blob).decode()},
    }


async def test_a_token_of_a_service_account_is_made_only_where_that_is_allowed(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    account = {"kubernetes.io/service-account.name": "default"}
    content = key.seal(
        "token", cluster.namespace, {"extra": "1"}, type=TOKEN, metadata={"annotations": account}
    )
    async with unsealer():
        await cluster.create_sealed(content)
        await cluster.until_status("token", "False", containing=TOKEN)
        assert await cluster.secret("token") is None

    async with unsealer(allows_token_secrets=True):
        await cluster.until_status("token", "True")
        await cluster.until_items("token", {"extra", "token", "ca.crt", "namespace"})
        before = await cluster.secret("token")
        await cluster.create_sealed(key.seal("after", cluster.namespace, {"a": "1"}))
        await cluster.until_status("after", "True")

        assert await cluster.secret("token") == before


async def test_a_template_cannot_plant_a_sealing_key(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    at_home = Cluster(cluster.admin, UNSEALER_NAMESPACE)
    content = key.seal(
        "planted", UNSEALER_NAMESPACE, {"tls.key": "x"}, metadata={"labels": KEY_LABEL}
    )
    async with unsealer():
        created = await at_home.create_sealed(content)
        await at_home.until_status("planted", "False", containing="sealed-secrets-key")

        assert await at_home.secret("planted") is None
    await at_home.delete(SEALED_SECRETS, created)


async def test_the_form_before_2019_cannot_plant_one_either(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    at_home = Cluster(cluster.admin, UNSEALER_NAMESPACE)
    secret = {"metadata": {"labels": KEY_LABEL}, "data": {}}
    content = in_the_form_before_2019(key, (UNSEALER_NAMESPACE, "hidden"), secret)
    async with unsealer():
        created = await at_home.create_sealed(content)
        await at_home.until_status("hidden", "False", containing="sealed-secrets-key")

        assert await at_home.secret("hidden") is None
    await at_home.delete(SEALED_SECRETS, created)


async def test_a_managed_sealing_key_is_not_replaced(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    at_home = Cluster(cluster.admin, UNSEALER_NAMESPACE)
    managed = {"sealedsecrets.bitnami.com/managed": "true"}
    before = await at_home.patch_secret(key.name, {"metadata": {"annotations": managed}})
    async with unsealer():
        content = key.seal(
            key.name, UNSEALER_NAMESPACE, {"tls.key": "x", "tls.crt": "x"}, type="kubernetes.io/tls"
        )
        created = await at_home.create_sealed(content)
        await at_home.until_status(key.name, "False", containing="sealed-secrets-key")

        assert await at_home.secret(key.name) == before
    await at_home.delete(SEALED_SECRETS, created)


async def test_the_form_before_2019_is_unsealed(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    secret = {
        "metadata": {"name": "other", "labels": {"app": "shop"}},
        "type": "example.com/login",
        "data": {"a": base64.b64encode(b"1").decode()},
    }
    async with unsealer():
        await cluster.create_sealed(
            in_the_form_before_2019(key, (cluster.namespace, "old"), secret)
        )
        made = await cluster.until_values("old", {"a": "1"})

    assert made["type"] == "example.com/login"
    assert made["metadata"]["labels"] == {"app": "shop"}


async def test_both_forms_at_once_are_an_error(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    content = in_the_form_before_2019(key, (cluster.namespace, "twofold"), {})
    items = key.seal("twofold", cluster.namespace, {"a": "1"})["spec"]["encryptedData"]
    content["spec"]["encryptedData"] = items
    async with unsealer():
        await cluster.create_sealed(content)
        condition = await cluster.until_status("twofold", "False", containing="both set")

    assert condition["reason"] == "ErrUnsealFailed"


async def test_the_status_names_the_key_that_opened_it(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer():
        await cluster.create_sealed(key.seal("named", cluster.namespace, {"a": "1"}))
        await cluster.until_status("named", "True", containing=key.certificate.fingerprint)

    assert synced(await cluster.sealed("named"))["reason"] == "Unsealed"
    assert values_of(await cluster.secret("named") or {}) == {"a": "1"}

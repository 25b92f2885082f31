"""What the answers of a controller mean."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import orjson
import pytest

from gitopskit.errors import (
    ApiForbidden,
    EnvironmentFault,
    InputError,
    IntegrityFault,
    Undecryptable,
)
from gitopskit.kube.services import ServicePort
from gitopskit.sealedfiles.controller import Controller
from gitopskit.sealing.keys import read_certificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.sealed_secret import parse
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.fake_api import FakeApi, Reply
from tests.support.sealing import BORN, private_key_of, sealing_pair

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.keys import KeyPair
    from gitopskit.sealing.sealed_secret import SealedSecret
    from tests.support.fake_controller import FakeController

OLD, NEW = sealing_pair(0), sealing_pair(1)
PORT = ServicePort(namespace="kube-system", service="sealed-secrets-controller", port="http")
SCOPES = pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)


@pytest.fixture
def controller(api: KubeClient) -> Controller:
    return Controller(api=api, port=PORT)


def sealed_with(pair: KeyPair, *, scope: Scope = Scope.STRICT, **values: str) -> JsonObject:
    certificate = read_certificate(pair.certificate_pem, where="tls.crt", now=BORN)
    content = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop", "labels": {"team": "a"}},
        "stringData": values or {"b": "hunter2", "a": "x"},
    }
    return seal_secret(content, SealOptions(certificate=certificate, scope=scope))


def sealed(*, scope: Scope = Scope.STRICT) -> SealedSecret:
    return parse(sealed_with(OLD, scope=scope))


async def test_a_controller_without_a_certificate_is_told(
    fake: FakeController, controller: Controller
) -> None:
    fake.behaviour.pairs.clear()

    with pytest.raises(EnvironmentFault) as caught:
        await controller.fetch_certificate_pem()

    assert str(caught.value) == (
        "the controller did not give its certificate: it answered with HTTP status 500"
        " - Service/kube-system/sealed-secrets-controller"
    )


@SCOPES
async def test_a_sealed_secret_is_verified_by_whoever_has_a_key(
    fake: FakeController, controller: Controller, scope: Scope
) -> None:
    opens = await controller.verify(sealed(scope=scope))
    del fake.behaviour.pairs[0]
    opens_without_the_key = await controller.verify(sealed(scope=scope))

    assert opens
    assert not opens_without_the_key


@SCOPES
async def test_values_come_back_under_the_newest_key(
    fake: FakeController, controller: Controller, scope: Scope
) -> None:
    content = sealed_with(OLD, scope=scope)

    items = await controller.rotate(parse(content))

    text = {item: base64.b64encode(blob).decode() for item, blob in items.items()}
    renewed = content | {"spec": {"encryptedData": text}}
    secret = unseal_secret(renewed, keyring=Keyring([private_key_of(NEW)]))
    assert {item: value.reveal() for item, value in secret.data.items()} == {
        "a": b"x",
        "b": b"hunter2",
    }
    assert list(items) == list(content["spec"]["encryptedData"])
    assert [path for _, path, _ in fake.asked] == ["/v1/rotate"]


@pytest.mark.parametrize("call", ["verify", "rotate"])
async def test_a_template_is_never_sent(
    fake: FakeController, controller: Controller, call: str
) -> None:
    content = sealed_with(OLD, scope=Scope.NAMESPACE_WIDE)
    content["metadata"] |= {"labels": {"team": "a"}, "uid": "1"}
    content["metadata"]["annotations"]["note"] = "ours"
    content["spec"]["template"] |= {"data": {"url": "{{ .b }}"}, "type": "Opaque"}

    await getattr(controller, call)(parse(content))

    annotations = {"sealedsecrets.bitnami.com/namespace-wide": "true"}
    assert orjson.loads(fake.asked[0][2]) == {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "db", "namespace": "shop", "annotations": annotations},
        "spec": {"encryptedData": content["spec"]["encryptedData"]},
    }


@pytest.mark.parametrize("status", [409, 500])
async def test_what_cannot_be_sealed_again_has_no_reason(
    scripted: FakeApi, scripted_api: KubeClient, status: int
) -> None:
    scripted.reply(Reply(status=status, raw=b"key 4711 has the wrong size"))

    with pytest.raises(Undecryptable) as caught:
        await Controller(api=scripted_api, port=PORT).rotate(sealed())

    assert str(caught.value) == "the controller cannot open it - SealedSecret/shop/db"
    assert len(scripted.seen) == 1


async def test_the_real_ones_refusal_means_the_same(
    fake: FakeController, controller: Controller
) -> None:
    del fake.behaviour.pairs[0]

    with pytest.raises(Undecryptable):
        await controller.rotate(sealed())


def _cut(content: JsonObject) -> JsonObject:
    return content | {"spec": {"encryptedData": {"a": "AgAB", "b": "AgAB"}}}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>", "no SealedSecret"),
        (b"{}", "no SealedSecret"),
        (orjson.dumps(sealed_with(NEW, a="x")), "other items than it was sent"),
        (orjson.dumps(sealed_with(NEW, a="x", b="2", c="3")), "other items than it was sent"),
        (
            orjson.dumps(sealed_with(NEW, scope=Scope.CLUSTER_WIDE, a="x", b="hunter2")),
            "items that are bound to another place",
        ),
        (orjson.dumps(sealed_with(NEW, a="x", b="")), "values of other sizes for `b`"),
        (orjson.dumps(_cut(sealed_with(NEW))), "values of other sizes for `a`, `b`"),
    ],
    ids=["page", "object", "item lost", "item added", "scope lost", "value lost", "cut off"],
)
async def test_what_is_not_the_same_sealed_again_is_refused(
    scripted: FakeApi, scripted_api: KubeClient, body: bytes, told: str
) -> None:
    scripted.reply(Reply(raw=body))

    with pytest.raises(IntegrityFault) as caught:
        await Controller(api=scripted_api, port=PORT).rotate(sealed())

    assert str(caught.value) == f"the controller returned {told} - SealedSecret/shop/db"


async def test_a_busy_controller_is_asked_again(
    fake: FakeController, controller: Controller
) -> None:
    fake.behaviour.busy_answers = 2

    assert await controller.verify(sealed())
    assert len(fake.asked) == 3


@pytest.mark.parametrize("call", ["verify", "rotate"])
async def test_a_controller_that_stays_busy_is_left_for_later(
    fake: FakeController, controller: Controller, call: str
) -> None:
    fake.behaviour.busy_answers = 1000

    with pytest.raises(EnvironmentFault) as caught:
        await getattr(controller, call)(sealed())

    assert caught.value.hint == "it is busy: try again later"


async def test_a_sealed_secret_may_be_too_large(
    fake: FakeController, controller: Controller
) -> None:
    fake.behaviour.largest_body_bytes = 100

    with pytest.raises(InputError, match="larger than the controller takes"):
        await controller.verify(sealed())


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (404, "what answers there is no sealed-secrets controller"),
        (500, "look at the log of its pod"),
    ],
)
async def test_nothing_that_the_controller_says_is_quoted(
    scripted: FakeApi, scripted_api: KubeClient, status: int, hint: str
) -> None:
    scripted.reply(Reply(status=status, raw=b"hunter2"))

    with pytest.raises(EnvironmentFault) as caught:
        await Controller(api=scripted_api, port=PORT).verify(sealed())

    assert "hunter2" not in str(caught.value)
    assert caught.value.hint.startswith(hint)


async def test_a_service_with_nothing_behind_it_is_told(
    fake: FakeController, controller: Controller
) -> None:
    fake.behaviour.has_endpoints = False

    with pytest.raises(EnvironmentFault, match="nothing answers behind the Service") as caught:
        await controller.fetch_certificate_pem()

    assert caught.value.hint == "check that the controller's pod runs"


async def test_a_missing_right_to_the_proxy_is_named(
    fake: FakeController, controller: Controller
) -> None:
    fake.behaviour.forbids_proxy = True

    with pytest.raises(ApiForbidden, match="services/proxy"):
        await controller.verify(sealed())

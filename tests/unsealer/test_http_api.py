"""The HTTP interface as kubeseal and a kubelet ask it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import orjson
import pytest
import yaml

from gitopskit.kube.watch import Listed
from gitopskit.redaction import Plaintext
from gitopskit.sealing.envelope import seal_value
from gitopskit.sealing.hybrid_keys import hybrid_key_secret, new_hybrid_key
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.canary import Canary
from tests.support.hybrid import hybrid_certificate, hybrid_pair
from tests.support.raw_http import ask
from tests.support.sealing import private_key_of
from tests.support.unsealer_http import Served, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealing import SealingKey

POSTS = pytest.mark.parametrize("path", ["/v1/verify", "/v1/rotate"])


@pytest.fixture
async def served(key: SealingKey, second_key: SealingKey) -> AsyncIterator[Served]:
    async with serving(key, second_key) as running:
        yield running


@pytest.fixture
def sealed(key: SealingKey) -> JsonObject:
    return key.seal("db", "shop", {"password": "hunter2"}, metadata={"labels": {"team": "a"}})


async def test_it_is_alive_before_it_is_ready(served: Served) -> None:
    served.is_ready = False

    alive, ready = await served.get("/healthz"), await served.get("/readyz")

    assert (alive.status, alive.body) == (200, b"ok\n")
    assert (ready.status, ready.body) == (503, b"not ready\n")


async def test_it_is_ready_when_the_watches_are_listed(served: Served) -> None:
    ready = await served.get("/readyz")

    assert (ready.status, ready.body) == (200, b"ok\n")


async def test_a_kubelet_may_ask_on_the_port_for_metrics(served: Served) -> None:
    answers = [await ask(served.metrics_port, "GET", path) for path in ("/healthz", "/readyz")]

    assert [answer.status for answer in answers] == [200, 200]


async def test_the_newest_certificate_is_served(served: Served, second_key: SealingKey) -> None:
    raw = await served.get("/v1/cert.pem")

    assert (raw.status, raw.body) == (200, second_key.pair.certificate_pem)
    assert raw.headers["content-type"] == "application/x-pem-file"


async def test_without_a_key_there_is_no_certificate(served: Served, sealed: JsonObject) -> None:
    await served.hold()

    fetched, verified = await served.get("/v1/cert.pem"), await served.post("/v1/verify", sealed)
    rotated = await served.post("/v1/rotate", sealed)

    assert (fetched.status, verified.status, rotated.status) == (500, 409, 500)


async def test_an_expired_certificate_seals_nothing(served: Served, sealed: JsonObject) -> None:
    served.clock.advance(11 * 365 * 86400)

    fetched, rotated = await served.get("/v1/cert.pem"), await served.post("/v1/rotate", sealed)

    assert (fetched.status, rotated.status) == (200, 500)


async def test_an_expired_hybrid_key_keeps_no_rsa_item_from_being_sealed_again(
    served: Served, sealed: JsonObject
) -> None:
    short = new_hybrid_key(now=served.clock.now_utc(), days=1)
    secret = hybrid_key_secret(short, namespace="kube-system", name="hybrid")
    assert await served.keys.take(Listed(items=(secret,)), "hybrid_keys") == []
    served.clock.advance(2 * 86400)

    rotated = await served.post("/v1/rotate", sealed)

    assert rotated.status == 200


@pytest.mark.parametrize("dump", [orjson.dumps, lambda content: yaml.safe_dump(content).encode()])
async def test_what_a_key_opens_is_verified(
    served: Served, sealed: JsonObject, dump: object
) -> None:
    assert callable(dump)

    raw = await served.post("/v1/verify", dump(sealed))

    assert (raw.status, raw.body) == (200, b"")


async def test_what_no_key_opens_is_not(
    served: Served, sealed: JsonObject, second_key: SealingKey
) -> None:
    await served.hold(second_key)

    verified = await served.post("/v1/verify", sealed)
    rotated = await served.post("/v1/rotate", sealed)

    assert (verified.status, verified.body) == (409, b"")
    assert (rotated.status, rotated.body) == (409, b"")


async def test_values_are_sealed_again_to_the_newest_key(
    served: Served, sealed: JsonObject, second_key: SealingKey
) -> None:
    raw = await served.post("/v1/rotate", sealed)

    newest = Keyring((private_key_of(second_key.pair),))
    data = unseal_secret(orjson.loads(raw.body), keyring=newest).data
    assert raw.status == 200
    assert raw.headers["content-type"] == "application/json"
    assert data["password"].reveal() == b"hunter2"


async def test_hybrid_items_are_sealed_again_to_the_hybrid_key(
    served: Served, sealed: JsonObject
) -> None:
    secret = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid")
    public_key = hybrid_certificate().public_key
    blob = seal_value(Plaintext(b"quantum"), public_key=public_key, label=b"shop/db")
    sealed["spec"]["encryptedData"] = {"password": base64.b64encode(blob).decode()}
    before = await served.post("/v1/rotate", sealed)
    assert await served.keys.take(Listed(items=(secret,)), "hybrid_keys") == []

    raw = await served.post("/v1/rotate", sealed)

    keyring = Keyring((private_key_of(hybrid_pair()),))
    data = unseal_secret(orjson.loads(raw.body), keyring=keyring).data
    assert (before.status, raw.status) == (409, 200)
    assert data["password"].reveal() == b"quantum"


@POSTS
async def test_templates_are_never_rendered(served: Served, sealed: JsonObject, path: str) -> None:
    sealed["spec"]["template"]["data"] = {"url": "{{ .password }}{{ fail }}{{"}

    raw = await served.post(path, sealed)

    assert raw.status == 200
    assert b"hunter2" not in raw.body
    if path == "/v1/rotate":
        assert orjson.loads(raw.body)["spec"]["template"] == sealed["spec"]["template"]


@POSTS
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"hunter2", b"a: 1\n---\na: 2\n", b'{"kind":"Secret"}', b"\xff"],
)
async def test_anything_else_is_a_bad_request(served: Served, path: str, body: bytes) -> None:
    raw = await served.post(path, body)

    assert (raw.status, raw.body) == (400, b"this is not one SealedSecret\n")


@POSTS
async def test_before_the_keys_are_known_nothing_is_said_of_them(
    served: Served, sealed: JsonObject, path: str
) -> None:
    served.is_ready = False

    raw = await served.post(path, sealed)

    assert (raw.status, raw.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/healthz", "GET, HEAD"),
        ("POST", "/v1/cert.pem", "GET, HEAD"),
        ("GET", "/v1/verify", "POST"),
        ("PUT", "/v1/rotate", "POST"),
    ],
)
async def test_methods_are_checked(served: Served, method: str, path: str, allow: str) -> None:
    raw = await ask(served.port, method, path)

    assert (raw.status, raw.headers["allow"]) == (405, allow)


async def test_the_two_ports_have_their_own_paths(served: Served) -> None:
    metrics = await served.get("/metrics")
    certificate = await ask(served.metrics_port, "GET", "/v1/cert.pem")

    assert (metrics.status, certificate.status) == (404, 404)


async def test_requests_are_counted_by_known_paths_alone(
    served: Served, sealed: JsonObject
) -> None:
    await served.post("/v1/verify", sealed)
    await served.get("/hunter2")

    counted = await served.scraped("sealed_secrets_controller_http_requests_total")

    assert counted == {("200", "POST", "/v1/verify"): 1.0, ("404", "GET", "other"): 1.0}


async def test_no_value_leaves_it(
    served: Served, key: SealingKey, capsys: pytest.CaptureFixture[str]
) -> None:
    canary = Canary(b'correct-horse "battery" \\staple')
    sealed = key.seal("db", "shop", {"password": canary.value.decode()})

    answers = [await served.post(path, sealed) for path in ("/v1/verify", "/v1/rotate")]
    answers.append(await ask(served.metrics_port, "GET", "/metrics"))

    seen = [*(answer.body for answer in answers), "".join(capsys.readouterr()).encode()]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert [data for data in seen if canary.is_in(data)] == []


async def test_nothing_of_what_is_posted_is_logged(
    served: Served, sealed: JsonObject, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed["metadata"]["name"] = "hunter2"

    await served.post("/v1/rotate", sealed)
    await served.post("/v1/rotate", b"hunter2")

    assert "hunter2" not in "".join(capsys.readouterr())

"""Requests that the API server passes on to a Service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiError, ApiForbidden, ApiNotFound, InputError
from gitopskit.kube.services import ServicePort
from tests.support.fake_api import FakeApi, Reply, refusal

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from tests.support.clock import FakeClock

PORT = ServicePort(namespace="kube-system", service="sealed-secrets-controller", port="http")


@pytest.mark.parametrize(
    ("port", "target"),
    [("http", "http:sealer:http"), ("8080", "http:sealer:8080"), ("", "http:sealer:")],
    ids=["by name", "by number", "unnamed"],
)
async def test_a_service_is_named_as_roles_name_it(
    api: KubeClient, server: FakeApi, port: str, target: str
) -> None:
    server.reply(Reply(raw=b"hello"))
    sealer = ServicePort(namespace="shop", service="sealer", port=port)

    answer = await api.service_request("GET", sealer, "/v1/cert.pem")

    assert (answer.status, answer.body) == (200, b"hello")
    path = f"/api/v1/namespaces/shop/services/{target}/proxy/v1/cert.pem"
    assert [(seen.method, seen.path) for seen in server.seen] == [("GET", path)]


async def test_a_body_reaches_the_service_as_it_is(api: KubeClient, server: FakeApi) -> None:
    server.reply(Reply())

    await api.service_request("POST", PORT, "/v1/verify", body=b"---\n", content_type="text/yaml")

    assert server.seen[0].body == b"---\n"
    assert server.seen[0].headers["Content-Type"] == "text/yaml"


@pytest.mark.parametrize("status", [302, 400, 403, 404, 409, 500])
async def test_what_the_service_refuses_is_an_answer(
    api: KubeClient, server: FakeApi, status: int
) -> None:
    server.reply(Reply(status=status, raw=b"the service's own words"))

    answer = await api.service_request("POST", PORT, "/v1/rotate", body=b"{}")

    assert (answer.status, answer.body) == (status, b"the service's own words")
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, ApiForbidden), (404, ApiNotFound), (503, ApiError)],
    ids=["no right", "not found", "no endpoints"],
)
async def test_what_the_api_server_refuses_is_an_error(
    api: KubeClient, server: FakeApi, status: int, kind: type[ApiError]
) -> None:
    server.reply(refusal(status, reason="Reason", message="it says no"))

    with pytest.raises(kind) as caught:
        await api.service_request("POST", PORT, "/v1/verify", body=b"{}")

    assert str(caught.value) == "it says no - Service/kube-system/sealed-secrets-controller"
    assert caught.value.status == status


async def test_a_busy_service_is_asked_again(
    api: KubeClient, server: FakeApi, clock: FakeClock
) -> None:
    server.reply(Reply(status=429, headers={"Retry-After": "7"}), Reply(raw=b"done"))

    answer = await api.service_request("POST", PORT, "/v1/rotate", body=b"{}")

    assert (answer.status, answer.body) == (200, b"done")
    assert clock.sleeps == [7.0]


async def test_a_service_that_stays_busy_is_given_up(api: KubeClient, server: FakeApi) -> None:
    server.reply(Reply(status=429))

    answer = await api.service_request("POST", PORT, "/v1/rotate", body=b"{}")

    assert answer.status == 429
    assert len(server.seen) == 5


async def test_a_service_may_not_answer_without_end(api: KubeClient, server: FakeApi) -> None:
    server.reply(Reply(raw=bytes(2 * 1024 * 1024 + 1)))

    with pytest.raises(ApiError, match="the answer has more than 2097152 bytes"):
        await api.service_request("GET", PORT, "/v1/cert.pem")


@pytest.mark.parametrize(
    "port",
    [
        ServicePort(namespace="..", service="a"),
        ServicePort(namespace="shop", service="a/b"),
        ServicePort(namespace="shop", service="a:b"),
        ServicePort(namespace="shop", service=""),
        ServicePort(namespace="shop", service="a", port="b/proxy"),
    ],
    ids=["namespace", "slash", "colon", "no name", "port"],
)
async def test_a_name_that_would_change_the_path_is_refused(
    api: KubeClient, server: FakeApi, port: ServicePort
) -> None:
    with pytest.raises(InputError):
        await api.service_request("GET", port, "/v1/cert.pem")

    assert server.seen == []


@pytest.mark.parametrize("path", ["", "v1", "/../x", "/v1/./x", "/v1//x", "/v1?a=b", "/%2e%2e"])
async def test_a_path_that_is_read_in_two_ways_is_refused(
    api: KubeClient, server: FakeApi, path: str
) -> None:
    with pytest.raises(InputError, match="the path cannot be asked for"):
        await api.service_request("GET", PORT, path)

    assert server.seen == []

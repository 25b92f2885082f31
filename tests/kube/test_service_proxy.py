"""The service proxy of a real API server, with the controller of our tests behind it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiError, ApiForbidden
from gitopskit.kube.resources import ROLE_BINDINGS, SERVICE_ACCOUNTS, ResourceType
from gitopskit.kube.services import ServicePort
from gitopskit.process import Command, run_checked
from gitopskit.sealedfiles.controller import ControllerAddress, find_controller
from tests.support.fake_controller import FakeController
from tests.support.outside import machine_address, offer
from tests.support.polling import eventually
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from tests.conftest import ClientFactory

PAIR = sealing_pair()
ROLES = ResourceType(group="rbac.authorization.k8s.io", version="v1", plural="roles", kind="Role")


@pytest.fixture
def controller() -> Iterator[FakeController]:
    """A controller at an address of this machine that the API server agrees to proxy to."""
    host = machine_address()
    if not host:
        pytest.skip("this machine has no IPv4 address but the loopback's")
    with FakeController([PAIR], host=host) as running:
        yield running


async def _offer(admin: KubeClient, controller: FakeController, name: str, namespace: str) -> None:
    """Offer the controller as a Service, and wait until the API server has heard of it."""
    host, _, port = controller.url.removeprefix("http://").partition(":")
    await offer(admin, name, namespace, host=host, port=int(port))

    async def is_reached() -> bool:
        try:
            await admin.service_request("GET", _port(name, namespace), "/healthz")
        except ApiError:
            return False
        return True

    await eventually(is_reached)


def _port(name: str, namespace: str) -> ServicePort:
    return ServicePort(namespace=namespace, service=name, port="http")


async def test_the_proxy_leads_to_the_controller(
    admin: KubeClient, namespace: str, controller: FakeController
) -> None:
    await _offer(admin, controller, "sealer", namespace)
    address = ControllerAddress(name="sealer", namespace=namespace)

    found = await find_controller(admin, address, is_default=False)
    pem = await found.fetch_certificate_pem()

    assert pem == PAIR.certificate_pem


async def test_a_controllers_refusal_comes_through_as_it_is(
    admin: KubeClient, namespace: str, controller: FakeController
) -> None:
    await _offer(admin, controller, "refusing", namespace)

    answer = await admin.service_request(
        "POST", _port("refusing", namespace), "/v1/verify", body=b"{}"
    )

    assert (answer.status, answer.body) == (500, b"")
    assert controller.asked[-1] == ("POST", "/v1/verify", b"{}")


async def test_kubeseal_goes_the_same_way(
    admin: KubeClient,
    control_plane: ControlPlane,
    namespace: str,
    controller: FakeController,
    kubeseal: Path,
) -> None:
    await _offer(admin, controller, "theirs", namespace)
    flags = ("--controller-name", "theirs", "--controller-namespace", namespace)
    kubeconfig = control_plane.kubeconfig_path

    command = Command(
        argv=[str(kubeseal), "--kubeconfig", str(kubeconfig), "--fetch-cert", *flags],
        environment={},
    )
    fetched = await asyncio.to_thread(run_checked, command)

    assert fetched == PAIR.certificate_pem


async def test_a_service_that_is_missing_is_the_api_servers_refusal(
    admin: KubeClient, namespace: str
) -> None:
    with pytest.raises(ApiError, match='no endpoints available for service "nothing"') as caught:
        await admin.service_request("POST", _port("nothing", namespace), "/v1/verify", body=b"{}")

    assert caught.value.status == 503


async def test_a_service_that_does_not_listen_is_the_api_servers_refusal(
    admin: KubeClient, namespace: str, controller: FakeController
) -> None:
    await _offer(admin, controller, "dead", namespace)
    controller.close()

    with pytest.raises(ApiError, match="error trying to reach service") as caught:
        await admin.service_request("POST", _port("dead", namespace), "/v1/verify", body=b"{}")

    assert caught.value.status == 503


async def _account(admin: KubeClient, name: str, namespace: str) -> None:
    metadata = {"name": name, "namespace": namespace}
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    await admin.create(SERVICE_ACCOUNTS, body, field_manager="tests")


async def test_without_the_right_the_proxy_is_closed(
    admin: KubeClient, namespace: str, service_account_client: ClientFactory
) -> None:
    await _account(admin, "nobody", namespace)
    nobody = await service_account_client("nobody", namespace)

    with pytest.raises(ApiForbidden, match="services/proxy"):
        await nobody.service_request("POST", _port("any", namespace), "/v1/verify", body=b"{}")


async def test_a_right_to_one_port_of_one_service_is_enough(
    admin: KubeClient,
    namespace: str,
    controller: FakeController,
    service_account_client: ClientFactory,
) -> None:
    """The right as Bitnami's manifest grants it: by the name ``http:SERVICE:PORT``."""
    await _offer(admin, controller, "granted", namespace)
    await _account(admin, "somebody", namespace)
    await _grant(admin, "somebody", namespace, target="http:granted:http")
    somebody = await service_account_client("somebody", namespace)

    answer = await somebody.service_request(
        "POST", _port("granted", namespace), "/v1/verify", body=b"{}"
    )

    assert answer.status == 500


async def _grant(admin: KubeClient, account: str, namespace: str, *, target: str) -> None:
    metadata = {"name": account, "namespace": namespace}
    rule = {
        "apiGroups": [""],
        "resources": ["services/proxy"],
        "resourceNames": [target],
        "verbs": ["create"],
    }
    group = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]}
    binding = role | {
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": group, "kind": "Role", "name": account},
        "subjects": [{"kind": "ServiceAccount", **metadata}],
    }
    del binding["rules"]
    await admin.create(ROLES, role, field_manager="tests")
    await admin.create(ROLE_BINDINGS, binding, field_manager="tests")

    async def is_granted() -> bool:
        """Tell whether the authoriser has heard of it."""
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": f"system:serviceaccount:{namespace}:{account}",
                "resourceAttributes": {
                    "namespace": namespace,
                    "verb": "create",
                    "resource": "services",
                    "subresource": "proxy",
                    "name": target,
                },
            },
        }
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        answer = await admin.request("POST", path, body=review)
        return bool(answer["status"]["allowed"])

    await eventually(is_granted)

"""How the controller of a cluster is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiForbidden, InputError
from gitopskit.kube.services import ServicePort
from gitopskit.sealedfiles.controller import ControllerAddress, find_controller
from tests.support.fake_api import FakeApi, Reply, refusal
from tests.support.fake_controller import FakeController, service
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient

DEFAULT = ControllerAddress()
NEW = sealing_pair(1)
PORT = ServicePort(namespace="kube-system", service="sealed-secrets-controller", port="http")
CHART = {"app.kubernetes.io/name": "sealed-secrets"}
MANIFEST = {"name": "sealed-secrets-controller"}
OURS = {"app.kubernetes.io/name": "gitopskit-unsealer"}


async def test_the_controller_at_the_usual_address_is_found(api: KubeClient) -> None:
    found = await find_controller(api, DEFAULT, is_default=True)

    assert found.port == PORT
    assert await found.fetch_certificate_pem() == NEW.certificate_pem


async def test_a_port_without_a_name_is_found(fake: FakeController, api: KubeClient) -> None:
    fake.behaviour.port_name = ""

    found = await find_controller(api, DEFAULT, is_default=True)

    assert await found.fetch_certificate_pem() == NEW.certificate_pem


@pytest.mark.parametrize("labels", [CHART, MANIFEST, OURS], ids=["chart", "manifest", "ours"])
@pytest.mark.parametrize("namespace", ["kube-system", "sealing"])
async def test_a_controller_elsewhere_is_found_by_its_labels(
    fake: FakeController, api: KubeClient, labels: dict[str, str], namespace: str
) -> None:
    fake.behaviour.is_missing = True
    fake.behaviour.more_services = [
        service("sealer", namespace, port_name="web", labels=labels),
        service("sealer-metrics", namespace, port_name="metrics", labels=labels),
        service("other", namespace, labels={"name": "other"}),
    ]

    found = await find_controller(api, DEFAULT, is_default=True)

    assert found.port == ServicePort(namespace=namespace, service="sealer", port="web")


async def test_a_controller_beside_the_usual_address_comes_before_one_elsewhere(
    fake: FakeController, api: KubeClient
) -> None:
    fake.behaviour.is_missing = True
    fake.behaviour.more_services = [
        service("a", "sealing", labels=CHART),
        service("b", "kube-system", labels=CHART),
    ]

    found = await find_controller(api, DEFAULT, is_default=True)

    assert found.port.service == "b"


async def test_bitnamis_controller_comes_before_ours(fake: FakeController, api: KubeClient) -> None:
    fake.behaviour.is_missing = True
    fake.behaviour.more_services = [
        service("ours", "kube-system", labels=OURS),
        service("theirs", "sealing", labels=CHART),
    ]

    found = await find_controller(api, DEFAULT, is_default=True)

    assert found.port.service == "theirs"


async def test_our_controller_is_found_without_a_look_into_all_namespaces(
    fake: FakeController, api: KubeClient
) -> None:
    fake.behaviour.is_missing = True
    fake.behaviour.forbids_all_namespaces = True
    fake.behaviour.more_services = [service("ours", "kube-system", labels=OURS)]

    found = await find_controller(api, DEFAULT, is_default=True)

    assert found.port.service == "ours"


async def test_of_several_controllers_none_is_guessed(
    fake: FakeController, api: KubeClient
) -> None:
    fake.behaviour.is_missing = True
    fake.behaviour.more_services = [
        service("b", "two", labels=CHART),
        service("a", "one", labels=CHART),
    ]

    with pytest.raises(InputError) as caught:
        await find_controller(api, DEFAULT, is_default=True)

    assert str(caught.value) == (
        "there are several sealed-secrets controllers: Service/one/a, Service/two/b"
    )
    assert caught.value.hint == (
        "say where it is with --controller-name and --controller-namespace"
    )


async def test_that_there_is_no_controller_is_told_with_the_flags(
    fake: FakeController, api: KubeClient
) -> None:
    fake.behaviour.is_missing = True
    fake.behaviour.forbids_all_namespaces = True

    with pytest.raises(InputError) as caught:
        await find_controller(api, DEFAULT, is_default=True)

    assert str(caught.value) == (
        "there is no sealed-secrets controller - Service/kube-system/sealed-secrets-controller"
    )
    assert "--controller-namespace" in caught.value.hint


async def test_an_address_that_was_chosen_is_not_replaced(
    fake: FakeController, api: KubeClient
) -> None:
    fake.behaviour.more_services = [service("other", "sealing", labels=CHART)]
    address = ControllerAddress(name="sealer", namespace="sealing")

    with pytest.raises(InputError, match="no sealed-secrets controller - Service/sealing/sealer"):
        await find_controller(api, address, is_default=False)

    assert len(fake.seen) == 1


async def test_a_controller_is_found_though_the_usual_address_may_not_be_read(
    scripted: FakeApi, scripted_api: KubeClient
) -> None:
    scripted.reply(
        refusal(403), Reply(json={"items": [service("sealer", "sealing", labels=CHART)]})
    )

    found = await find_controller(scripted_api, DEFAULT, is_default=True)

    assert found.port.service == "sealer"


@pytest.mark.parametrize("is_default", [True, False])
async def test_that_we_may_not_look_is_told(
    scripted: FakeApi, scripted_api: KubeClient, *, is_default: bool
) -> None:
    scripted.reply(refusal(403, message="services is forbidden"))

    with pytest.raises(ApiForbidden, match="services is forbidden"):
        await find_controller(scripted_api, DEFAULT, is_default=is_default)


async def test_a_service_without_a_port_is_no_controller(
    scripted: FakeApi, scripted_api: KubeClient
) -> None:
    scripted.reply(Reply(json=service("a", "b", labels={}) | {"spec": {}}))

    with pytest.raises(InputError, match="the Service has no port - Service/b/a"):
        await find_controller(scripted_api, DEFAULT, is_default=True)


@pytest.mark.parametrize(
    "address",
    [ControllerAddress(name="a/../b"), ControllerAddress(namespace="")],
    ids=["name", "namespace"],
)
async def test_an_address_that_cannot_be_one_is_not_asked_for(
    fake: FakeController, api: KubeClient, address: ControllerAddress
) -> None:
    with pytest.raises(InputError, match="of the controller"):
        await find_controller(api, address, is_default=False)

    assert fake.seen == []

"""Bootstrap on a real API server: what it installs, and what it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiNotFound, InputError, IntegrityFault, OwnershipConflict
from gitopskit.kube.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    SECRETS,
    ResourceType,
)
from gitopskit.sealing.keys import KEY_LABEL, key_secret, new_sealing_key, read_private_keys
from gitopskit.workflows import bootstrap, first_key
from gitopskit.workflows.bootstrap import Bootstrap
from gitopskit.workflows.first_objects import FirstObjects
from gitopskit.workflows.unsealer_installation import UnsealerInstallation
from gitopskit.workflows.unsealer_manifests import unsealer_files

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.workflows.bootstrap import BootstrapPlan

_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_CLUSTER_ROLES = ResourceType(
    group="rbac.authorization.k8s.io",
    version="v1",
    plural="clusterroles",
    kind="ClusterRole",
    is_namespaced=False,
)


def _objects(
    url: str = "https://git.example.com/shop.git", *, known_hosts: str = ""
) -> FirstObjects:
    return FirstObjects(
        environment="prod",
        repo_url=url,
        target_revision="main",
        image="registry.example.com/gitopskit:0.1.0",
        known_hosts=known_hosts,
    )


def _actions(plan: BootstrapPlan) -> set[str]:
    return {step.action for step in plan.steps}


async def test_a_second_run_changes_nothing_and_makes_no_second_key(
    bare_admin: KubeClient,
) -> None:
    url, known_hosts = "ssh://git@git.example.com/shop.git", "git.example.com ssh-ed25519 AAAA"
    with pytest.raises(InputError, match="which host keys"):
        await bootstrap.plan(bare_admin, Bootstrap(objects=_objects(url)), now=_NOW)
    request = Bootstrap(objects=_objects(url, known_hosts=known_hosts))
    first = await bootstrap.plan(bare_admin, request, now=_NOW)
    await bootstrap.apply(bare_admin, first.steps, clock=bare_admin.clock)

    second = await bootstrap.plan(bare_admin, request, now=_NOW)

    assert _actions(first) <= {"create"}
    assert first.makes_sealing_key
    assert _actions(second) == {"unchanged"}
    assert second.certificate_pem == first.certificate_pem
    assert first.deploy_key.startswith("ssh-ed25519 ")
    assert second.deploy_key == ""
    root = await bare_admin.get(APPLICATIONS, "root-prod", "argocd")
    assert root["spec"]["project"] == "gitopskit-root"


async def test_the_unsealer_that_the_repository_holds_is_installed_where_it_says(
    bare_admin: KubeClient,
) -> None:
    wanted = UnsealerInstallation(
        namespace="sealing", mode="namespaces", watch_namespaces=("not-there-yet",)
    )
    files = unsealer_files(wanted, image="registry.example.com/gitopskit:0.1.0")
    held = tuple(content for contents in files.values() for content in contents)
    request = Bootstrap(objects=_objects(), unsealer=held)

    plan = await bootstrap.plan(bare_admin, request, now=_NOW)
    await bootstrap.apply(bare_admin, plan.steps, clock=bare_admin.clock)

    later = [str(step.ref) for step in plan.steps if step.action == "later"]
    assert later == [
        "Role/not-there-yet/gitopskit-unsealer",
        "RoleBinding/not-there-yet/gitopskit-unsealer",
    ]
    assert plan.unsealer_namespace == "sealing"
    [key] = (await bare_admin.list(SECRETS, "sealing", label_selector=KEY_LABEL)).items
    published = await bare_admin.get(CONFIG_MAPS, "gitopskit-sealing-certificate", "sealing")
    assert published["data"]["tls.crt"].encode() == plan.certificate_pem
    assert key["metadata"]["name"] == "sealed-secrets-key-prod"


async def test_the_certificate_that_the_unsealer_published_is_left_as_it_is(
    bare_admin: KubeClient,
) -> None:
    """Which of several keys seals is the unsealer's to say."""
    request = Bootstrap(objects=_objects())
    first = await bootstrap.plan(bare_admin, request, now=_NOW)
    await bootstrap.apply(bare_admin, first.steps, clock=bare_admin.clock)
    newer = new_sealing_key(now=_NOW + timedelta(days=1), size_bits=2048)
    secret = key_secret(newer, namespace="kube-system", name="newer")
    await bare_admin.create(SECRETS, secret, field_manager="somebody")

    second = await bootstrap.plan(bare_admin, request, now=_NOW)

    assert _actions(second) == {"unchanged"}
    assert second.certificate_pem == first.certificate_pem


async def test_an_object_of_somebody_else_stops_it_before_the_first_write(
    bare_admin: KubeClient,
) -> None:
    foreign = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "gitopskit-applier"},
        "rules": [],
    }
    await bare_admin.create(_CLUSTER_ROLES, foreign, field_manager="somebody")
    plan = await bootstrap.plan(bare_admin, Bootstrap(objects=_objects()), now=_NOW)

    with pytest.raises(OwnershipConflict, match="ClusterRole/gitopskit-applier"):
        await bootstrap.apply(bare_admin, plan.steps, clock=bare_admin.clock)

    with pytest.raises(ApiNotFound):
        await bare_admin.get(CUSTOM_RESOURCE_DEFINITIONS, "applications.argoproj.io")


async def test_a_definition_that_is_there_already_is_kept(bare_admin: KubeClient) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    foreign = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": "applications.argoproj.io",
            "annotations": {
                "api-approved.kubernetes.io": "unapproved",
            },
        },
        "spec": {
            "group": "argoproj.io",
            "scope": "Namespaced",
            "names": {"plural": "applications", "kind": "Application"},
            "versions": [version],
        },
    }
    await bare_admin.create(CUSTOM_RESOURCE_DEFINITIONS, foreign, field_manager="somebody")

    plan = await bootstrap.plan(bare_admin, Bootstrap(objects=_objects()), now=_NOW)
    await bootstrap.apply(bare_admin, plan.steps, clock=bare_admin.clock)

    kept = [step.ref.name for step in plan.steps if step.action == "keep"]
    assert kept == ["applications.argoproj.io"]
    live = await bare_admin.get(CUSTOM_RESOURCE_DEFINITIONS, "applications.argoproj.io")
    assert live["spec"]["versions"][0]["schema"]["openAPIV3Schema"] == schema


def _requiring_backup() -> tuple[JsonObject, ...]:
    wanted = UnsealerInstallation(requires_key_backup=True)
    files = unsealer_files(wanted, image="registry.example.com/gitopskit:0.1.0")
    return tuple(content for contents in files.values() for content in contents)


def test_no_key_is_made_that_would_seal_before_it_has_a_backup() -> None:
    request = Bootstrap(objects=_objects(), unsealer=_requiring_backup()).first_key

    with pytest.raises(InputError, match="would seal without a backup") as caught:
        first_key.refuse_key_without_backup(request, b"", _requiring_backup())

    assert "gitopskit keys new" in caught.value.hint


@pytest.mark.parametrize("is_required", [True, False], ids=["required", "not"])
def test_a_key_that_was_given_counts_as_backed_up(is_required: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    pair = new_sealing_key(now=_NOW, size_bits=2048)
    request = Bootstrap(objects=_objects(), sealing_key=pair.private_pem).first_key
    unsealer = _requiring_backup() if is_required else ()

    first_key.refuse_key_without_backup(request, b"", unsealer)
    written = first_key.key_to_write(pair, request, namespace="kube-system", now=_NOW)

    assert written["metadata"]["annotations"] == {
        "gitopskit.io/key-backed-up": "2026-11-23T00:00:00Z"
    }


def test_a_key_that_is_made_has_no_backup_yet() -> None:
    pair = new_sealing_key(now=_NOW, size_bits=2048)
    request = Bootstrap(objects=_objects()).first_key

    first_key.refuse_key_without_backup(request, b"", ())
    written = first_key.key_to_write(pair, request, namespace="kube-system", now=_NOW)

    assert "annotations" not in written["metadata"]
    assert written["metadata"]["name"] == "sealed-secrets-key-prod"


def test_a_committed_certificate_needs_its_key() -> None:
    pair = new_sealing_key(now=_NOW, size_bits=2048)
    without_key = Bootstrap(objects=_objects(), committed_certificate=pair.certificate_pem)

    with pytest.raises(InputError, match="neither the cluster nor you have its key"):
        first_key.pair_to_install(without_key.first_key, b"", now=_NOW)


def test_a_key_of_another_certificate_is_refused() -> None:
    pair, other = (new_sealing_key(now=_NOW, size_bits=2048) for _ in range(2))
    request = Bootstrap(
        objects=_objects(),
        committed_certificate=pair.certificate_pem,
        sealing_key=other.private_pem,
    )

    with pytest.raises(InputError, match="is not that of the committed certificate"):
        first_key.pair_to_install(request.first_key, b"", now=_NOW)


def test_the_key_in_the_cluster_is_kept() -> None:
    request = Bootstrap(objects=_objects())

    assert first_key.pair_to_install(request.first_key, b"certificate", now=_NOW) is None


def test_a_key_that_the_cluster_would_not_get_is_refused() -> None:
    """Passing over it would leave what is sealed to it closed for ever."""
    mine, theirs = (new_sealing_key(now=_NOW, size_bits=2048) for _ in range(2))
    request = Bootstrap(objects=_objects(), sealing_key=mine.private_pem)
    live = read_private_keys(theirs.private_pem.reveal(), where="live")

    with pytest.raises(IntegrityFault, match="has a sealing key already"):
        first_key.refuse_another_key(request.first_key, live)


def test_a_key_that_the_cluster_has_already_is_accepted() -> None:
    mine, theirs = (new_sealing_key(now=_NOW, size_bits=2048) for _ in range(2))
    request = Bootstrap(objects=_objects(), sealing_key=mine.private_pem)
    live = [
        key
        for pair in (theirs, mine)
        for key in read_private_keys(pair.private_pem.reveal(), where="live")
    ]

    first_key.refuse_another_key(request.first_key, live)


def test_a_certificate_whose_key_the_cluster_lacks_is_not_replaced() -> None:
    mine, theirs = (new_sealing_key(now=_NOW, size_bits=2048) for _ in range(2))
    request = Bootstrap(objects=_objects(), committed_certificate=mine.certificate_pem)
    live = read_private_keys(theirs.private_pem.reveal(), where="live")

    with pytest.raises(IntegrityFault, match="is not of a sealing key that the cluster has"):
        first_key.refuse_another_certificate(request.first_key, live)


def test_an_older_certificate_of_the_cluster_is_accepted() -> None:
    mine, theirs = (new_sealing_key(now=_NOW, size_bits=2048) for _ in range(2))
    request = Bootstrap(objects=_objects(), committed_certificate=mine.certificate_pem)
    live = [
        key
        for pair in (theirs, mine)
        for key in read_private_keys(pair.private_pem.reveal(), where="live")
    ]

    first_key.refuse_another_certificate(request.first_key, live)

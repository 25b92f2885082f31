"""A project that wants signatures applies nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import CONFIG_MAPS
from tests.support.reconciling import World, config_map, text
from tests.support.signing import gpg_signer, ssh_signer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from gitopskit.kube.client import KubeClient
    from gitopskit.reconciler.loop import Controller
    from tests.support.signing import Signer

    Running = Callable[[], AbstractAsyncContextManager[Controller]]

UNSIGNED = "is not signed by a key that the project trusts"


def _commit(world: World, name: str, value: str) -> str:
    return world.repository.commit({"app/cm.yaml": text(config_map(name, key=value))})


async def test_only_commits_signed_with_a_named_ssh_key_are_applied(
    world: World, reconciler: Running, unique: str, tmp_path: Path
) -> None:
    signer = ssh_signer(tmp_path)
    await world.project(unique, annotations={"gitopskit.io/ssh-signers": signer.public})
    await world.application(unique, project=unique)
    _commit(world, "by-ssh", "signed")
    signed = signer.sign(world.repository)

    async with reconciler():
        await world.until_synced(unique, revision=signed)
        _commit(world, "by-ssh", "unsigned")
        message = await world.until_condition(unique, "ComparisonError", UNSIGNED)
        assert await world.data("by-ssh") == {"key": "signed"}
        last = signer.sign(world.repository)
        await world.until_synced(unique, revision=last)

    assert "AppProject" in message
    assert await world.data("by-ssh") == {"key": "unsigned"}


@pytest.fixture
async def gpg_user(admin: KubeClient, world: World) -> AsyncIterator[Signer]:  # noqa: ARG001 -- its namespace is there
    with gpg_signer() as signer:
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "argocd-gpg-keys-cm", "namespace": "argocd"},
            "data": {signer.key_id: signer.public},
        }
        made = await admin.create(CONFIG_MAPS, body, field_manager="tests")
        yield signer
        await admin.delete(CONFIG_MAPS, "argocd-gpg-keys-cm", "argocd", uid=made["metadata"]["uid"])


async def test_only_commits_signed_with_a_named_gpg_key_are_applied(
    world: World, reconciler: Running, unique: str, gpg_user: Signer
) -> None:
    await world.project(unique, signatureKeys=[{"keyID": gpg_user.key_id}])
    await world.application(unique, project=unique)
    _commit(world, "by-gpg", "unsigned")

    async with reconciler():
        await world.until_condition(unique, "ComparisonError", UNSIGNED)
        assert await world.data("by-gpg") is None
        signed = gpg_user.sign(world.repository)
        await world.until_synced(unique, revision=signed)


async def test_a_rule_that_names_nobody_lets_nobody_in(
    world: World, reconciler: Running, unique: str
) -> None:
    await world.project(unique, annotations={"gitopskit.io/ssh-signers": ""})
    await world.application(unique, project=unique)
    _commit(world, "by-nobody", "unsigned")

    async with reconciler():
        await world.until_condition(unique, "InvalidSpecError", "gitopskit.io/ssh-signers")

    assert await world.data("by-nobody") is None

"""With the shipped rights: nothing is sealed to a key that exists once."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from gitopskit.kube.resources import CONFIG_MAPS, SECRETS
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP
from gitopskit.unsealer.key_life import KeyLifeOptions
from tests.support.key_backups import recipient
from tests.support.key_life import KeyNamespace

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealer_cluster import Cluster, Running
    from tests.support.unsealing import SealingKey

_CAREFUL: Final = KeyLifeOptions(requires_backup=True, size_bits=2048)


@pytest.fixture
async def place(
    cluster: Cluster,
    control_plane: ControlPlane,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> KeyNamespace:
    """The namespace of the sealing keys, with nothing published, and a person's kubeconfig."""
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig_path))
    monkeypatch.chdir(tmp_path)
    place = KeyNamespace(cluster.admin, "kube-system")
    published = await place.published()
    if published is not None:
        uid = published["metadata"]["uid"]
        await cluster.admin.delete(CONFIG_MAPS, CERTIFICATE_CONFIG_MAP, place.name, uid=uid)
    return place


def _certificate(secret: JsonObject) -> bytes:
    return base64.b64decode(secret["data"]["tls.crt"])


async def _backup() -> int:
    arguments = ["keys", "backup", "keys.age", "--recipient", recipient()]
    return await asyncio.to_thread(app.run, arguments)


async def test_the_first_key_seals_nothing_before_it_is_backed_up(
    cluster: Cluster, place: KeyNamespace, unsealer: Running, key: SealingKey
) -> None:
    await cluster.delete(SECRETS, await cluster.admin.get(SECRETS, key.name, place.name))

    async with unsealer(makes_keys=True, key_life=_CAREFUL):
        await place.until_states("pending")
        before = await place.published()
        code = await _backup()
        await place.until_states("active")
        (secret,) = (await place.secrets()).values()
        await place.until_published(tls_crt=_certificate(secret))

    assert code == 0
    assert before is None


async def test_a_new_key_seals_once_it_is_backed_up_and_the_old_one_until_then(
    cluster: Cluster, place: KeyNamespace, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer(makes_keys=True, key_life=_CAREFUL):
        await place.until_states("active", "pending")
        await place.until_published(tls_crt=key.pair.certificate_pem)
        assert await _backup() == 0
        (name,) = (await place.secrets()).keys() - {key.name}
        made = (await place.secrets())[name]
        await place.until_published(tls_crt=_certificate(made))
        await cluster.create_sealed(key.seal("older", cluster.namespace, {"a": "1"}))
        await cluster.until_values("older", {"a": "1"})

    assert await place.states() == ["active", "active"]

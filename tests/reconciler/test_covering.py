"""How often the API server is asked which kinds it has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.inventories import Inventories
from gitopskit.reconciler.live import LiveObjects
from gitopskit.reconciler.permissions import Permissions
from gitopskit.reconciler.state import Registry
from gitopskit.reconciler.syncing import Syncer
from gitopskit.reconciler.writer import Writer
from tests.support.desiring import desired
from tests.support.fake_api import FakeApi, Reply
from tests.support.tracking import tracked

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient

DOCUMENTS = 2
"""In so many answers the API server tells which kinds it has."""

SECRETS = {"resource": "secrets", "responseKind": {"kind": "Secret"}, "scope": "Namespaced"}
CORE = {"items": [{"metadata": {}, "versions": [{"version": "v1", "resources": [SECRETS]}]}]}


@pytest.fixture
def syncer(scripted_api: KubeClient) -> Syncer:
    registry, permissions = Registry(), Permissions(scripted_api)
    live = LiveObjects(
        scripted_api,
        registry=registry,
        permissions=permissions,
        on_change=lambda _ref, _before, _after: None,
    )
    return Syncer(
        scripted_api,
        registry=registry,
        writer=Writer(scripted_api, live=live, permissions=permissions),
        live=live,
        inventories=Inventories(scripted_api),
    )


@pytest.mark.parametrize(
    ("kind", "version", "times"),
    [
        pytest.param("Secret", "v1", 1, id="known"),
        pytest.param("Secret", "v2", 2, id="another-version"),
        pytest.param("Absent", "v1", 1, id="not-known-at-all"),
    ],
)
async def test_kinds_are_asked_for_anew_where_another_version_is_named(
    scripted: FakeApi, syncer: Syncer, kind: str, version: str, times: int
) -> None:
    scripted.reply(Reply(json=CORE))
    ref = ObjectRef("", kind, "shop", "one")

    await syncer.cover(tracked(), [replace(desired(), ref=ref, content={"apiVersion": version})])

    assert len(scripted.seen) == times * DOCUMENTS

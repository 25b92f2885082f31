"""Receivers and their Secrets, for tests of alerts."""

from __future__ import annotations

import base64
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from gitopskit.kube.resources import CONFIG_MAPS, SECRETS
from gitopskit.reconciler.alert_receivers import Receiver, Receivers, parse_receivers
from gitopskit.reconciler.names import ALERTS, ALERTS_TOLD, SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from gitopskit.manifests.json_types import JsonObject
    from tests.support.receiving import Inbox
    from tests.support.reconciling import World


def secret_data(items: Mapping[str, str]) -> JsonObject:
    """Return the data of a Secret."""
    return {name: base64.b64encode(value.encode()).decode() for name, value in items.items()}


def parsed(text: str, secrets: Mapping[str, str] | None = None) -> Receivers:
    """Return what one item of the ConfigMap describes."""
    return parse_receivers({"data": {"team": text}}, {"data": secret_data(secrets or {})})


def receiver(text: str, secrets: Mapping[str, str] | None = None) -> Receiver:
    """Return the one receiver that a text describes, which must be understood."""
    found = parsed(text, secrets)
    assert found.problems == ()
    return found.known["team"]


@asynccontextmanager
async def receivers(world: World, unique: str, **boxes: Inbox) -> AsyncIterator[None]:
    """Describe receivers for the length of a block: they are told of one test's Applications."""
    data = dict.fromkeys(boxes, f"{{kind: webhook, applications: ['{unique}*']}}")
    urls = secret_data({f"{name}.url": box.url for name, box in boxes.items()})
    metadata = {"name": ALERTS, "namespace": SYSTEM_NAMESPACE}
    for kind, content in ((CONFIG_MAPS, data), (SECRETS, urls)):
        body: JsonObject = {
            "apiVersion": "v1",
            "kind": kind.kind,
            "metadata": metadata,
            "data": content,
        }
        await world.admin.create(kind, body, field_manager="tests")
    try:
        yield
    finally:
        for kind, name in ((CONFIG_MAPS, ALERTS), (SECRETS, ALERTS), (CONFIG_MAPS, ALERTS_TOLD)):
            held = await world.get(kind, name, SYSTEM_NAMESPACE)
            if held is not None:
                uid = held["metadata"]["uid"]
                await world.admin.delete(kind, name, SYSTEM_NAMESPACE, uid=uid)


async def is_recorded(world: World, words: str, *, is_there: bool = True) -> bool:
    """Tell whether the record of what was told has some words, or has them not."""
    held = await world.get(CONFIG_MAPS, ALERTS_TOLD, SYSTEM_NAMESPACE)
    if held is None:
        return False
    record = "\n".join((held.get("data") or {}).values())
    return (words in record) is is_there

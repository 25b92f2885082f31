"""What is passed on: the leader hears here of the deliveries that reached another replica.

One that it finds when it begins may be older than its first look at Git, or newer, so it counts.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler import names
from gitopskit.reconciler.one_object import states
from gitopskit.reconciler.pushes import news

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.kube.client import KubeClient
    from gitopskit.reconciler.webhook_api import Heed


async def follow(api: KubeClient, *, heed: Heed) -> None:
    """Heed what other replicas record, for ever."""
    known: Mapping[str, str] = {}
    found = states(api, CONFIG_MAPS, names.PUSHES, namespace=names.SYSTEM_NAMESPACE)
    async with aclosing(found):
        async for content in found:
            record = (content or {}).get("data") or {}
            places = news(record, known)
            if places:
                heed(places)
            known = record

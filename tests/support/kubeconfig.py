"""Kubeconfigs as tests write and load them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gitopskit.kube.credentials import Connection, load_connection

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.clock import Clock
    from gitopskit.manifests.json_types import JsonObject


def written(content: JsonObject | str, folder: Path, name: str = "kubeconfig") -> str:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def with_user(kubeconfig: JsonObject, **user: object) -> JsonObject:
    return kubeconfig | {"users": [{"name": "jane", "user": user}]}


async def loaded(path: str, clock: Clock, *, context: str = "") -> Connection:
    return await load_connection(kubeconfig=path, context=context, environment={}, clock=clock)

"""Deliveries of webhooks as forges send them, signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from tests.support.raw_http import Raw, ask

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

SECRET = "canary-of-a-webhook"  # noqa: S105 -- of the test's own sender


def webhook_secret(**items: str) -> JsonObject:
    """Return the Secret that holds what senders know."""
    encoded = {name: base64.b64encode(value.encode()).decode() for name, value in items.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "gitopskit-webhooks", "namespace": "argocd"},
        "data": encoded,
    }


def push_of(url: str) -> bytes:
    """Return the body of a push event."""
    return json.dumps({"ref": "refs/heads/main", "repository": {"clone_url": url}}).encode()


async def deliver(port: int, body: bytes, *, secret: str = SECRET) -> Raw:
    """Send a delivery as GitHub does."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Event": "push"}
    return await ask(port, "POST", "/api/webhook", body=body, headers=headers)

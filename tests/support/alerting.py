"""Receivers and their Secrets, for tests of alerts."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from gitopskit.reconciler.alert_receivers import Receiver, Receivers, parse_receivers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject


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

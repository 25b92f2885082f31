"""Claims, wanted Secrets and Secrets of a cluster, for tests of what is decided."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from gitopskit.redaction import Plaintext
from gitopskit.sealing.unseal import UnsealedSecret
from gitopskit.unsealer.claim import Claim
from gitopskit.unsealer.decide import Refuse
from gitopskit.unsealer.live_secret import LiveSecret

if TYPE_CHECKING:
    from gitopskit.errors import GitopskitError
    from gitopskit.manifests.json_types import JsonObject, JsonValue

SEALED: Final = Claim(name="db", uid="sealed-uid")
SYNCED: Final = Claim(name="db", uid="sealed-uid", has_written=True, is_written=True)
MAY_RECREATE: Final = Claim(name="db", uid="sealed-uid", may_recreate=True)
OURS: Final = {
    "apiVersion": "bitnami.com/v1alpha1",
    "kind": "SealedSecret",
    "name": "db",
    "uid": "sealed-uid",
    "controller": True,
}


def unsealed(**changes: JsonValue) -> UnsealedSecret:
    fields: dict[str, Any] = {
        "name": "db",
        "namespace": "shop",
        "metadata": {"name": "db", "namespace": "shop"},
        "type": "Opaque",
        "immutable": None,
        "data": {"password": Plaintext(b"sealed")},
    }
    return UnsealedSecret(**{**fields, **changes})


def live(*, data: dict[str, bytes] | None = None, **changes: JsonValue) -> LiveSecret:
    """Return the Secret as the unsealer leaves it, changed in some parts."""
    metadata = {
        "name": "db",
        "namespace": "shop",
        "uid": "secret-uid",
        "resourceVersion": "7",
        "ownerReferences": [OURS],
    }
    values = {"password": b"sealed"} if data is None else data
    content: JsonObject = {
        "metadata": {**metadata, **changes.pop("metadata", {})},
        "type": "Opaque",
        "data": {key: base64.b64encode(value).decode() for key, value in values.items()},
        **changes,
    }
    return LiveSecret.of(content)


def error_of(decision: object) -> GitopskitError:
    assert isinstance(decision, Refuse)
    return decision.error

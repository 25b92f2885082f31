"""New hybrid keys, and the Secret by which the unsealer finds one.

What is read of them is read in keys.py, as for any sealing key.
"""

from __future__ import annotations

import base64
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from gitopskit.errors import UnusableKey
from gitopskit.manifests.settled_names import HYBRID_KEY_LABEL, HYBRID_KEY_TYPE
from gitopskit.sealing.hybrid import HybridPrivateKey, new_seed
from gitopskit.sealing.hybrid_pem import PRIVATE_ITEM, PUBLIC_ITEM, dump_private, dump_public
from gitopskit.sealing.keys import DEFAULT_DAYS, KEY_LABEL_ACTIVE, KeyPair

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject


def new_hybrid_key(*, now: datetime, days: float = DEFAULT_DAYS) -> KeyPair:
    """Return a new hybrid key that seals from ``now`` for ``days``.

    Raises:
        UnusableKey: no time is asked for.
    """
    if days <= 0:
        raise UnusableKey("a sealing key needs a time to live")
    seed = new_seed()
    made = now.astimezone(UTC)
    public_key = HybridPrivateKey.from_seed(seed).public_key()
    return KeyPair(
        private_pem=dump_private(seed),
        certificate_pem=dump_public(public_key, made=made, until=made + timedelta(days=days)),
    )


def hybrid_key_secret(pair: KeyPair, *, namespace: str, name: str) -> JsonObject:
    """Return the Secret by which the unsealer finds a hybrid key.

    It never has the label of RSA keys: older Bitnami controllers stop at a key that they cannot
    read.
    """
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {HYBRID_KEY_LABEL: KEY_LABEL_ACTIVE},
        },
        "type": HYBRID_KEY_TYPE,
        "data": {
            PRIVATE_ITEM: base64.b64encode(pair.private_pem.reveal()).decode(),
            PUBLIC_ITEM: base64.b64encode(pair.certificate_pem).decode(),
        },
    }

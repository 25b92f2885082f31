"""A Secret made of values alone, and the items that a Secret's type asks for."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.generators.known import (
    CERTIFICATE_ITEM,
    PRIVATE_KEY_ITEM,
    SSH_ITEM,
    SSH_TYPE,
    TLS_TYPE,
)
from gitopskit.manifests.documents import Manifest, Position
from gitopskit.manifests.names import require_dns_subdomain
from gitopskit.sealing.secret_values import require_item_keys, require_values_fit

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gitopskit.redaction import Plaintext

BASIC_AUTH_TYPE: Final = "kubernetes.io/basic-auth"
DOCKER_TYPE: Final = "kubernetes.io/dockerconfigjson"

ITEMS_OF_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    TLS_TYPE: (CERTIFICATE_ITEM, PRIVATE_KEY_ITEM),
    SSH_TYPE: (SSH_ITEM,),
    DOCKER_TYPE: (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}
"""Items without which a cluster refuses a Secret of that type.

Source: kubernetes.io/docs, "Types of Secret".
"""

_ONE_OF_TYPES: Final[Mapping[str, tuple[str, ...]]] = {BASIC_AUTH_TYPE: ("username", "password")}
"""Items of which one is enough. Source: as above."""


def build_secret(name: str, *, secret_type: str, values: Mapping[str, Plaintext]) -> Manifest:
    """Return the Secret that holds these values by item; it holds them in the open.

    Raises:
        InputError: the name or a key is none that a Secret can have, or the values are too large.
    """
    where = f"Secret/{name}"
    require_dns_subdomain(name, what="name of the Secret")
    require_item_keys(values, where=where)
    require_values_fit(values, where=where)
    return Manifest(
        content={
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name},
            "type": secret_type,
            "data": {
                item: base64.b64encode(value.reveal()).decode() for item, value in values.items()
            },
        },
        path=where,
        index=0,
        position=Position(1, 1),
    )


def require_items_of_type(secret_type: str, items: Collection[str], *, where: str) -> None:
    """Check that a Secret of a type has the items without which a cluster refuses it.

    Raises:
        InputError: one is missing.
    """
    missing = [item for item in ITEMS_OF_TYPES.get(secret_type, ()) if item not in items]
    either = _ONE_OF_TYPES.get(secret_type, ())
    if either and not set(either) & set(items):
        missing = [" or ".join(either)]
    if missing:
        raise InputError(
            f"a Secret of type {secret_type} needs {' and '.join(missing)}",
            where=where,
            hint="add what is missing, or choose the type Opaque",
        )

"""Writes the SecretStore and the ExternalSecret of one Secret; pure.

Source: CustomResourceDefinitions ``secretstores`` and ``externalsecrets`` of
``external-secrets.io``, version v1, and the rules of the operator's admission webhook.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.externalsecrets.providers import provider_of
from gitopskit.externalsecrets.references import check_reference
from gitopskit.manifests.names import require_dns_label, require_dns_subdomain

if TYPE_CHECKING:
    from gitopskit.externalsecrets.references import Item, RemoteReference
    from gitopskit.externalsecrets.stores import Store
    from gitopskit.manifests.json_types import JsonObject

API_VERSION: Final = "external-secrets.io/v1"
DEFAULT_REFRESH_INTERVAL: Final = "1h0m0s"

_DURATION: Final = re.compile(r"0|([0-9]+(\.[0-9]+)?(ms|s|m|h))+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitOptions:
    """What to write: one Secret, fetched through one store of the same namespace.

    ``items`` become one key each; ``extracts`` are objects whose fields all become keys. An empty
    ``target_name`` is ``name``. ``refresh_interval`` is a Go duration.
    """

    name: str
    namespace: str
    store_name: str
    store: Store
    items: tuple[Item, ...] = ()
    extracts: tuple[RemoteReference, ...] = ()
    target_name: str = ""
    refresh_interval: str = DEFAULT_REFRESH_INTERVAL


def emit(options: EmitOptions) -> tuple[JsonObject, JsonObject]:
    """Return the SecretStore and the ExternalSecret; they hold names, never a value.

    Raises:
        InputError: a name, a reference or the interval is malformed, nothing is fetched, or two
            items have the same key.
    """
    require_dns_label(options.namespace, what="namespace")
    require_dns_subdomain(options.store_name, what="name of the store")
    require_dns_subdomain(options.name, what="name of the ExternalSecret")
    return _secret_store(options), _external_secret(options)


def _secret_store(options: EmitOptions) -> JsonObject:
    return {
        "apiVersion": API_VERSION,
        "kind": "SecretStore",
        "metadata": {"name": options.store_name, "namespace": options.namespace},
        "spec": {"provider": provider_of(options.store)},
    }


def _external_secret(options: EmitOptions) -> JsonObject:
    _check_items(options)
    target = require_dns_subdomain(
        options.target_name or options.name, what="name of the Secret to be made"
    )
    spec: JsonObject = {
        "refreshInterval": _duration(options.refresh_interval),
        "secretStoreRef": {"kind": "SecretStore", "name": options.store_name},
        "target": {"name": target, "creationPolicy": "Owner"},
    }
    if options.items:
        spec["data"] = [
            {"secretKey": item.key, "remoteRef": item.remote.to_content()} for item in options.items
        ]
    if options.extracts:
        spec["dataFrom"] = [{"extract": remote.to_content()} for remote in options.extracts]
    return {
        "apiVersion": API_VERSION,
        "kind": "ExternalSecret",
        "metadata": {"name": options.name, "namespace": options.namespace},
        "spec": spec,
    }


def _check_items(options: EmitOptions) -> None:
    if not options.items and not options.extracts:
        raise InputError(
            "there is nothing to fetch", hint="pass `--data KEY=REMOTE` or `--extract REMOTE`"
        )
    keys = [item.key for item in options.items]
    for key in keys:
        if keys.count(key) > 1:
            raise InputError(f"the key {key!r} is given twice", hint="give it once")
    for remote in (*(item.remote for item in options.items), *options.extracts):
        check_reference(remote, options.store)


def _duration(text: str) -> str:
    if not _DURATION.fullmatch(text):
        raise InputError(
            f"{text[:80]!r} is no interval", hint="use a form such as 1h or 15m30s; 0 is only once"
        )
    return text

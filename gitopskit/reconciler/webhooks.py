"""Webhooks: who sent a delivery, and which repositories it may be about.

Pure. A delivery only says "look": of its body nothing is used but the addresses of repositories,
and those only to find the ones among the repositories that are followed already. It never says
where to fetch from, or which revision.

Source: the forges' pages on webhooks: GitHub "Validating webhook deliveries", GitLab "Webhooks,
secret token", Gitea and Forgejo "Webhooks, authorization".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from gitopskit.git.addresses import address_of
from gitopskit.redaction import Plaintext

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from gitopskit.manifests.json_types import JsonObject, JsonValue

LARGEST_BODY_BYTES: Final = 1024 * 1024
SHORTEST_SECRET_BYTES: Final = 16

_DIGEST_PREFIX: Final = "sha256="
_FORM_START: Final = b"payload="
_FORM_FIELD: Final = "payload"


@dataclass(frozen=True, slots=True)
class _Way:
    """How one kind of sender proves itself: in which header, and by which kind of value."""

    header: str
    is_token: bool = False
    prefix: str = ""


_WAYS: Final[Mapping[str, tuple[_Way, ...]]] = {
    "github": (_Way("X-Hub-Signature-256", prefix=_DIGEST_PREFIX),),
    "gitlab": (_Way("X-Gitlab-Token", is_token=True),),
    "gitea": (_Way("X-Gitea-Signature"), _Way("X-Forgejo-Signature")),
    "generic": (_Way("X-Gitopskit-Signature-256", prefix=_DIGEST_PREFIX),),
}

HEADERS: Final = tuple(way.header for ways in _WAYS.values() for way in ways)
"""The headers that may prove a sender."""

_HOLDERS: Final = ("repository", "project")
_ADDRESSES: Final = (
    "url",
    "clone_url",
    "ssh_url",
    "html_url",
    "git_url",
    "git_http_url",
    "git_ssh_url",
    "http_url",
    "web_url",
    "homepage",
)
"""Where the forges' push events have the addresses of their repository."""

Place = str
"""A digest of the host and the path of a repository, by whatever scheme it is reached."""


def parse_secrets(content: JsonObject | None) -> dict[str, tuple[Plaintext, ...]]:
    """Return the secrets of each kind of sender that a Secret holds.

    An item is named by the kind, or by the kind and a dot and anything else, so that two secrets
    hold while one replaces the other. Items of other names, malformed ones and those with less
    than 16 bytes prove nobody.
    """
    found: dict[str, tuple[Plaintext, ...]] = {}
    for name, value in sorted(((content or {}).get("data") or {}).items()):
        kind = name.partition(".")[0]
        try:
            secret = base64.b64decode(str(value or ""), validate=True).strip()
        except (binascii.Error, ValueError):
            continue
        if kind in _WAYS and len(secret) >= SHORTEST_SECRET_BYTES:
            found[kind] = (*found.get(kind, ()), Plaintext(secret))
    return found


def is_proven(
    headers: Mapping[str, str], body: bytes, secrets: Mapping[str, tuple[Plaintext, ...]]
) -> bool:
    """Tell whether one of the secrets proves the sender; the comparison tells no time."""
    return any(
        _proves(headers[way.header], body, secret=secret, way=way)
        for kind, held in secrets.items()
        for way in _WAYS[kind]
        if way.header in headers
        for secret in held
    )


def _proves(said: str, body: bytes, *, secret: Plaintext, way: _Way) -> bool:
    if way.is_token:
        return hmac.compare_digest(said.encode(errors="replace"), secret.reveal())
    expected = way.prefix + hmac.new(secret.reveal(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(said.encode(errors="replace"), expected.encode())


def places_of(body: bytes) -> frozenset[Place]:
    """Return the places that a delivery may be about; none where it cannot be read."""
    try:
        content = json.loads(_json_of(body))
    except (ValueError, RecursionError):
        return frozenset()
    places = map(place_of, _addresses(content))
    return frozenset(place for place in places if place is not None)


def place_of(url: str) -> Place | None:
    """Return the place of a repository, or None where a text is no repository's URL.

    Letters count alike in both cases: a look too many does no harm.
    """
    address = address_of(url)
    if address is None or not address.path:
        return None
    parts = [address.host, *(part.casefold() for part in address.path)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def concerned(urls: Iterable[str], places: Collection[Place]) -> set[str]:
    """Return those of the followed repositories that a delivery may be about."""
    return {url for url in urls if place_of(url) in places}


def _json_of(body: bytes) -> bytes | str:
    """Return the JSON of a body, which may be the field ``payload`` of a form."""
    if not body.startswith(_FORM_START):
        return body
    fields = parse_qs(body.decode(errors="replace"), max_num_fields=8)
    return fields.get(_FORM_FIELD, [""])[0]


def _addresses(content: JsonValue) -> Iterator[str]:
    if not isinstance(content, dict):
        return
    for holder in _HOLDERS:
        held = content.get(holder)
        if isinstance(held, str):
            yield held
        elif isinstance(held, dict):
            values = (held.get(name) for name in _ADDRESSES)
            yield from (value for value in values if isinstance(value, str))

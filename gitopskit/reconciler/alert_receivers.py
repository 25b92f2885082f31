"""Receivers of alerts: who is told what, read from the ConfigMap and the Secret of alerts.

Pure. The ConfigMap has an item for each receiver, and nothing secret; the Secret holds what lets us
in, under the receiver's name and a dot. A receiver that is not understood is refused by name, and
the others work.
"""

from __future__ import annotations

import base64
import binascii
import fnmatch
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, get_args
from urllib.parse import urlsplit

from gitopskit.errors import GitopskitError, InputError, UnsupportedField
from gitopskit.manifests.documents import read_value
from gitopskit.reconciler.alerting import TOPICS
from gitopskit.reconciler.fields import ANY, Fields, unknown_fields
from gitopskit.reconciler.names import ALERTS
from gitopskit.redaction import Plaintext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.alerting import Topic

Kind = Literal["slack", "webhook", "alertmanager", "github", "gitlab"]

MOST_RECEIVERS: Final = 32
SHORTEST_HMAC_BYTES: Final = 16

_FIELDS: Final = dict.fromkeys(
    ("kind", "url", "host", "api", "ca", "applications", "projects", "topics"), ANY
)
_FORGES: Final[Mapping[Kind, tuple[str, str]]] = {
    "github": ("github.com", "https://api.github.com"),
    "gitlab": ("gitlab.com", "https://gitlab.com/api/v4"),
}
"""Where a forge's API is. Source: GitHub and GitLab, REST API, commit statuses."""

_OWN_API: Final[Mapping[Kind, str]] = {
    "github": "https://{host}/api/v3",
    "gitlab": "https://{host}/api/v4",
}
_PEM: Final = "-----BEGIN CERTIFICATE-----"
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Who is told. ``url`` is where to send, for a forge the root of its API.

    It is a secret: whoever has the URL of a channel may write into it. ``host`` is that of the
    repositories that a forge's statuses are for.
    """

    name: str
    kind: Kind
    url: Plaintext
    host: str = ""
    token: Plaintext | None = None
    hmac_key: Plaintext | None = None
    ca_pem: str = ""
    applications: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    topics: frozenset[Topic] = field(default=frozenset(TOPICS))

    @property
    def where(self) -> str:
        """Return the name under which errors and logs tell of it."""
        return f"receiver/{self.name}"

    @property
    def is_forge(self) -> bool:
        """Tell whether it takes verdicts on commits, and no alerts."""
        return self.kind in _FORGES

    @property
    def wants_repeats(self) -> bool:
        """Tell whether what is wrong must be told again and again, or counts as over."""
        return self.kind == "alertmanager"

    def covers(self, application: str, project: str) -> bool:
        """Tell whether an Application is one of those that it is told of."""
        return _matches(application, self.applications) and _matches(project, self.projects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivers:
    """Those that are understood by name, and of the others why they are not."""

    known: Mapping[str, Receiver] = field(default_factory=dict)
    problems: tuple[GitopskitError, ...] = ()


def parse_receivers(config_map: JsonObject | None, secret: JsonObject | None) -> Receivers:
    """Return the receivers that the two objects describe; absent ones describe none."""
    known: dict[str, Receiver] = {}
    problems: list[GitopskitError] = []
    items = sorted(((config_map or {}).get("data") or {}).items())
    if len(items) > MOST_RECEIVERS:
        what = f"there may be {MOST_RECEIVERS} receivers, these are {len(items)}"
        problems.append(InputError(what, where=f"ConfigMap/{ALERTS}"))
    for name, text in items[:MOST_RECEIVERS]:
        try:
            known[name] = _receiver(name, str(text), (secret or {}).get("data") or {})
        except GitopskitError as error:
            problems.append(error)
    return Receivers(known=known, problems=tuple(problems))


def _receiver(name: str, text: str, secrets: JsonObject) -> Receiver:
    where = f"ConfigMap/{ALERTS} {name}"
    if not _NAME.fullmatch(name):
        raise InputError("a receiver's name has small letters, digits and hyphens", where=where)
    content = read_value(text, path=where)
    if not isinstance(content, dict):
        raise InputError("a receiver is a mapping", where=where)
    for path in unknown_fields(content, _FIELDS, ""):
        raise UnsupportedField(f"{path.lstrip('.')} is not known here", where=where)
    fields = Fields(content=content, path="", where=where)
    kind = _kind(fields)
    receiver = Receiver(
        name=name,
        kind=kind,
        url=_url(fields, kind, _secret(secrets, f"{name}.url", where)),
        host=_host(fields, kind),
        token=_secret(secrets, f"{name}.token", where),
        hmac_key=_secret(secrets, f"{name}.hmac", where),
        ca_pem=fields.text("ca"),
        applications=fields.texts("applications"),
        projects=fields.texts("projects"),
        topics=_topics(fields),
    )
    _require_usable(receiver, where)
    return receiver


def _kind(fields: Fields) -> Kind:
    said = fields.text("kind")
    for kind in get_args(Kind):
        if kind == said:
            return kind  # type: ignore[no-any-return]  # get_args tells no types
    raise fields.wrong("kind", f"must be one of {', '.join(get_args(Kind))}")


def _topics(fields: Fields) -> frozenset[Topic]:
    said = fields.texts("topics")
    unknown = set(said) - set(TOPICS)
    if unknown:
        raise fields.wrong("topics", f"may have {', '.join(TOPICS)}")
    return frozenset(topic for topic in TOPICS if topic in said) or frozenset(TOPICS)


def _host(fields: Fields, kind: Kind) -> str:
    if kind not in _FORGES:
        return ""
    host = fields.text("host") or _FORGES[kind][0]
    if not _HOST.fullmatch(host):
        raise fields.wrong("host", "must be the name of a host, in small letters")
    return host


def _url(fields: Fields, kind: Kind, secret: Plaintext | None) -> Plaintext:
    """Return where to send: from the Secret, from the ConfigMap, or where the forge has its API."""
    if kind in _FORGES:
        host = _host(fields, kind)
        usual = _FORGES[kind][1] if host == _FORGES[kind][0] else _OWN_API[kind].format(host=host)
        return Plaintext((fields.text("api") or usual).encode())
    if kind == "slack" and fields.text("url"):
        raise fields.wrong("url", "is a secret here, and belongs into the Secret")
    return secret or Plaintext(fields.text("url").encode())


def _secret(secrets: JsonObject, item: str, where: str) -> Plaintext | None:
    if item not in secrets:
        return None
    try:
        value = base64.b64decode(str(secrets[item] or ""), validate=True).strip()
    except (binascii.Error, ValueError):
        value = b""
    if not value or not value.isascii() or not value.decode().isprintable():
        raise InputError(f"the item {item} of the Secret is no line of plain text", where=where)
    return Plaintext(value)


def _require_usable(receiver: Receiver, where: str) -> None:
    scheme = _scheme(receiver.url, where)
    needs_tls = receiver.kind == "slack" or receiver.is_forge or receiver.token is not None
    if needs_tls and scheme != "https":
        raise InputError("what lets us in is sent by https only", where=where)
    if receiver.is_forge and receiver.token is None:
        raise InputError(f"the Secret {ALERTS} has no item {receiver.name}.token", where=where)
    key = receiver.hmac_key
    if key is not None and len(key) < SHORTEST_HMAC_BYTES:
        raise InputError(f"a key for HMAC has {SHORTEST_HMAC_BYTES} bytes or more", where=where)
    if receiver.ca_pem and _PEM not in receiver.ca_pem:
        raise InputError("ca is no certificate in PEM form", where=where)


def _scheme(url: Plaintext, where: str) -> str:
    """Return the scheme of a URL of HTTP that is without a user's name."""
    try:
        parts = urlsplit(url.reveal().decode())
        is_usable = bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or parts.scheme not in ("http", "https") or parts.fragment:
        raise InputError(
            "there is no URL to send to",
            where=where,
            hint="give https://host/path without a user, as url or as an item of the Secret",
        )
    return parts.scheme


def _matches(text: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns)

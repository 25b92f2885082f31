"""Alert requests: the words and the form in which each kind of receiver is told.

Pure. Credentials are headers, or are within the URL where the receiver wants it so; both stay
Plaintext until they are sent.

Source: Slack, "Sending messages using incoming webhooks"; CloudEvents 1.0, JSON event format and
HTTP binding (structured mode); Alertmanager, API v2 (openapi.yaml, postAlerts); GitHub and GitLab,
REST API, commit statuses.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from gitopskit.git.addresses import address_of
from gitopskit.reconciler.alerting import Alert, CommitVerdict
from gitopskit.redaction import Plaintext
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.alert_receivers import Receiver
    from gitopskit.reconciler.alerting import About, Topic

SIGNATURE_HEADER: Final = "X-Gitopskit-Signature-256"
REPEAT_SECONDS: Final = 120.0
"""How often what is wrong is told again to who forgets it."""

_LIFETIME: Final = timedelta(seconds=5 * REPEAT_SECONDS)
_SOURCE: Final = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/"
_GITHUB_DESCRIPTION: Final = 140
_GITLAB_DESCRIPTION: Final = 255
_WORDS: Final[Mapping[Topic, str]] = {
    "sync": "the sync failed",
    "divergence": "the cluster differs from Git",
    "health": "it is degraded",
    "guard": "a deletion waits for a decision",
    "rollback": "it went back to an earlier revision",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One POST: where to, and with what; ``secret_headers`` are never shown."""

    url: Plaintext
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, Plaintext] = field(default_factory=dict)
    ca_pem: str = ""


def request_of(
    receiver: Receiver, item: Alert | CommitVerdict, *, at: datetime, key: str
) -> Outgoing | None:
    """Return the request that tells an item; None where it is not for this receiver.

    ``at`` is when it was first tried, so that an attempt that is repeated says the same; ``key`` is
    the same whoever repeats it.
    """
    if isinstance(item, CommitVerdict):
        return _verdict(receiver, item)
    if receiver.kind == "slack":
        return _json(receiver, {"text": _slack_text(item)})
    if receiver.kind == "webhook":
        return _json(
            receiver, _cloud_event(item, at, key), content_type="application/cloudevents+json"
        )
    return _json(receiver, [_alertmanager_alert(item, at)], path="/api/v2/alerts")


def _json(
    receiver: Receiver,
    content: object,
    *,
    path: str = "",
    content_type: str = "application/json",
) -> Outgoing:
    body = json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()
    headers = {"Content-Type": content_type, "User-Agent": "gitopskit"}
    if receiver.hmac_key is not None:
        digest = hmac.new(receiver.hmac_key.reveal(), body, hashlib.sha256).hexdigest()
        headers[SIGNATURE_HEADER] = f"sha256={digest}"
    secret = {}
    if receiver.token is not None:
        secret["Authorization"] = Plaintext(b"Bearer " + receiver.token.reveal())
    url = receiver.url
    if path:
        url = Plaintext(url.reveal().rstrip(b"/") + path.encode())
    return Outgoing(
        url=url, body=body, headers=headers, secret_headers=secret, ca_pem=receiver.ca_pem
    )


def _title(item: Alert) -> str:
    mark = "is over" if item.state == "resolved" else _WORDS[item.topic]
    subject = f"{item.about.application}: "
    return f"{subject}{item.topic} {mark}" if item.state == "resolved" else subject + mark


def _slack_text(item: Alert) -> str:
    lines = [f"*{_title(item)}*"]
    if item.state == "firing":
        lines.append(item.message)
    if item.about.revision:
        lines.append(f"{item.about.repository} {item.about.revision[:12]}")
    text = "\n".join(lines)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    return text


def _cloud_event(item: Alert, at: datetime, key: str) -> JsonObject:
    which = item.about
    return {
        "specversion": "1.0",
        "id": key,
        "type": f"io.gitopskit.application.{item.topic}.{item.state}",
        "source": f"{_SOURCE}{quote(which.application, safe='')}",
        "subject": which.application,
        "time": rfc3339(at),
        "datacontenttype": "application/json",
        "data": {
            "application": which.application,
            "project": which.project,
            "namespace": which.namespace,
            "repository": which.repository,
            "revision": which.revision,
            "topic": item.topic,
            "state": item.state,
            "message": item.message,
        },
    }


def _alertmanager_alert(item: Alert, at: datetime) -> JsonObject:
    """Return an alert that ends by itself when it is not told again."""
    which = item.about
    ends = at if item.state == "resolved" else at + _LIFETIME
    return {
        "labels": {
            "alertname": "GitopskitApplication",
            "application": which.application,
            "topic": item.topic,
            "severity": "warning",
            **({"project": which.project} if which.project else {}),
        },
        "annotations": {
            "summary": _title(item),
            "description": item.message,
            "revision": which.revision,
            "destination": which.namespace,
        },
        "endsAt": rfc3339(ends),
    }


def _verdict(receiver: Receiver, item: CommitVerdict) -> Outgoing | None:
    place = _place(item.about)
    if place is None or place[0] != receiver.host:
        return None
    context = f"gitopskit/{item.about.application}"
    commit = item.about.revision
    if receiver.kind == "github":
        path = "/repos/" + "/".join(quote(part, safe="") for part in place[1])
        content = {
            "state": item.verdict,
            "context": context,
            "description": _cut(item.message, _GITHUB_DESCRIPTION),
        }
    else:
        path = "/projects/" + quote("/".join(place[1]), safe="")
        content = {
            "state": "success" if item.verdict == "success" else "failed",
            "name": context,
            "description": _cut(item.message, _GITLAB_DESCRIPTION),
        }
    return _json(receiver, content, path=f"{path}/statuses/{commit}")


def _place(which: About) -> tuple[str, tuple[str, ...]] | None:
    address = address_of(which.url)
    return None if address is None or not address.path else (address.host, address.path)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"

"""Reading the API server's audit log: who asked for what, on whose behalf, and what was answered.

Source: kubernetes.io/docs, "Auditing" (audit.k8s.io/v1 Event, level Metadata).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One answered request; ``impersonated`` is empty where nobody was impersonated."""

    user: str
    impersonated: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    status: int
    reason: str
    message: str
    path: str

    @property
    def actor(self) -> str:
        """Return in whose name the request was judged."""
        return self.impersonated or self.user

    @property
    def permission(self) -> tuple[str, str, str]:
        """Return group, resource (with subresource) and verb, as a role lists them."""
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        return (self.group, resource, self.verb)


def read_requests(log: Path) -> Iterator[Request]:
    """Yield every completed request of the log, oldest first."""
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                return
            event = json.loads(line)
            if event["stage"] not in {"ResponseComplete", "ResponseStarted", "Panic"}:
                continue
            target = event.get("objectRef") or {}
            yield Request(
                user=event["user"].get("username", ""),
                impersonated=(event.get("impersonatedUser") or {}).get("username", ""),
                verb=event["verb"],
                group=target.get("apiGroup", ""),
                resource=target.get("resource", ""),
                subresource=target.get("subresource", ""),
                namespace=target.get("namespace", ""),
                name=target.get("name", ""),
                status=(event.get("responseStatus") or {}).get("code", 0),
                reason=(event.get("annotations") or {}).get("authorization.k8s.io/reason", ""),
                message=(event.get("responseStatus") or {}).get("message", ""),
                path=event["requestURI"],
            )

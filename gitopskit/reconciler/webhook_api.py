"""The endpoint that takes webhooks: proves the sender, and tells which repositories it is about.

Anybody who reaches the port may send; an answer never says whether a repository is followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.controller import http
from gitopskit.controller.http import Endpoint, Request, Response
from gitopskit.controller.rate_limit import Budget, PeerLimits, Rate
from gitopskit.reconciler.webhooks import (
    HEADERS,
    LARGEST_BODY_BYTES,
    is_proven,
    parse_secrets,
    places_of,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from gitopskit.clock import Clock
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.webhooks import Place
    from gitopskit.redaction import Plaintext

    Heed = Callable[[Collection[Place]], int]

PATH: Final = "/api/webhook"
"""Source: Argo CD, operator-manual/webhook: a forge's settings hold for both."""

_LOG: Final = structlog.get_logger("reconciler")
_OF_PEER: Final = Rate(per_second=10.0, burst=60.0)
_OF_ALL: Final = Rate(per_second=50.0, burst=300.0)
_MOST_PEERS: Final = 10_000


class WebhookApi:
    """Takes deliveries; ``heed`` is told the places that one may be about.

    It returns how many of them it acts upon, for the log.
    """

    def __init__(self, *, clock: Clock, heed: Heed) -> None:
        """Begin without a secret: until one is set, nobody is proven."""
        self._clock = clock
        self._heed = heed
        self._secrets: Mapping[str, tuple[Plaintext, ...]] = {}
        self._peers = PeerLimits(_OF_PEER, most_peers=_MOST_PEERS)
        self._budget = Budget(_OF_ALL)

    def set_secret(self, content: JsonObject | None) -> None:
        """Take in the Secret with what the senders know, or that there is none."""
        self._secrets = parse_secrets(content)

    def endpoints(self) -> dict[str, Endpoint]:
        """Return what the forges send to."""
        return {PATH: endpoint(self.answer, admit=self.admit)}

    def admit(self, peer: str) -> Response | None:
        """Return the refusal of one who sends too much, or of all where all do."""
        now = self._clock.monotonic_seconds()
        wait = self._peers.take(peer, now=now) or self._budget.take(cost=1.0, now=now)
        return http.said(http.BUSY, "too many", retry_after_seconds=wait) if wait else None

    async def answer(self, request: Request) -> Response:
        """Ask for a look at what a delivery is about, if its sender is proven."""
        if not is_proven(request.headers, request.body, self._secrets):
            _LOG.warning("webhook_refused", peer=request.peer, size_bytes=len(request.body))
            return http.said(http.FORBIDDEN, "the sender is not proven")
        found = self._heed(places_of(request.body))
        _LOG.info("webhook", peer=request.peer, repositories=found)
        return http.said(http.ACCEPTED, "accepted")


def endpoint(
    answer: Callable[[Request], Awaitable[Response]], *, admit: Callable[[str], Response | None]
) -> Endpoint:
    """Return the endpoint of deliveries with what answers them."""
    return Endpoint(
        answer=answer,
        methods=("POST",),
        largest_body_bytes=LARGEST_BODY_BYTES,
        headers=HEADERS,
        admit=admit,
    )

"""What the unsealer answers over HTTP, as the Bitnami controller does and kubeseal expects it.

Anybody who reaches the port may ask, so an answer says whether, and never why not: what cannot be
opened has one answer, after the same work. Work is done on a few threads of its own, within a rate
for each peer and one budget for all of them: behind the API server's proxy they have one address.

Source: github.com/bitnami-labs/sealed-secrets, pkg/controller/server.go and
docs/developer/swagger.yml.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.controller import http
from gitopskit.controller.http import Endpoint, Response
from gitopskit.controller.rate_limit import Budget, PeerLimits, Rate
from gitopskit.errors import InputError, Undecryptable, UnusableKey
from gitopskit.kube.requests import encoded
from gitopskit.sealing.certificates import Certificates, load_certificates
from gitopskit.sealing.keys import require_usable
from gitopskit.unsealer.posted import LARGEST_BODY_BYTES, is_large, is_too_costly, read_posted
from gitopskit.unsealer.resealing import count_items, open_values, reseal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from concurrent.futures import Executor
    from datetime import datetime
    from typing import TypeVar

    from gitopskit.clock import Clock
    from gitopskit.controller.http import Request
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.keys import SealingCertificate
    from gitopskit.unsealer.metrics import UnsealerMetrics
    from gitopskit.unsealer.sealing_keys import SealingKeys

    T = TypeVar("T")

_LOG: Final = structlog.get_logger("http")

_PEM: Final = "application/x-pem-file"
_NEWEST: Final = "newest sealing key"
_BYTES_AS_ONE_ITEM: Final = 64 * 1024
"""Reading this much text is counted as opening an item: it takes about as long."""

_REQUESTS: Final = Rate(per_second=20.0, burst=100.0)
_ITEMS: Final = Rate(per_second=50.0, burst=500.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiLimits:
    """How much is asked of the keys: requests by peer, and items of all peers together."""

    requests: Rate = _REQUESTS
    items: Rate = _ITEMS
    items_of_request: int = 2000
    most_peers: int = 10_000


class UnsealerApi:
    """The endpoints of the unsealer; ``threads`` does what takes long."""

    def __init__(
        self,
        keys: SealingKeys,
        *,
        is_ready: Callable[[], bool],
        metrics: UnsealerMetrics,
        clock: Clock,
        threads: Executor,
        limits: ApiLimits,
    ) -> None:
        """Keep the parts."""
        self._keys = keys
        self._is_ready = is_ready
        self._metrics = metrics
        self._clock = clock
        self._threads = threads
        self._limits = limits
        self._peers = PeerLimits(limits.requests, most_peers=limits.most_peers)
        self._budget = Budget(limits.items)
        self._large = asyncio.Lock()

    def endpoints(self) -> Mapping[str, Endpoint]:
        """Return what answers on the port that kubeseal asks."""
        post = partial(
            Endpoint,
            methods=("POST",),
            largest_body_bytes=LARGEST_BODY_BYTES,
            admit=self._admit,
        )
        return self.health() | {
            "/v1/cert.pem": Endpoint(answer=self._certificate),
            "/v1/verify": post(answer=self._verify),
            "/v1/rotate": post(answer=self._rotate),
        }

    def health(self) -> dict[str, Endpoint]:
        """Return what a kubelet asks."""
        return {"/healthz": Endpoint(answer=_alive), "/readyz": Endpoint(answer=self._ready)}

    async def _ready(self, _: Request) -> Response:
        return http.said(http.OK, "ok") if self._is_ready() else _not_ready()

    async def _certificate(self, _: Request) -> Response:
        certificate = self._keys.newest_certificate
        if not certificate:
            return _no_certificate()
        return Response(body=certificate, content_type=_PEM)

    async def _verify(self, request: Request) -> Response:
        return await self._work("verify", request, self._verified)

    async def _rotate(self, request: Request) -> Response:
        return await self._work("rotate", request, self._rotated)

    async def _verified(self, content: JsonObject) -> Response:
        await self._in_thread(partial(open_values, content, keyring=self._keys.keyring))
        return Response()

    async def _rotated(self, content: JsonObject) -> Response:
        certificates = self._sealing_certificates()
        again = await self._in_thread(
            partial(reseal, content, keyring=self._keys.keyring, certificates=certificates)
        )
        return Response(body=encoded(again, ""), content_type=http.JSON)

    def _sealing_certificates(self) -> Certificates:
        """Return the newest certificate of each kind, without one that may not seal.

        Raises:
            UnusableKey: there is none.
        """
        found = load_certificates(b"".join(self._keys.published.values()), where=_NEWEST)
        now = self._clock.now_utc()
        return Certificates(rsa=_usable(found.rsa, now=now), hybrid=_usable(found.hybrid, now=now))

    async def _work(
        self, action: str, request: Request, answer: Callable[[JsonObject], Awaitable[Response]]
    ) -> Response:
        """Answer what was posted, within the budget, and log that it was, and nothing of it."""
        started = self._clock.monotonic_seconds()
        try:
            response = await answer(await self._content(request.body))
        except _Refused as refused:
            response = refused.response
        except Undecryptable:
            response = Response(status=http.CONFLICT)
        except UnusableKey as error:
            _LOG.error("certificate_unusable", problem=str(error), hint=error.hint)
            response = _no_certificate()
        except InputError:
            response = http.said(http.BAD_REQUEST, "this is not one SealedSecret")
        duration = round(self._clock.monotonic_seconds() - started, 3)
        _LOG.debug(action, peer=request.peer, status=response.status, duration_seconds=duration)
        return response

    async def _content(self, body: bytes) -> JsonObject:
        """Read a body, and take from the budget what it costs to read and will cost to open."""
        reading = len(body) / _BYTES_AS_ONE_ITEM
        self._charge(reading)
        async with self._large if is_large(body) else nullcontext():
            content = await self._in_thread(partial(_read, body))
        items = count_items(content)
        if items > self._limits.items_of_request:
            raise _Refused(http.said(http.TOO_LARGE, "too many items"))
        self._charge(items, paid=reading)
        return content

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def _charge(self, cost: float, *, paid: float = 0.0) -> None:
        wait = self._budget.take(cost=cost, now=self._clock.monotonic_seconds(), paid=paid)
        if wait:
            self._metrics.http_limited("decryptions")
            raise _Refused(_busy(wait))

    def _admit(self, peer: str) -> Response | None:
        if not self._is_ready():
            return _not_ready()
        wait = self._peers.take(peer, now=self._clock.monotonic_seconds())
        if not wait:
            return None
        self._metrics.http_limited("peer")
        return _busy(wait)


class _Refused(Exception):
    """What was posted is refused with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


async def _alive(_: Request) -> Response:
    return http.said(http.OK, "ok")


def _read(body: bytes) -> JsonObject:
    if is_too_costly(body):
        raise _Refused(http.said(http.TOO_LARGE, "too much to read"))
    return read_posted(body)


def _usable(certificate: SealingCertificate | None, *, now: datetime) -> SealingCertificate | None:
    if certificate is None:
        return None
    try:
        return require_usable(certificate, where=_NEWEST, now=now)
    except UnusableKey as error:
        _LOG.error("certificate_unusable", problem=str(error), hint=error.hint)
        return None


def _not_ready() -> Response:
    return http.said(http.NOT_READY, "not ready", retry_after_seconds=1)


def _no_certificate() -> Response:
    return http.said(http.FAILED, "there is no certificate to seal with")


def _busy(wait_seconds: float) -> Response:
    return http.said(http.BUSY, "limit exceeded", retry_after_seconds=wait_seconds)

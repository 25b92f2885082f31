"""HTTP to one API server: limits, repeats, and the translation of everything that goes wrong.

The only module that knows aiohttp's client. Requests share a bounded number of connections;
watches have connections of their own, because each holds one for minutes. Must not know what is in
a body.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from gitopskit.backoff import Backoff
from gitopskit.errors import ApiError, ApiUnreachable, ApiUntrusted, EnvironmentFault
from gitopskit.kube.failures import Refusal, error_of, is_status
from gitopskit.redaction import scrub
from gitopskit.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from gitopskit.clock import Clock
    from gitopskit.kube.credentials import Connection
    from gitopskit.kube.requests import Request

_LARGEST_REFUSAL_BYTES: Final = 1024 * 1024
_READ_SIZE_BYTES: Final = 256 * 1024

_REPEATS: Final = Backoff(initial_seconds=0.2, maximum_seconds=5.0)
_MOST_ATTEMPTS: Final = 5
_LONGEST_OBEYED_PAUSE_SECONDS: Final = 30.0
_CONNECT_TIMEOUT_SECONDS: Final = 10.0
_BUSY: Final = 429
_PASSING_FAULTS: Final = frozenset({500, 502, 503, 504})
_UNAUTHORIZED: Final = 401
_FIRST_REFUSAL: Final = 300
_BROKEN_OFF: Final = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, successful unless it is a service's: its HTTP status and its body."""

    status: int
    body: bytes


class _ServiceRefusal(ApiError):
    """A service behind the API server answered with a failure; never leaves this module."""

    def __init__(self, answer: Answer, *, where: str, retry_after_seconds: float) -> None:
        super().__init__(
            "the service refused",
            where=where,
            status=answer.status,
            retry_after_seconds=retry_after_seconds,
        )
        self.answer = answer


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportOptions:
    """How a client behaves: its name, its patience, how much it asks for and takes at once.

    ``timeout_seconds`` bounds one attempt, from sending to the last byte of the answer. A watch
    that says nothing for ``silence_seconds`` is taken for dead: bookmarks come about every minute
    (k8s.io/apiserver, storage/cacher, defaultBookmarkFrequency).
    """

    user_agent: str
    timeout_seconds: float
    in_flight: int
    silence_seconds: float = 150.0
    largest_answer_bytes: int = 256 * 1024 * 1024
    largest_event_bytes: int = 32 * 1024 * 1024


class Transport:
    """A pair of HTTP sessions to the server of a connection, one for requests, one for watches."""

    def __init__(self, connection: Connection, *, clock: Clock, options: TransportOptions) -> None:
        """Keep the parts; connections are opened on entry and by use."""
        self._connection = connection
        self._clock = clock
        self._options = options
        self._slots = asyncio.Semaphore(options.in_flight)
        self._sockets = Sockets()
        self._requests: aiohttp.ClientSession
        self._watches: aiohttp.ClientSession

    async def open(self) -> None:
        """Open the sessions; to be called inside the event loop that uses them."""
        options = self._options
        self._requests = self._session(
            limit=options.in_flight,
            timeout=aiohttp.ClientTimeout(
                total=options.timeout_seconds, sock_connect=_CONNECT_TIMEOUT_SECONDS
            ),
        )
        self._watches = self._session(
            limit=0,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=_CONNECT_TIMEOUT_SECONDS, sock_read=options.silence_seconds
            ),
        )

    async def close(self) -> None:
        """Close the sessions with every connection, both even if this is cut off."""
        try:
            await self._requests.close()
        finally:
            try:
                await self._watches.close()
            finally:
                await self._sockets.end()

    async def send(self, request: Request) -> Answer:
        """Return the answer to a request, repeated where that is safe and promises something.

        Reads are repeated on faults of the server and of the network. Writes are repeated only
        when the server cannot have begun them: on 429, and where no connection came about.

        Raises:
            ApiError: refused, as the class that the HTTP status means.
            ApiUnreachable: no answer; ApiUntrusted where TLS failed for good.
        """
        attempt = 0
        while True:
            try:
                return await self._attempt(request)
            except ApiError as refusal:
                failure, is_safe = refusal, _may_repeat(request, refusal)
            except (aiohttp.ClientError, OSError) as error:
                failure, is_safe = self._unreachable(error), _may_resend(request, error)
                failure.__cause__ = error
            if not is_safe or attempt + 1 == _MOST_ATTEMPTS:
                raise failure
            pause = max(failure.retry_after_seconds, _REPEATS.pause_seconds(attempt))
            await self._clock.sleep(pause)
            attempt += 1

    async def pass_on(self, request: Request) -> Answer:
        """Return what a service behind the API server answers, whatever the HTTP status.

        Repeats are those of ``send``.

        Raises:
            ApiError: the API server itself refused, in a Kubernetes Status.
            ApiUnreachable: no answer.
        """
        try:
            return await self.send(request)
        except _ServiceRefusal as refusal:
            return refusal.answer

    async def lines(self, request: Request) -> AsyncGenerator[bytes]:
        """Yield the lines of an answer that goes on, without their ends; close it when done.

        It ends where the stream does, or when the server has been silent for too long. Nothing
        is repeated.

        Raises:
            ApiError: refused, as the class that the HTTP status means.
            ApiUnreachable: no answer, a broken stream, or a line beyond all bounds.
        """
        try:
            async with await self._open(self._watches, request) as response:
                if response.status >= _FIRST_REFUSAL:
                    raise await _refusal(request, response)
                lines = _split(response.content, limit_bytes=self._options.largest_event_bytes)
                try:
                    async for line in lines:
                        yield line
                finally:
                    _cut(response)
        except aiohttp.SocketTimeoutError:
            return
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreachable(error) from error

    async def _attempt(self, request: Request) -> Answer:
        async with self._slots, await self._open(self._requests, request) as response:
            if response.status >= _FIRST_REFUSAL:
                raise await _refusal(request, response)
            limit_bytes = request.limit_bytes or self._options.largest_answer_bytes
            body = await _read(response.content, limit_bytes=limit_bytes)
            if body is None:
                raise ApiError(f"the answer has more than {limit_bytes} bytes", where=request.where)
            return Answer(status=response.status, body=body)

    async def _open(
        self, session: aiohttp.ClientSession, request: Request
    ) -> aiohttp.ClientResponse:
        """Send a request and return the answer's beginning; a refused token is renewed once."""
        header = await self._authorization()
        response = await self._begin(session, request, header)
        if response.status != _UNAUTHORIZED or not header:
            return response
        try:
            renewed = await self._authorization(refused=header)
        except BaseException:
            response.close()
            raise
        if renewed == header:
            return response
        response.close()
        return await self._begin(session, request, renewed)

    async def _authorization(self, *, refused: str = "") -> str:
        tokens = self._connection.tokens
        try:
            return await (tokens.renew(refused) if refused else tokens.current())
        except EnvironmentFault as error:
            raise ApiUnreachable(error.what, where=error.where, hint=error.hint) from error

    async def _begin(
        self, session: aiohttp.ClientSession, request: Request, authorization: str
    ) -> aiohttp.ClientResponse:
        headers = {"Accept": request.accept}
        if authorization:
            headers["Authorization"] = authorization
        if request.as_user:
            headers["Impersonate-User"] = request.as_user
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        query = f"?{urlencode(request.query)}" if request.query else ""
        return await session.request(
            request.method,
            URL(f"{self._connection.server}{request.path}{query}", encoded=True),
            headers=headers,
            data=request.body,
            allow_redirects=False,
            proxy=self._connection.proxy or None,
            server_hostname=self._connection.tls_server_name or None,
        )

    def _session(self, *, limit: int, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=limit, ssl=self._connection.tls or True, socket_factory=self._sockets.make
            ),
            timeout=timeout,
            headers={"User-Agent": self._options.user_agent, "Accept-Encoding": "identity"},
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=_READ_SIZE_BYTES,
        )
        session._retry_connection = False  # noqa: SLF001 -- it would repeat writes that were done
        return session

    def _unreachable(self, error: Exception) -> ApiUnreachable:
        context = self._connection.context_name
        chosen = f' and that context "{context}" is the one you mean' if context else ""
        where = scrub(self._connection.server)
        if _is_lasting(error):
            return ApiUntrusted(
                f"no TLS with the API server: {_reason_of(error)}",
                where=where,
                hint=f"check authority and address of the cluster in the kubeconfig{chosen}",
            )
        return ApiUnreachable(
            f"cannot reach the API server: {_reason_of(error)}",
            where=where,
            hint=f"check that the cluster runs{chosen}",
        )


def _may_repeat(request: Request, error: ApiError) -> bool:
    if error.retry_after_seconds > _LONGEST_OBEYED_PAUSE_SECONDS:
        return False
    return error.status == _BUSY or (request.is_read and error.status in _PASSING_FAULTS)


def _may_resend(request: Request, error: Exception) -> bool:
    if isinstance(error, (aiohttp.ClientSSLError, TimeoutError)):
        return False
    return request.is_read or isinstance(error, aiohttp.ClientConnectorError)


def _tls_failure(error: Exception) -> ssl.SSLError | None:
    found = getattr(error, "os_error", None) or error.__cause__
    return found if isinstance(found, ssl.SSLError) else None


def _is_lasting(error: Exception) -> bool:
    """Tell whether TLS failed for a reason that stays; a connection that broke off is none.

    That it needs a certificate of ours, a server may say when the handshake is over. An internal
    error is what it says while it has none itself.
    """
    failure = _tls_failure(error)
    if failure is None or isinstance(failure, _BROKEN_OFF):
        return False
    reason = str(failure.reason)
    if isinstance(error, aiohttp.ClientSSLError):
        return "INTERNAL_ERROR" not in reason
    return "CERTIFICATE" in reason


def _cut(response: aiohttp.ClientResponse) -> None:
    """End a stream that its server would go on with, without waiting for a farewell in TLS."""
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()


async def _refusal(request: Request, response: aiohttp.ClientResponse) -> ApiError:
    body = await _read(response.content, limit_bytes=_LARGEST_REFUSAL_BYTES)
    wanted = response.headers.get("Retry-After", "")
    retry_after_seconds = float(wanted) if wanted.isdecimal() else 0.0
    if request.is_passed_on and not is_status(body or b""):
        answer = Answer(status=response.status, body=body or b"")
        return _ServiceRefusal(answer, where=request.where, retry_after_seconds=retry_after_seconds)
    return error_of(
        Refusal(
            status=response.status,
            body=body or b"",
            path=request.path,
            where=request.where,
            is_read=request.is_read,
            retry_after_seconds=retry_after_seconds,
        )
    )


async def _read(stream: aiohttp.StreamReader, *, limit_bytes: int) -> bytes | None:
    """Return what a stream holds, or None where that is more than the limit."""
    body = bytearray()
    async for chunk in stream.iter_any():
        body += chunk
        if len(body) > limit_bytes:
            return None
    return bytes(body)


async def _split(stream: aiohttp.StreamReader, *, limit_bytes: int) -> AsyncGenerator[bytes]:
    """Yield the lines of a stream; what follows the last line end is no event and is dropped.

    Raises:
        aiohttp.ClientPayloadError: a line is longer than any object can be.
    """
    rest = bytearray()
    async for chunk in stream.iter_any():
        rest += chunk
        if b"\n" in chunk:
            *complete, rest = rest.split(b"\n")
            for line in complete:
                yield bytes(line)
        if len(rest) > limit_bytes:
            raise aiohttp.ClientPayloadError("an event is too large")


def _reason_of(error: Exception) -> str:
    """Return in a few words why there was no answer."""
    failure = _tls_failure(error)
    if failure is not None and failure.reason:
        return _reason_without_tls(failure)
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answered with HTTP status {error.status}"
    if isinstance(error, aiohttp.ClientConnectorError):
        code = error.os_error.errno or 0
        said = os.strerror(code) if code > 0 else error.os_error.strerror or "no connection"
        return scrub(said).lower()
    if isinstance(error, aiohttp.ClientPayloadError):
        return "its answer broke off"
    return "it closed the connection"


def _reason_without_tls(failure: ssl.SSLError) -> str:
    if isinstance(failure, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({scrub(failure.verify_message)})"
    return scrub(str(failure.reason).replace("_", " ")).lower()

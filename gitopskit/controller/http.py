"""HTTP as values: what is asked, what is answered, and what is refused before it is looked at.

Pure. Owns the rules for methods, sizes and encodings, and the text form of an address to listen
on. The sockets are http_server.py's, what an endpoint means is its owner's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

PLAIN: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"

OK: Final = 200
ACCEPTED: Final = 202
BAD_REQUEST: Final = 400
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
METHOD_NOT_ALLOWED: Final = 405
TIMED_OUT: Final = 408
CONFLICT: Final = 409
TOO_LARGE: Final = 413
UNSUPPORTED_MEDIA: Final = 415
BUSY: Final = 429
FAILED: Final = 500
NOT_READY: Final = 503
"""Source: RFC 9110 section 15; RFC 6585 section 4 for 429."""

_ADDRESS: Final = re.compile(
    r"(\[(?P<v6>[0-9a-fA-F:.]*)\]|(?P<host>[^:\[\]]*)):(?P<port>[0-9]{1,5})"
)
_HIGHEST_PORT: Final = 65535
_IDENTITY: Final = frozenset({"", "identity"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen: no host is every interface, port 0 is a free one."""

    host: str = ""
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address in ``HOST:PORT``, ``:PORT`` or ``[IPv6]:PORT``.

        Raises:
            InputError: it is something else.
        """
        found = _ADDRESS.fullmatch(text)
        if found is None or int(found["port"]) > _HIGHEST_PORT:
            raise InputError(
                f"`{text}` is no address to listen on", hint="give HOST:PORT, or :PORT for all"
            )
        return cls(host=found["v6"] or found["host"] or "", port=int(found["port"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The beginning of a request. ``peer`` is the address it really came from.

    ``length_bytes`` is what the body's length is said to be, None where it is not said.
    """

    method: str
    path: str
    peer: str
    length_bytes: int | None = None
    encoding: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that was let in, read whole; ``headers`` are those that its endpoint asks for."""

    method: str
    peer: str
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer; ``retry_after_seconds`` above 0 and ``allow`` become headers."""

    status: int = OK
    body: bytes = field(default=b"", repr=False)
    content_type: str = PLAIN
    retry_after_seconds: float = 0.0
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What answers at one path.

    ``largest_body_bytes`` above 0 is for an endpoint that takes a body; what others are sent is
    not read. ``admit`` is asked, with the peer, before a body is read, and may refuse. Of the
    ``headers`` named here, the endpoint gets those that were sent once.
    """

    answer: Callable[[Request], Awaitable[Response]]
    methods: tuple[str, ...] = ("GET", "HEAD")
    largest_body_bytes: int = 0
    headers: tuple[str, ...] = ()
    admit: Callable[[str], Response | None] = lambda _: None


def find(endpoints: Mapping[str, Endpoint], head: Head) -> Endpoint | Response:
    """Return the endpoint that a request is for, or the refusal of one that is for none."""
    endpoint = endpoints.get(head.path)
    if endpoint is None:
        return said(NOT_FOUND, "not found")
    if head.method not in endpoint.methods:
        allow = endpoint.methods
        return Response(status=METHOD_NOT_ALLOWED, body=b"method not allowed\n", allow=allow)
    if endpoint.largest_body_bytes:
        if head.encoding.strip().lower() not in _IDENTITY:
            return said(UNSUPPORTED_MEDIA, "send the body as it is, not compressed")
        if (head.length_bytes or 0) > endpoint.largest_body_bytes:
            return said(TOO_LARGE, "too large")
    return endpoint.admit(head.peer) or endpoint


def said(status: int, text: str, *, retry_after_seconds: float = 0.0) -> Response:
    """Return an answer of one line of plain text."""
    return Response(
        status=status, body=f"{text}\n".encode(), retry_after_seconds=retry_after_seconds
    )

"""What a web address holds, fetched once, over whatever proxy the environment names.

The only module that knows urllib.request. It is told the environment and never looks for it:
the proxy is set on each request, because urllib's own handler reads NO_PROXY by itself. TLS is
always verified; OpenSSL finds the authorities, and SSL_CERT_FILE names others.
"""

from __future__ import annotations

import base64
import http.client
import os
import ssl
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.error import URLError
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request

from gitopskit import __version__
from gitopskit.errors import EnvironmentFault, InputError, UnsupportedField
from gitopskit.kube.proxies import proxy_for
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self
    from urllib.parse import SplitResult

    from gitopskit.clock import Clock

_LARGEST_BYTES: Final = 1024 * 1024
_READ_SIZE_BYTES: Final = 64 * 1024
_TIMEOUT_SECONDS: Final = 30.0
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200
_SCHEMES: Final = frozenset({"http", "https"})
_HINT: Final = "give an address like https://example.com/tls.crt"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """An address without its user and password, which travel as a header of their own."""

    url: str
    authorization: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """Take a URL apart.

        Raises:
            InputError: it is no address of the web.
        """
        parts = _split(url)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
        return cls(url=bare.geturl(), authorization=_basic(parts))

    @property
    def origin(self) -> tuple[str, str]:
        parts = urlsplit(self.url)
        return parts.scheme, parts.netloc

    @property
    def where(self) -> str:
        """Return the address as errors name it: a query may be a credential too."""
        return scrub(urlsplit(self.url)._replace(query="").geturl())

    def follow(self, location: str) -> _Target:
        """Return where a redirect leads; only the same server is told who we are.

        Raises:
            InputError: it leads out of the web, or out of TLS.
        """
        there = _Target.of(urljoin(self.url, location))
        if self.origin[0] == "https" and there.origin[0] != "https":
            raise InputError(
                "the server sends us on to an address without TLS",
                where=self.where,
                hint="give the address that it sends to, if you trust it",
            )
        kept = self.authorization if there.origin == self.origin else ""
        return replace(there, authorization=kept)


def download(url: str, *, environment: Mapping[str, str], clock: Clock) -> bytes:
    """Return what an http:// or https:// URL holds: at most 1 MiB, in about 30 seconds.

    ``environment`` holds what is set of ``kube.proxies.PROXY_VARIABLES``. A user and a password
    in the URL are sent to its server (Basic), and to no other that it may send us on to. At most
    five redirects are followed, none of them out of TLS.

    Raises:
        InputError: the URL is unusable, holds too much, or leads astray.
        UnsupportedField: the proxy is none that is reached over plain HTTP.
        EnvironmentFault: no answer, an untrusted certificate, or an answer other than success.
    """
    deadline = clock.monotonic_seconds() + _TIMEOUT_SECONDS
    first = target = _Target.of(url)
    for _ in range(1 + _MOST_REDIRECTS):
        try:
            status, content = _exchange(target, environment, clock=clock, deadline=deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _unreachable(target, error) from None
        if status not in _REDIRECTS:
            return _require_success(status, content, where=target.where)
        target = target.follow(content.decode("latin-1"))
    raise InputError("the server sends us on again and again", where=first.where, hint=_HINT)


def shown_url(url: str) -> str:
    """Return a URL as errors name it: without user, password and query.

    Raises:
        InputError: it is no address of the web.
    """
    return _Target.of(url).where


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or not url.isascii() or not url.isprintable() or " " in url:
        shown = url.partition("?")[0].rpartition("@")[2]
        raise InputError("this is no address of the web", where=scrub(shown), hint=_HINT)
    return parts


def _basic(parts: SplitResult) -> str:
    if "@" not in parts.netloc:
        return ""
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _exchange(
    target: _Target, environment: Mapping[str, str], *, clock: Clock, deadline: float
) -> tuple[int, bytes]:
    """Return the status and the content of one answer; of a redirect, the place it leads to."""
    opener = OpenerDirector()
    opener.add_handler(HTTPHandler())
    opener.add_handler(HTTPSHandler(context=ssl.create_default_context()))
    timeout = max(deadline - clock.monotonic_seconds(), 1.0)
    with opener.open(_request(target, environment), timeout=timeout) as response:
        status = response.status
        if status in _REDIRECTS:
            return status, response.headers.get("Location", "").encode("latin-1", "replace")
        return status, _content(response, target, clock=clock, deadline=deadline)


def _request(target: _Target, environment: Mapping[str, str]) -> Request:
    request = Request(target.url, headers={"User-Agent": f"gitopskit/{__version__}"})  # noqa: S310 -- the scheme was checked
    if target.authorization:
        request.add_header("Authorization", target.authorization)
    proxy = urlsplit(proxy_for(target.url, configured="", environment=environment))
    if proxy.scheme == "https":
        raise UnsupportedField(
            "a proxy that is reached over TLS is not supported for downloads",
            hint="name an http:// proxy, or fetch the file yourself",
        )
    if proxy.hostname:
        address = proxy.netloc.rpartition("@")[2]
        request.set_proxy(address if proxy.port else f"{address.rstrip(':')}:80", "http")
        if "@" in proxy.netloc:
            request.add_header("Proxy-Authorization", _basic(proxy))
    return request


def _content(
    response: http.client.HTTPResponse, target: _Target, *, clock: Clock, deadline: float
) -> bytes:
    content = bytearray()
    while chunk := response.read1(_READ_SIZE_BYTES):
        content += chunk
        if len(content) > _LARGEST_BYTES:
            raise InputError("there is more than 1 MiB", where=target.where, hint=_HINT)
        if clock.monotonic_seconds() > deadline:
            raise TimeoutError
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return bytes(content)


def _require_success(status: int, content: bytes, *, where: str) -> bytes:
    if status != _OK:
        raise EnvironmentFault(
            f"the server answered with HTTP status {status}",
            where=where,
            hint="check the address, and that you may read it",
        )
    return content


def _unreachable(target: _Target, error: Exception) -> EnvironmentFault:
    cause = error.reason if isinstance(error, URLError) else error
    is_untrusted = isinstance(cause, ssl.SSLCertVerificationError)
    return EnvironmentFault(
        f"cannot fetch it: {_reason_of(cause)}",
        where=target.where,
        hint="let SSL_CERT_FILE name a file with the authority that signed it"
        if is_untrusted
        else "check the address, and HTTP_PROXY, HTTPS_PROXY and NO_PROXY",
    )


def _reason_of(cause: object) -> str:
    """Return in a few words why there was no answer."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({scrub(cause.verify_message).rstrip('.')})"
    if isinstance(cause, TimeoutError):
        return "it did not answer in time"
    if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError):
        code = cause.errno or 0
        return scrub(os.strerror(code) if code > 0 else str(cause.strerror or cause)).lower()
    return "its answer broke off or makes no sense"

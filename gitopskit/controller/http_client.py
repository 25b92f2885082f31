"""HTTP to strangers: one POST at a time, bounded, and nothing told of where it went.

Beside kube.transport the second client of aiohttp: that one speaks to an API server, this one to
whatever an administrator names. No redirect is followed, no proxy or variable is used, no cookie
kept, and of an answer nothing but the status counts. A URL may be a secret: it is in no error.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
from yarl import URL

from gitopskit.authorities import trusting
from gitopskit.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.redaction import Plaintext

_TIMEOUT_SECONDS: Final = 10.0
_LONGEST_HEADER_BYTES: Final = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How a POST ended: with the status of HTTP, or with 0 and what stood in the way."""

    status: int = 0
    problem: str = ""


async def post(
    url: Plaintext, body: bytes, *, headers: Mapping[str, str], ca_pem: str = ""
) -> Answered:
    """Send one POST, and return how it ended; it is never repeated here.

    ``ca_pem`` is trusted in place of the system's authorities.
    """
    sockets = Sockets()
    try:
        context = trusting(ca_pem)
        target = URL(url.reveal().decode(), encoded=True)
        async with (
            aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS),
                connector=aiohttp.TCPConnector(
                    ssl=context, force_close=True, socket_factory=sockets.make
                ),
                trust_env=False,
                max_line_size=_LONGEST_HEADER_BYTES,
                max_field_size=_LONGEST_HEADER_BYTES,
            ) as session,
            session.post(
                target, data=body, headers=dict(headers), allow_redirects=False
            ) as response,
        ):
            return Answered(status=response.status)
    except TimeoutError:
        return Answered(problem=f"no answer within {_TIMEOUT_SECONDS:.0f} s")
    except (aiohttp.ClientSSLError, ssl.SSLError):
        return Answered(problem="its certificate is not trusted")
    except (aiohttp.ClientError, OSError, ValueError):
        return Answered(problem="it cannot be reached")
    finally:
        await sockets.end()

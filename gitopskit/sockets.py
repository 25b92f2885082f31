"""The sockets of a client, so that none is left when the client ends.

asyncio closes a connection with TLS only once its peer has said farewell, and a connection that was
given up in the midst of a request is nobody's by then. Whoever ends must not wait for a peer.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import weakref
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import Any

_MOST_TURNS: Final = 100
"""Turns of the loop in which it notices that a socket has ended: a few, by what was seen."""

_CLOSED: Final = -1


class Sockets:
    """Makes sockets, and ends those that are still open."""

    def __init__(self) -> None:
        """Start with none."""
        self._made: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def make(self, address: tuple[Any, ...]) -> socket.socket:
        """Return a socket for an address as ``socket.getaddrinfo`` gives it."""
        family, kind, protocol = address[:3]
        made = socket.socket(family, kind, protocol)
        self._made.add(made)
        return made

    async def end(self) -> None:
        """End every open socket; to be called once whoever used them is done with them.

        Both directions are shut, so that the event loop reads the end and closes them.
        """
        for _ in range(_MOST_TURNS):
            await asyncio.sleep(0)
            left = [each for each in self._made if each.fileno() != _CLOSED]
            if not left:
                return
            for each in left:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

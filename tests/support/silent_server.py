"""A server on the loopback that takes connections and never says a word."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def silence() -> Iterator[str]:
    """Yield the https address of a server that keeps everybody waiting."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"

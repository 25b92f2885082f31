"""Plain requests to a control plane of ours, with nothing but the standard library.

For what the control plane itself needs before anybody else talks to it: is it ready, nodes,
namespaces, tokens. Everything else belongs to gitopskit.kube.
"""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gitopskit.errors import ApiError, ApiUnreachable

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject

_TIMEOUT_SECONDS: Final = 10.0
_FIRST_FAILURE: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Who asks which server."""

    server_url: str
    ca_file: Path
    token: str = field(repr=False)

    def send(self, method: str, path: str, body: JsonObject | None = None) -> bytes:
        """Send one request over a connection of its own and return the answer's bytes.

        Raises:
            ApiUnreachable: no answer.
            ApiError: the answer is a failure; ``status`` tells which.
        """
        try:
            status, content = self._exchange(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise ApiUnreachable("the control plane does not answer", where=path) from error
        if status >= _FIRST_FAILURE:
            raise ApiError(f"the control plane answered {status}", where=path, status=status)
        return content

    def get(self, path: str) -> JsonObject:
        """Return the object at the path."""
        return self._object(self.send("GET", path))

    def post(self, path: str, body: JsonObject) -> JsonObject:
        """Create an object and return it as the server keeps it."""
        return self._object(self.send("POST", path, body))

    def _exchange(self, method: str, path: str, body: JsonObject | None) -> tuple[int, bytes]:
        address = urlsplit(self.server_url)
        context = ssl.create_default_context(cafile=str(self.ca_file))
        connection = http.client.HTTPSConnection(
            address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS, context=context
        )
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    @staticmethod
    def _object(content: bytes) -> JsonObject:
        answer: JsonObject = json.loads(content)
        return answer

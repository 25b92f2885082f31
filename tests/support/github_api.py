"""GitHub's API as far as apps ask it for tokens: it checks what proves an app."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.tls import TlsListener, make_server_tls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INSTALLATION = "/api/v3/app/installations/34/access_tokens"


@dataclass
class GitHubApi:
    """A running API: the key of the one app, the token that it gives, and who asked."""

    port: int
    ca_pem: str
    key: rsa.RSAPrivateKey
    token: str = "canary-ghs-token"  # noqa: S105 -- of the test's own server
    expires_at: str = "2026-11-23T13:00:00Z"
    status: int = 201
    location: str = ""
    claims: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/api/v3"

    @property
    def private_key(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )

    def proves(self, authorization: str) -> bool:
        head, claims, signature = authorization.removeprefix("Bearer ").split(".")
        try:
            self.key.public_key().verify(
                _decoded(signature),
                f"{head}.{claims}".encode(),
                padding.PKCS1v15(),
                hashes.SHA256(),
            )
        except InvalidSignature:
            return False
        self.claims.append(json.loads(_decoded(claims)))
        return bool(json.loads(_decoded(head)) == {"alg": "RS256", "typ": "JWT"})


@contextmanager
def serve_github_api(folder: Path) -> Iterator[GitHubApi]:
    """Serve the API for one new app; ``folder`` is for the server's key."""
    tls = make_server_tls(folder)
    listener = _Listener(_Handler, tls=tls)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    listener.api = GitHubApi(port=listener.server_port, ca_pem=tls.ca_pem, key=key)
    with listener.serving():
        yield listener.api


class _Listener(TlsListener):
    api: GitHubApi


class _Handler(BaseHTTPRequestHandler):
    server: _Listener

    def do_POST(self) -> None:
        api = self.server.api
        is_known = self.path == INSTALLATION and api.proves(self.headers["Authorization"])
        self.send_response(api.status if is_known else 401)
        if api.location:
            self.send_header("Location", api.location)
        self.end_headers()
        if is_known:
            answer = {"token": api.token, "expires_at": api.expires_at}
            self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- inherited
        """Say nothing."""


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

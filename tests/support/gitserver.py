"""A real Git server over https: ``git http-backend`` behind TLS and basic authentication."""

from __future__ import annotations

import base64
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support.tls import TlsListener, make_server_tls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class GitServer:
    """A running server: its address, its authority, and what it was asked for.

    With a ``password`` it lets in only who sends it. ``redirect_to`` answers every request with
    another address. ``authorizations`` are the headers of that name that it received.
    """

    port: int
    ca_pem: str
    root: Path
    username: str = ""
    password: str = ""
    redirect_to: str = ""
    authorizations: list[str] = field(default_factory=list)

    def url(self, repository: str) -> str:
        return f"https://localhost:{self.port}/{repository}"

    def lets_in(self, authorization: str) -> bool:
        if not self.password:
            return True
        expected = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return authorization == f"Basic {expected}"


@contextmanager
def serve_git(
    root: Path, folder: Path, *, username: str = "", password: str = "", redirect_to: str = ""
) -> Iterator[GitServer]:
    """Serve the bare repositories below ``root``; ``folder`` is for the server's key."""
    tls = make_server_tls(folder)
    listener = _Listener(_Handler, tls=tls)
    listener.git = GitServer(
        port=listener.server_port,
        ca_pem=tls.ca_pem,
        root=root,
        username=username,
        password=password,
        redirect_to=redirect_to,
    )
    with listener.serving():
        yield listener.git


class _Listener(TlsListener):
    git: GitServer


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet per answer, else TCP's delayed acknowledgement costs 40 ms each

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- inherited
        """Say nothing."""

    def _answer(self) -> None:
        git, body = self.server.git, self._body()
        authorization = self.headers.get("Authorization", "")
        if authorization:
            git.authorizations.append(authorization)
        if git.redirect_to:
            self._reply(301, {"Location": git.redirect_to + self.path}, b"")
        elif not git.lets_in(authorization):
            self._reply(401, {"WWW-Authenticate": 'Basic realm="test"'}, b"")
        else:
            self._backend(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _backend(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        environment = {
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROJECT_ROOT": str(self.server.git.root),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "PATH": os.environ["PATH"],
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "REMOTE_USER": "tester",
            "REQUEST_METHOD": self.command,
        }
        completed = subprocess.run(
            ["git", "http-backend"],  # noqa: S607 -- found on PATH, as users do
            env=environment,
            input=body,
            capture_output=True,
            check=False,
        )
        head, _, content = completed.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        status = int(headers.pop("Status", "200 OK").split()[0])
        self._reply(status, headers, content)

    def _reply(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

"""A repository of charts over https on the loopback."""

from __future__ import annotations

import base64
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from tests.support.tls import make_server_tls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {version: {{ .Chart.Version | quote }}, color: {{ .Values.color | quote }}}
"""


class _Handler(SimpleHTTPRequestHandler):
    """Serves files to whoever knows the password, if the server wants one."""

    def do_GET(self) -> None:
        self.server.seen.append(dict(self.headers))  # type: ignore[attr-defined]  # ours
        wanted = getattr(self.server, "wanted", "")
        if wanted and self.headers.get("Authorization") != f"Basic {wanted}":
            self.send_error(401)
            return
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it
        """Say nothing."""


@dataclass(frozen=True)
class ChartServer:
    """What is served, and by whom it is vouched for."""

    helm: Path
    folder: Path
    url: str
    ca_pem: str
    headers: list[dict[str, str]]

    def publish(self, name: str, version: str) -> None:
        """Add a version of a chart."""
        source = self.folder.parent / "source" / name
        (source / "templates").mkdir(parents=True, exist_ok=True)
        text = f"apiVersion: v2\nname: {name}\nversion: {version}\n"
        (source / "Chart.yaml").write_text(text, encoding="utf-8")
        (source / "values.yaml").write_text("color: red\n", encoding="utf-8")
        (source / "templates/all.yaml").write_text(TEMPLATE, encoding="utf-8")
        self._run("package", str(source), f"--destination={self.folder}")
        self._run("repo", "index", str(self.folder), f"--url={self.url}")

    def _run(self, *arguments: str) -> None:
        home = {"HOME": str(self.folder.parent)}
        subprocess.run([str(self.helm), *arguments], env=home, check=True, capture_output=True)


@contextmanager
def serve_charts(helm: Path, folder: Path, *, login: str = "") -> Iterator[ChartServer]:
    """Serve a folder below the given one until the end of a block, to ``name:password`` alone."""
    charts = folder / "published"
    charts.mkdir(parents=True)
    tls = make_server_tls(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(charts)))
    server.wanted = base64.b64encode(login.encode()).decode()  # type: ignore[attr-defined]  # ours
    seen: list[dict[str, str]] = []
    server.seen = seen  # type: ignore[attr-defined]  # ours
    server.socket = tls.context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        url = f"https://127.0.0.1:{server.server_address[1]}"
        yield ChartServer(helm, charts, url, tls.ca_pem, seen)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""The folder in which a Pod finds its token, and a connection that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gitopskit.kube.credentials import load_connection

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.clock import Clock
    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.credentials import Connection


class PodFolder:
    """What the unsealer's Pod finds; ``header`` is what requests say with the present token."""

    def __init__(self, path: Path, control_plane: ControlPlane) -> None:
        """Fill an empty folder."""
        self._plane = control_plane
        self._path = path
        (path / "ca.crt").write_bytes(control_plane.ca_file.read_bytes())
        self.renew()

    def renew(self) -> None:
        """Put a fresh token into the place of the old one, as the kubelet does."""
        token = self._plane.service_account_token("kube-system", "gitopskit-unsealer")
        unfinished = self._path / "token.new"
        unfinished.write_text(token)
        unfinished.rename(self._path / "token")
        self.header = f"Bearer {token}"

    async def connection(self, clock: Clock) -> Connection:
        """Return the connection of a program that runs in the Pod."""
        server = urlsplit(self._plane.server_url)
        return await load_connection(
            in_cluster=True,
            service_account_folder=self._path,
            environment={
                "KUBERNETES_SERVICE_HOST": str(server.hostname),
                "KUBERNETES_SERVICE_PORT": str(server.port),
            },
            clock=clock,
        )

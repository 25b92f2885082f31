"""A control plane to start, use and be rid of: etcd, API server, controllers, nodes."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import gitopskit
from gitopskit.controlplane import guard
from gitopskit.controlplane.authority import new_identity
from gitopskit.controlplane.commands import programs
from gitopskit.controlplane.folder import Folder, fill_folder, write_kubeconfig
from gitopskit.controlplane.readiness import (
    answers,
    create_nodes,
    has_ready_nodes,
    has_service_accounts,
)
from gitopskit.controlplane.rest import Rest
from gitopskit.errors import EnvironmentFault
from gitopskit.process import Command, start, wait
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    import subprocess  # noqa: TID251 -- the type of what process.start returns
    from collections.abc import Callable
    from types import TracebackType

    from gitopskit.clock import Clock
    from gitopskit.controlplane.build import Binaries
    from gitopskit.manifests.json_types import JsonObject

_READY_TIMEOUT_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.05
_STOP_SECONDS: Final = 10.0
_ATTEMPTS: Final = 3
_SHOWN_LOG_BYTES: Final = 2000


_PASSING: Final = {
    "address already in use": "found its port taken",
    "failed to wait for apiserver being healthy": "gave the API server up too soon",
}
"""What programs say when they end of something that may be otherwise the next time.

The port was taken between our look and the start; or the machine is so busy that the API server
had not made its first roles within the ten seconds for which the controllers wait for it.
"""


class _TryAgain(EnvironmentFault):
    """A program ended because of something that passes."""


class ControlPlane:
    """One control plane on loopback, with files and ports of its own.

    ``start`` returns when the API answers, ServiceAccounts are made and the nodes are ready.
    ``stop``, or the end of this process in whatever way, ends every program and removes the files.
    """

    def __init__(self, binaries: Binaries, *, clock: Clock) -> None:
        """Keep what to start; nothing is opened."""
        self._binaries = binaries
        self._clock = clock
        self._guard: subprocess.Popen[bytes] | None = None
        self._pipe = -1
        self._folder = Folder(Path())
        self.server_url = ""
        self.admin_token = ""
        self.version = ""

    @property
    def kubeconfig_path(self) -> Path:
        """Return the administrator's kubeconfig, mode 0600."""
        return self._folder.kubeconfig("admin")

    @property
    def ca_file(self) -> Path:
        """Return the certificate of the authority that signed the server's."""
        return self._folder.ca_file

    @property
    def audit_log_path(self) -> Path:
        """Return the log of every request, one audit.k8s.io/v1 Event per line."""
        return self._folder.audit_log

    @property
    def rest(self) -> Rest:
        """Return plain requests as the administrator."""
        return Rest(server_url=self.server_url, ca_file=self.ca_file, token=self.admin_token)

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Start everything and wait until it is ready.

        Raises:
            EnvironmentFault: a program ended, or it was not ready in time; nothing is left running.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._start_once()
            except _TryAgain:
                self.stop()
                if attempt == _ATTEMPTS:
                    raise
            except BaseException:
                self.stop()
                raise
            else:
                return

    def stop(self) -> None:
        """End everything and wait until it is gone; a second call does nothing."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        if self._guard is not None:
            wait(self._guard, grace_seconds=_STOP_SECONDS)
            self._guard = None
        if self._folder.root.name:
            shutil.rmtree(self._folder.root, ignore_errors=True)

    def write_kubeconfig(self, path: Path, *, token: str) -> None:
        """Write a kubeconfig (mode 0600) for the holder of a token, a ServiceAccount's say."""
        write_kubeconfig(path, server_url=self.server_url, ca_file=self.ca_file, token=token)

    def service_account_token(self, namespace: str, name: str) -> str:
        """Return a fresh token, valid for an hour, of an existing ServiceAccount."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        request: JsonObject = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 3600},
        }
        return str(self.rest.post(path, request)["status"]["token"])

    def _start_once(self) -> None:
        port = _free_port()
        self._folder = Folder(Path(tempfile.mkdtemp(prefix="gitopskit-")).resolve())
        self.server_url = f"https://127.0.0.1:{port}"
        identity = new_identity(now=self._clock.now_utc())
        self.admin_token = fill_folder(self._folder, identity, server_url=self.server_url)
        plan = {
            program.name: program.argv
            for program in programs(self._binaries, self._folder, port=port)
        }
        self._folder.plan.write_text(json.dumps(plan), encoding="utf-8")
        self._start_guard()
        deadline = self._clock.monotonic_seconds() + _READY_TIMEOUT_SECONDS
        self._wait_until(answers, "the API server", deadline)
        self.version = str(self.rest.get("/version")["gitVersion"])
        if self._binaries.runs_workloads:
            create_nodes(self.rest)
            self._wait_until(has_service_accounts, "the controllers", deadline)
            self._wait_until(has_ready_nodes, "the simulated nodes", deadline)

    def _start_guard(self) -> None:
        reading, self._pipe = os.pipe()
        package = Path(gitopskit.__file__).parent
        try:
            self._guard = start(
                Command(
                    argv=(
                        *(sys.executable, "-m", guard.__name__),
                        *(str(self._folder.root), str(reading)),
                    ),
                    environment={"PYTHONPATH": str(package.parent), "PATH": os.defpath},
                    cwd=self._folder.root.parent,
                    pass_fds=(reading,),
                ),
                output=self._folder.log("guard"),
            )
        finally:
            os.close(reading)

    def _wait_until(self, is_ready: Callable[[Rest], bool], what: str, deadline: float) -> None:
        while not is_ready(self.rest):
            self._refuse_dead_programs()
            if self._clock.monotonic_seconds() > deadline:
                raise EnvironmentFault(f"{what} did not get ready in time")
            self._clock.sleep_blocking(_POLL_SECONDS)

    def _refuse_dead_programs(self) -> None:
        if not self._folder.failure.exists():
            if self._guard is None or self._guard.poll() is not None:
                raise EnvironmentFault("the control plane's guard process ended")
            return
        name = self._folder.failure.read_text(encoding="utf-8").partition("\n")[0]
        said = self._folder.log(name).read_bytes()[-_SHOWN_LOG_BYTES:].decode(errors="replace")
        for words, meaning in _PASSING.items():
            if words in said:
                raise _TryAgain(f"{name} {meaning}")
        last_lines = " ".join(said.splitlines()[-2:])
        raise EnvironmentFault(f"{name} ended while the control plane started: {scrub(last_lines)}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

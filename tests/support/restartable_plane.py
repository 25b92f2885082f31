"""A control plane whose API server can be killed and started again; without controllers.

etcd and the API server have a guard each, so that both end with this process in whatever way.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Final

from gitopskit.controlplane import guard
from gitopskit.controlplane.authority import new_identity
from gitopskit.controlplane.build import Binaries
from gitopskit.controlplane.folder import Folder
from gitopskit.controlplane.readiness import answers
from gitopskit.controlplane.server import ControlPlane
from gitopskit.process import Command, start, wait
from tests.support.cluster import program_path

if TYPE_CHECKING:
    import subprocess

    from gitopskit.clock import Clock

_SERVER: Final = "kube-apiserver"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05


class RestartablePlane(ControlPlane):
    """A control plane of etcd and an API server that ``kill_server`` and ``start_server`` know."""

    def __init__(self, binaries: Binaries, *, clock: Clock) -> None:
        super().__init__(
            Binaries(etcd=binaries.etcd, kube_apiserver=binaries.kube_apiserver), clock=clock
        )
        self._argv: list[str] = []
        self._starts = 0
        self._server_guard: subprocess.Popen[bytes] | None = None
        self._server_pipe = -1

    def kill_server(self) -> None:
        """Kill the API server, as a node that fails does, and wait until it is gone."""
        if self._server_guard is not None:
            os.close(self._server_pipe)
            wait(self._server_guard, grace_seconds=_STOP_SECONDS)
            self._server_guard = None

    def start_server(self) -> None:
        """Start the API server on what etcd holds, at the old address; wait until it is ready."""
        self._begin_server()
        deadline = self._clock.monotonic_seconds() + _START_SECONDS
        while not answers(self.rest):
            assert self._clock.monotonic_seconds() < deadline, "the API server did not come back"
            self._clock.sleep_blocking(_POLL_SECONDS)

    def forget_tokens(self) -> None:
        """Let no token of a ServiceAccount that was issued before the next start be accepted."""
        fresh = new_identity(now=self._clock.now_utc())
        self._folder.token_signing_key.write_bytes(fresh.token_signing_key)

    def stop(self) -> None:
        """End both; a second call does nothing."""
        self.kill_server()
        super().stop()

    def _start_guard(self) -> None:
        plan = json.loads(self._folder.plan.read_bytes())
        self._argv = plan.pop(_SERVER)
        self._folder.plan.write_text(json.dumps(plan))
        super()._start_guard()
        self._begin_server()

    def _begin_server(self) -> None:
        self._starts += 1
        folder = Folder(self._folder.root / f"{_SERVER}-{self._starts}")
        folder.root.mkdir()
        folder.plan.write_text(json.dumps({_SERVER: self._argv}))
        reading, self._server_pipe = os.pipe()
        argv = (sys.executable, "-m", guard.__name__, str(folder.root), str(reading))
        environment = {"PATH": program_path(), "PYTHONPATH": os.pathsep.join(sys.path)}
        command = Command(argv=argv, environment=environment, pass_fds=(reading,))
        self._server_guard = start(command, output=self._folder.log(_SERVER))
        os.close(reading)

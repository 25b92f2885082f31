"""The Bitnami controller, built from its published module and run as in a Pod.

It takes its credentials from the fixed folder of a ServiceAccount and from nowhere else. So it
runs in a mount namespace of its own, in which that folder is its own; the machine's stays as it is.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gitopskit.controlplane.build import GoModule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.manifests.json_types import JsonObject

BITNAMI: Final = GoModule(
    name="bitnami",
    folder=Path(__file__).parents[1] / "tools" / "bitnami",
    packages=("github.com/bitnami/sealed-secrets/cmd/controller",),
    ldflags="-s -w -X main.VERSION=0.40.0",
    cost="about 2 minutes",
)

ACCOUNT: Final = "sealed-secrets-controller"
NAMESPACE: Final = "kube-system"

_IN_A_POD: Final = """
set -e
mount -t tmpfs tmpfs /var/run
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
cp "$1"/token "$1"/ca.crt "$1"/namespace /var/run/secrets/kubernetes.io/serviceaccount
shift
exec "$@"
"""
UNSHARE: Final = ("unshare", "--user", "--map-root-user", "--mount")


@dataclass(frozen=True, slots=True, kw_only=True)
class BitnamiController:
    """The program, and the control plane that it works on with the rights of its own account."""

    program: Path
    plane: ControlPlane
    folder: Path

    @property
    def log(self) -> str:
        """Return what it logged so far, in all of its runs."""
        path = self.folder / "controller.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @contextmanager
    def running(self, *flags: str) -> Iterator[None]:
        """Run it for the length of a block."""
        self._write_credentials()
        server = urlsplit(self.plane.server_url)
        with (self.folder / "controller.log").open("ab") as log:
            child = subprocess.Popen(
                [
                    *(*UNSHARE, "sh", "-c", _IN_A_POD, "sh", self.folder),
                    self.program,
                    *("--listen-addr=127.0.0.1:0", "--listen-metrics-addr=127.0.0.1:0"),
                    *flags,
                ],
                env={
                    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                    "KUBERNETES_SERVICE_HOST": str(server.hostname),
                    "KUBERNETES_SERVICE_PORT": str(server.port),
                },
                stdout=log,
                stderr=log,
            )
        try:
            yield
        finally:
            child.terminate()
            try:
                child.wait(timeout=20)
            finally:
                child.kill()
                child.wait()

    def _write_credentials(self) -> None:
        self.folder.mkdir(exist_ok=True)
        token = self.plane.service_account_token(NAMESPACE, ACCOUNT)
        (self.folder / "token").write_text(token)
        (self.folder / "namespace").write_text(NAMESPACE)
        (self.folder / "ca.crt").write_bytes(self.plane.ca_file.read_bytes())


def can_run_as_in_a_pod() -> bool:
    """Tell whether this machine lets a program have mounts of its own."""
    try:
        probe = [*UNSHARE, "sh", "-c", "mount -t tmpfs tmpfs /var/run"]
        return subprocess.run(probe, check=False, capture_output=True, timeout=20).returncode == 0
    except OSError:
        return False


def rights() -> list[JsonObject]:
    """Return account, role and binding as that project's manifest has them.

    Source: github.com/bitnami-labs/sealed-secrets, controller.jsonnet.
    """
    rbac = "rbac.authorization.k8s.io"
    secrets = ["get", "list", "create", "update", "delete", "watch"]
    rules = [
        {"apiGroups": ["bitnami.com"], "resources": ["sealedsecrets"], "verbs": secrets[:2]},
        {"apiGroups": ["bitnami.com"], "resources": ["sealedsecrets"], "verbs": ["watch"]},
        {"apiGroups": ["bitnami.com"], "resources": ["sealedsecrets/status"], "verbs": ["update"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": secrets},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]},
    ]
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": ACCOUNT, "namespace": NAMESPACE},
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "secrets-unsealer"},
            "rules": rules,
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": ACCOUNT},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "secrets-unsealer"},
            "subjects": [subject],
        },
    ]

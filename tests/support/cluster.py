"""What tests do with the control plane before they use it: platform manifests, credentials."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.clock import SystemClock
from gitopskit.errors import ApiError, ProcessFailed
from gitopskit.kube.client import KubeClient
from gitopskit.kube.credentials import load_connection
from gitopskit.process import Command, find_program, run_checked
from gitopskit.repository.templates import templates_root

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.manifests.json_types import JsonObject

PLATFORM_NAMESPACES: Final = ("gitopskit-system", "argocd")
_HTTP_CONFLICT: Final = 409
_ESTABLISHED_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.1


def create_namespace(control_plane: ControlPlane, name: str, **labels: str) -> None:
    """Create a namespace as the administrator; that it exists already is fine."""
    body: JsonObject = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": labels},
    }
    try:
        control_plane.rest.post("/api/v1/namespaces", body)
    except ApiError as error:
        if error.status != _HTTP_CONFLICT:
            raise


def ensure_account(control_plane: ControlPlane, namespace: str, name: str) -> None:
    """Create a ServiceAccount without rights; that it exists already is fine."""
    body: JsonObject = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
    try:
        control_plane.rest.post(f"/api/v1/namespaces/{namespace}/serviceaccounts", body)
    except ApiError as error:
        if error.status != _HTTP_CONFLICT:
            raise


def delete_namespace(control_plane: ControlPlane, name: str) -> None:
    """Begin the deletion of a namespace; its end is not waited for."""
    control_plane.rest.send("DELETE", f"/api/v1/namespaces/{name}")


def install_platform(control_plane: ControlPlane) -> None:
    """Create the shipped CRDs and RBAC, as an administrator does; the Deployments are left out."""
    for name in PLATFORM_NAMESPACES:
        create_namespace(control_plane, name)
    install_definitions(control_plane)
    platform = templates_root() / "platform"
    rights = [platform / "appliers.yaml", *sorted(platform.glob("*/rbac.yaml"))]
    kubectl(control_plane, "apply", "--server-side", *_files(rights))


def install_definitions(control_plane: ControlPlane) -> None:
    """Create the shipped CRDs, and wait until they are served."""
    crds = sorted((templates_root() / "platform" / "crds").glob("*.yaml"))
    kubectl(control_plane, "apply", "--server-side", *_files(crds))
    wait_established(control_plane, *_files(crds))


def program_path() -> str:
    """Return PATH with this Python's programs before it, as commands have it."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def wait_established(control_plane: ControlPlane, *arguments: str, stdin: bytes = b"") -> None:
    """Wait until definitions are served; kubectl itself gives up on one that has no status yet."""
    clock = SystemClock()
    deadline = clock.monotonic_seconds() + _ESTABLISHED_SECONDS
    wait = ("wait", "--for=condition=Established", "--timeout=30s")
    while True:
        try:
            kubectl(control_plane, *wait, *arguments, stdin=stdin)
        except ProcessFailed as error:
            if "accessor error" not in str(error) or clock.monotonic_seconds() > deadline:
                raise
            clock.sleep_blocking(_POLL_SECONDS)
        else:
            return


def kubectl(control_plane: ControlPlane, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run kubectl as the administrator and return its standard output."""
    program = find_program("kubectl", path=program_path())
    kubeconfig = control_plane.kubeconfig_path
    return run_checked(
        Command(
            argv=(program or "kubectl", f"--kubeconfig={kubeconfig}", *arguments),
            environment={"PATH": os.environ["PATH"], "HOME": str(kubeconfig.parent)},
            stdin=stdin,
        )
    )


async def connect(kubeconfig: Path) -> KubeClient:
    """Return a client that is not open yet, with the credentials of a kubeconfig."""
    clock = SystemClock()
    connection = await load_connection(kubeconfig=str(kubeconfig), environment={}, clock=clock)
    return KubeClient(connection, clock=clock)


def _files(paths: list[Path]) -> list[str]:
    return [f"--filename={path}" for path in paths]

"""The demo's two controllers: processes with the credentials of their own ServiceAccounts.

They end when the demo ends, however it ends: each hangs on a pipe whose other end the demo holds.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.settled_names import SYSTEM_NAMESPACE, UNSEALER_NAMESPACE
from gitopskit.process import Command, start, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from gitopskit.kube.client import KubeClient

_TETHERED: Final = (
    'fd=$1; shift; "$@" & child=$!; trap "kill $child" TERM; cat "/dev/fd/$fd" >/dev/null;'
    " kill $child; wait $child"
)
"""Runs a program until the pipe's other end is closed, then ends it."""

_TOKEN_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """One controller: its ServiceAccount, and the command line that runs it."""

    namespace: str
    account: str
    arguments: Sequence[str]


def controllers(cache_dir: Path) -> tuple[Controller, ...]:
    """Return the two controllers as the demo runs them."""
    return (
        Controller(
            namespace=UNSEALER_NAMESPACE,
            account="gitopskit-unsealer",
            arguments=("unsealer", "run"),
        ),
        Controller(
            namespace=SYSTEM_NAMESPACE,
            account="gitopskit-reconciler",
            arguments=(
                "reconciler",
                "run",
                "--poll-seconds=1",
                "--allow-local-repositories",
                f"--cache-dir={cache_dir}",
            ),
        ),
    )


@contextmanager
def running(
    wanted: Sequence[Controller], *, folder: Path, kubeconfigs: Sequence[Path], path: str
) -> Iterator[None]:
    """Run the controllers, their output in ``folder/<account>.log``; end them on the way out."""
    reading, writing = os.pipe()
    children = []
    try:
        for controller, kubeconfig in zip(wanted, kubeconfigs, strict=True):
            program = [sys.executable, "-m", "gitopskit", *controller.arguments]
            command = Command(
                argv=["sh", "-c", _TETHERED, "sh", str(reading), *program],
                environment={"PATH": path, "HOME": str(folder), "KUBECONFIG": str(kubeconfig)},
                pass_fds=(reading,),
            )
            children.append(start(command, output=folder / f"{controller.account}.log"))
        yield
    finally:
        os.close(reading)
        os.close(writing)
        for child in children:
            wait(child)


async def token_of(api: KubeClient, controller: Controller) -> str:
    """Return a fresh token of a controller's ServiceAccount.

    Source: kubernetes.io/docs, TokenRequest (authentication.k8s.io/v1).
    """
    answer = await api.request(
        "POST",
        f"/api/v1/namespaces/{controller.namespace}/serviceaccounts/{controller.account}/token",
        body={
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": _TOKEN_SECONDS},
        },
    )
    return str(answer["status"]["token"])


async def write_kubeconfigs(
    api: KubeClient,
    wanted: Sequence[Controller],
    *,
    folder: Path,
    write: Callable[[Path, str], None],
) -> list[Path]:
    """Write one kubeconfig per controller and return their paths; ``write`` makes them 0600."""
    paths = []
    for controller in wanted:
        path = folder / f"{controller.account}.kubeconfig"
        write(path, await token_of(api, controller))
        paths.append(path)
    return paths

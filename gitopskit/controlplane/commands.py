"""The command lines of the control plane's programs; pure.

Source for every flag: the programs' own ``--help``, Kubernetes 1.37 and etcd 3.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.build import Binaries
    from gitopskit.controlplane.folder import Folder

SERVICE_RANGE: Final = "10.96.0.0/16"
POD_RANGE: Final = "10.244.0.0/16"
_LARGEST_AUDIT_LOG_MB: Final = 4000


_PATIENT: Final = 'for attempt in 1 2 3 4; do "$@" && exit; done; exec "$@"'
"""Starts a program a few times: the controllers wait ten seconds for the API server and no longer.

A busy machine needs more until the first roles are made.
"""


@dataclass(frozen=True, slots=True)
class Program:
    """A program to start: its name and its argument list."""

    name: str
    argv: tuple[str, ...]


def programs(binaries: Binaries, folder: Folder, *, port: int) -> tuple[Program, ...]:
    """Return what to start, all at once: each waits for those that it needs."""
    commands = [
        Program("etcd", _etcd(binaries.etcd, folder)),
        Program("kube-apiserver", _api_server(binaries.kube_apiserver, folder, port)),
    ]
    if binaries.kube_controller_manager:
        argv = _controller_manager(binaries.kube_controller_manager, folder)
        commands.append(Program("kube-controller-manager", argv))
    if binaries.kube_scheduler:
        commands.append(Program("kube-scheduler", _scheduler(binaries.kube_scheduler, folder)))
    if binaries.kwok:
        commands.append(Program("kwok", _simulator(binaries.kwok, folder)))
    return tuple(commands)


def _etcd(program: Path, folder: Folder) -> tuple[str, ...]:
    clients, peers = f"unix://{folder.etcd_socket}", f"unix://{folder.root / 'peer.sock'}"
    return (
        str(program),
        f"--data-dir={folder.root / 'etcd'}",
        "--name=throw-away",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=throw-away={peers}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    )


def _api_server(program: Path, folder: Folder, port: int) -> tuple[str, ...]:
    return (
        str(program),
        f"--etcd-servers=unix://{folder.etcd_socket}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--secure-port={port}",
        f"--tls-cert-file={folder.serving_certificate}",
        f"--tls-private-key-file={folder.serving_key}",
        f"--cert-dir={folder.root}",
        f"--token-auth-file={folder.tokens}",
        "--anonymous-auth=false",
        "--authorization-mode=RBAC",
        "--allow-privileged",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder.token_signing_key}",
        f"--service-account-signing-key-file={folder.token_signing_key}",
        f"--audit-policy-file={folder.audit_policy}",
        f"--audit-log-path={folder.audit_log}",
        f"--audit-log-maxsize={_LARGEST_AUDIT_LOG_MB}",
    )


def _controller_manager(program: Path, folder: Folder) -> tuple[str, ...]:
    return (
        *("sh", "-c", _PATIENT, "sh"),
        str(program),
        f"--kubeconfig={folder.kubeconfig('kube-controller-manager')}",
        "--secure-port=0",
        "--leader-elect=false",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={folder.token_signing_key}",
        f"--root-ca-file={folder.ca_file}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--concurrent-namespace-syncs=20",
    )


def _scheduler(program: Path, folder: Folder) -> tuple[str, ...]:
    return (
        str(program),
        f"--kubeconfig={folder.kubeconfig('kube-scheduler')}",
        "--secure-port=0",
        "--leader-elect=false",
    )


def _simulator(program: Path, folder: Folder) -> tuple[str, ...]:
    return (
        str(program),
        f"--kubeconfig={folder.kubeconfig('kwok')}",
        f"--config={folder.stages}",
        "--manage-all-nodes=true",
        "--node-ip=10.0.0.1",
        f"--cidr={POD_RANGE}",
        "--node-lease-duration-seconds=40",
    )

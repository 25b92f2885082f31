"""The client whose wire format we speak, built from its published module for interoperability."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gitopskit.controlplane.build import GoModule

KUBESEAL: Final = GoModule(
    name="kubeseal",
    folder=Path(__file__).parents[1] / "tools" / "kubeseal",
    packages=("github.com/bitnami/sealed-secrets/cmd/kubeseal",),
    ldflags="-s -w -X main.VERSION=0.40.0",
    cost="about 1 minute",
)

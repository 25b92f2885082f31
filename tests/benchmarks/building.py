"""Where the programs of a throw-away control plane are built and kept, for measurements."""

from __future__ import annotations

import sys

from gitopskit.cli import settings
from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import BuildSettings


def build_settings() -> BuildSettings:
    """Return them as this process's environment says."""
    found = settings.current()
    return BuildSettings(
        cache_dir=found.cache_dir,
        path=found.path,
        kubebuilder_assets=found.kubebuilder_assets,
        go_environment=found.go_environment,
        clock=SystemClock(),
        progress=lambda line: print(line, file=sys.stderr),  # noqa: T201 -- for who waits
    )

"""Build the control plane, kubeseal and Helm into the cache, before a test run needs them.

Needs nothing but Python and Go, so that it can run beside the installation of everything else.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from gitopskit.cli import settings
from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import BuildSettings, build_module, ensure_binaries
from gitopskit.errors import GitopskitError
from tests.support.helm import HELM
from tests.support.kubeseal import KUBESEAL


def main() -> int:
    """Build, and return an exit code; progress goes to standard output."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that Go is stopped, too
    found = settings.current()
    build = BuildSettings(
        cache_dir=found.cache_dir,
        path=found.program_path,
        kubebuilder_assets=found.kubebuilder_assets,
        go_environment=found.go_environment,
        clock=SystemClock(),
        progress=_show,
    )
    try:
        ensure_binaries(build)
        build_module(KUBESEAL, build)
        build_module(HELM, build)
    except GitopskitError as error:
        _show(f"control plane: {error}\nhint: {error.hint}")
        return error.exit_code
    return 0


def _show(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

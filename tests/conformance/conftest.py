"""Two definitions of SealedSecret to try things under: ours, and the Bitnami project's own.

The latter is read from ``../shared/crds``; where that folder is absent, its tests are skipped and
say so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.repository.templates import templates_root
from tests.support.cluster import kubectl, wait_established

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.controlplane.server import ControlPlane

_UPSTREAM: Final = Path(__file__).parents[3] / "shared/crds/sealed-secrets"
_OURS: Final = templates_root() / "platform/crds/sealedsecrets.yaml"


@pytest.fixture(scope="module", params=["ours", "upstream"])
def definition(platform: ControlPlane, request: pytest.FixtureRequest) -> Iterator[str]:
    """Install one of the two definitions for the tests of a module, then ours again."""
    if request.param == "upstream":
        if not _UPSTREAM.is_dir():
            pytest.skip("../shared/crds is absent: the upstream definition was not tried")
        _install(platform, _UPSTREAM)
    yield request.param
    _install(platform, _OURS)


def _install(platform: ControlPlane, path: Path) -> None:
    file = f"--filename={path}"
    kubectl(platform, "apply", "--server-side", "--force-conflicts", file)
    wait_established(platform, file)

"""The layout that the documentation shows builds with our renderer.

Reads ``../shared/design/layout-example`` beside the checkout.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gitopskit.manifests.snapshot import Snapshot
from gitopskit.render.programs import find_programs
from gitopskit.render.sources import RenderSource, render

EXAMPLE = Path(__file__).parents[3] / "shared" / "design" / "layout-example"

pytestmark = pytest.mark.skipif(
    not EXAMPLE.is_dir(), reason="../shared/design/layout-example is absent"
)


@pytest.mark.parametrize(
    ("folder", "kinds"),
    [
        ("clusters/prod", {"Namespace", "Deployment", "NetworkPolicy", "ResourceQuota"}),
        ("clusters/staging", {"Namespace", "Deployment", "NetworkPolicy", "ResourceQuota"}),
        ("clusters/prod/base", {"Namespace", "RoleBinding", "ServiceAccount"}),
        ("clusters/prod/apps/frontend", {"ConfigMap", "Deployment", "Service", "LimitRange"}),
        ("clusters/prod/registrations", {"Application", "AppProject"}),
    ],
)
def test_every_folder_of_the_layout_builds(folder: str, kinds: set[str]) -> None:
    programs = find_programs(os.environ["PATH"], beside=Path(sys.executable))

    rendered = render(
        Snapshot(revision="", root=EXAMPLE), RenderSource(path=folder), programs=programs
    )

    assert kinds <= {manifest.kind for manifest in rendered}

"""`reconciler wait` and `status --watch` end at once where there can be no TLS with the server."""

from __future__ import annotations

import base64
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.terminal import gitopskit
from tests.support.tls import make_server_tls

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane

ARGUMENTS = [
    pytest.param(("wait", "web", "--timeout", "600"), id="wait"),
    pytest.param(("status", "--watch"), id="live"),
]


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_a_server_of_another_authority_ends_it_with_three(
    control_plane: ControlPlane, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    content = yaml.safe_load(control_plane.kubeconfig_path.read_text())
    other = make_server_tls(tmp_path).ca_pem.encode()
    cluster = content["clusters"][0]["cluster"]
    cluster.pop("certificate-authority", None)
    cluster["certificate-authority-data"] = base64.b64encode(other).decode()
    (tmp_path / "config").write_text(yaml.safe_dump(content))

    done = subprocess.run(
        gitopskit("reconciler", *arguments),
        env={"PATH": os.environ["PATH"], "KUBECONFIG": str(tmp_path / "config")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 3
    assert "its certificate is not trusted" in done.stderr
    assert "hint: check authority and address of the cluster" in done.stderr

"""The demo as a person runs it: one command, from nothing to a healed cluster."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gitopskit.controlplane.build import BuildSettings
    from gitopskit.controlplane.server import ControlPlane

_TIME = r"\s+[\d.]+ m?s$"


def test_the_demo_shows_every_moment_with_its_time(
    control_plane: ControlPlane,  # noqa: ARG001 -- where it cannot be had, the demo cannot either
    build_settings: BuildSettings,
    home: Path,
) -> None:
    kept = {key: value for key, value in os.environ.items() if key.startswith("COVERAGE_")}
    temporary = Path(tempfile.mkdtemp(dir=home))
    run = subprocess.run(
        [sys.executable, "-m", "gitopskit", "demo"],
        env=kept
        | {
            "PATH": build_settings.path,
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "GITOPSKIT_CACHE_DIR": str(build_settings.cache_dir),
            "KUBEBUILDER_ASSETS": build_settings.kubebuilder_assets,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )

    assert run.returncode == 0, run.stderr
    for moment in (
        "sealed value arrived",
        "the Deployment is ready",
        "every Application is Synced and Healthy",
        "drift reverted: replicas edited by hand",
        "drift reverted: the unsealed Secret deleted",
        "commit applied",
    ):
        assert re.search(moment + ".*" + _TIME, run.stdout, re.MULTILINE), moment
    assert [path.name for path in temporary.iterdir()] == []


def test_an_interrupt_during_the_build_ends_the_build(tmp_path: Path) -> None:
    programs, temporary = tmp_path / "bin", tmp_path / "temporary"
    programs.mkdir()
    temporary.mkdir()
    go = programs / "go"
    go.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 300\n")
    go.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-m", "gitopskit", "demo"],
        env={
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "TMPDIR": str(temporary),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "pushed to a bare repository" in line:
                break
        demo.send_signal(signal.SIGINT)

        assert demo.wait(timeout=30) == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert list(temporary.iterdir()) == []

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gitopskit.controlplane.build import BuildSettings, GoModule
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

_FAKE_GO = """#!/bin/sh
echo "$GOFLAGS|$CGO_ENABLED|$HOME|$SECRET_OF_THE_CALLER" >> "$HOME/started"
while [ "$1" != -o ]; do shift; done
case "$3" in
  *broken*) echo "go: downloading example.com/x v1" >&2; echo "x.go:1: no such thing" >&2; exit 1;;
esac
echo "program $3" > "$2/${3##*/}"
"""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """A folder with a stand-in for Go in it, and settings that lead there."""

    folder: Path
    settings: BuildSettings
    clock: FakeClock
    lines: list[str]

    def module(self, *packages: str, cost: str = "a minute") -> GoModule:
        sources = self.folder / "sources"
        sources.mkdir(exist_ok=True)
        (sources / "go.mod").write_text("module example\n")
        return GoModule(name="example", folder=sources, packages=packages, cost=cost)

    def times_go_was_started(self) -> int:
        record = self.folder / "started"
        return len(record.read_text().splitlines()) if record.exists() else 0


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    programs = tmp_path / "bin"
    programs.mkdir()
    go = programs / "go"
    go.write_text(_FAKE_GO)
    go.chmod(0o755)
    clock, lines = FakeClock(), list[str]()
    settings = BuildSettings(
        cache_dir=tmp_path / "cache",
        path=f"{programs}{os.pathsep}{os.defpath}",
        kubebuilder_assets="",
        go_environment={"HOME": str(tmp_path)},
        clock=clock,
        progress=lines.append,
    )
    return Workshop(folder=tmp_path, settings=settings, clock=clock, lines=lines)

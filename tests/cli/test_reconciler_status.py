"""`gitopskit reconciler status`: tables, trees, colours, and the live view."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from gitopskit.cli import app as frame
from tests.support.cluster import kubectl
from tests.support.reconciling import SERVER, text
from tests.support.severable_way import SeverableWay
from tests.support.terminal import Terminal, at_terminal, gitopskit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.manifests.json_types import JsonObject

_NUMBERS = itertools.count(1)
OTHER_SCREEN, BACK_AGAIN = "\x1b[?1049h", "\x1b[?1049l"
HIDDEN, VISIBLE = "\x1b[?25l", "\x1b[?25h"
RED, GREEN = "\x1b[31m", "\x1b[32m"
HOSTILE = "\x1b[2Jcleared"
MOMENT = "2026-01-01T00:00:00Z"


class Registered:
    """Two Applications of a project: one is well, one was rolled back."""

    def __init__(self, plane: ControlPlane, name: str) -> None:
        self.plane, self.name = plane, name
        self.well, self.back = f"{name}-well", f"{name}-back"

    def put(
        self, name: str, *, health: str = "Healthy", condition: str = "", kind: str = "RolledBack"
    ) -> None:
        condition_of = {"type": kind, "lastTransitionTime": MOMENT}
        content: JsonObject = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": "argocd", "labels": {"team": self.name}},
            "spec": {
                "project": self.name,
                "source": {"repoURL": "https://git.example/shop.git", "path": "app"},
                "destination": {"server": SERVER, "namespace": "shop"},
            },
            "status": {
                "sync": {"status": "Synced", "revision": "c" * 40},
                "health": {"status": health},
                "conditions": [{**condition_of, "message": condition}] if condition else [],
                "resources": [
                    {"kind": "ConfigMap", "name": f"{name}-object", "status": "Synced"},
                ],
            },
        }
        manifest = text(content).encode()
        kubectl(self.plane, "apply", "--filename=-", stdin=manifest)

    def remove(self, *names: str) -> None:
        absent = "--ignore-not-found"
        kubectl(self.plane, "delete", "application", "-n", "argocd", "--wait=false", absent, *names)

    def arguments(self, *more: str) -> list[str]:
        return ["reconciler", "status", "--project", self.name, *more]


@pytest.fixture
def registered(
    platform: ControlPlane, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Registered]:
    monkeypatch.setenv("KUBECONFIG", str(platform.kubeconfig_path))
    found = Registered(platform, f"{namespace}-{next(_NUMBERS)}")
    found.put(found.well)
    found.put(found.back, condition=f"a instead of b: {HOSTILE}")
    yield found
    found.remove(found.well, found.back)


def test_a_rollback_is_a_failure_and_steers_no_terminal(
    registered: Registered, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(registered.arguments()) == 1

    header, back, well = capsys.readouterr().out.splitlines()
    assert header.startswith("NAME ")
    assert back.endswith("rolled back: a instead of b: ?[2Jcleared")
    assert well.startswith(registered.well)
    assert frame.run(registered.arguments(registered.well)) == 0


@pytest.mark.parametrize(
    "filters",
    [["{name}-well"], ["*-well"], ["-n", "shop", "{name}-w*"], ["-l", "team={name}", "*-well"]],
    ids=["name", "pattern", "namespace", "label"],
)
def test_applications_are_chosen(
    registered: Registered, filters: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [it.format(name=registered.name) for it in filters]

    assert frame.run(registered.arguments("-o", "json", *chosen)) == 0

    (told,) = json.loads(capsys.readouterr().out)
    assert (told["name"], told["rolledBack"]) == (registered.well, False)
    assert told["objects"][0]["name"] == f"{registered.well}-object"


def test_a_name_that_nobody_has_is_no_success(
    registered: Registered, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(registered.arguments("absent")) == 2
    assert frame.run(registered.arguments("-n", "elsewhere")) == 0
    assert "nothing is registered" in capsys.readouterr().out


def test_a_tree_has_the_objects(registered: Registered, capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(registered.arguments("--tree", registered.well)) == 0

    assert f"└─ ConfigMap {registered.well}-object  Synced" in capsys.readouterr().out


def test_where_letters_alone_can_be_shown_a_tree_is_shown_all_the_same(
    registered: Registered,
) -> None:
    run = subprocess.run(
        gitopskit(*registered.arguments("--tree", registered.well)),
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )

    assert f"ConfigMap {registered.well}-object".encode() in run.stdout


@pytest.mark.parametrize(
    ("flags", "environment", "is_colored"),
    [
        ([], {}, True),
        (["--no-color"], {}, False),
        ([], {"NO_COLOR": "1"}, False),
        (["--color"], {"NO_COLOR": "1"}, True),
        ([], {"TERM": "dumb"}, False),
    ],
    ids=["terminal", "flag", "variable", "flag-over-variable", "dumb"],
)
def test_a_terminal_is_coloured_unless_that_is_not_wanted(
    registered: Registered,
    tmp_path: Path,
    flags: list[str],
    environment: dict[str, str],
    *,
    is_colored: bool,
) -> None:
    command = gitopskit(*registered.arguments(*flags))

    with at_terminal(command, cwd=tmp_path, environment=environment) as terminal:
        assert terminal.end() == 1

    assert (f"{GREEN}Healthy" in terminal.shown) is is_colored
    assert ("\x1b" in terminal.shown) is is_colored
    assert "?[2Jcleared" in terminal.shown


def test_a_pipe_gets_no_colours_unless_they_are_asked_for(
    registered: Registered, capsys: pytest.CaptureFixture[str]
) -> None:
    frame.run(registered.arguments())
    assert "\x1b" not in capsys.readouterr().out

    frame.run(registered.arguments("--color"))
    assert f"{RED}rolled back" in capsys.readouterr().out


def test_the_live_view_follows_and_leaves_the_terminal_clean(
    registered: Registered, tmp_path: Path
) -> None:
    command = gitopskit(*registered.arguments("-w"))

    with at_terminal(command, cwd=tmp_path) as terminal:
        terminal.resize(rows=20, columns=100)
        terminal.expect(OTHER_SCREEN)
        terminal.expect("not well: 1")
        registered.put(registered.well, health="Degraded")
        terminal.expect("Degraded")
        terminal.expect("not well: 2")
        registered.remove(registered.back)
        terminal.expect("Applications: 1")
        terminal.resize(rows=2, columns=60)
        terminal.expect("and 2 more lines")
        terminal.interrupt()
        assert terminal.end() == 130
        assert terminal.echoes

    assert_clean(terminal)
    assert terminal.shown.index(BACK_AGAIN) < terminal.shown.rindex(registered.well)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_whatever_ends_the_live_view_the_terminal_is_left_clean(
    registered: Registered, tmp_path: Path, number: signal.Signals
) -> None:
    with at_terminal(
        gitopskit(*registered.arguments("-w", "--no-color")), cwd=tmp_path
    ) as terminal:
        terminal.expect("not well: 1")
        terminal.child.send_signal(number)
        assert terminal.end() == 130

    assert_clean(terminal)
    assert HOSTILE not in terminal.shown
    assert "\x1b[3" not in terminal.shown


def test_what_is_sealed_is_followed_beside_applications(
    registered: Registered, namespace: str
) -> None:
    sealed = {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": registered.name, "namespace": namespace},
        "spec": {"encryptedData": {}},
    }
    command = gitopskit("status", "-w", "-o", "json")

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        lines = (json.loads(line) for line in child.stdout)
        next(it for it in lines if it["name"] == registered.well)
        kubectl(registered.plane, "apply", "--filename=-", stdin=text(sealed).encode())
        found = next(it for it in lines if it["name"] == registered.name)
        kubectl(registered.plane, "delete", "--filename=-", stdin=text(sealed).encode())
        gone = next(it for it in lines if it["name"] == registered.name)
        child.send_signal(signal.SIGINT)
        assert child.wait() == 130

    assert (found["kind"], found["state"]) == ("SealedSecret", "not yet seen")
    assert (gone["namespace"], gone["state"]) == (namespace, "gone")


@pytest.mark.usefixtures("registered")
def test_everything_is_shown_in_one_coloured_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["status", "--color"]) == 1

    assert f"{RED}rolled back: a instead of b: ?[2Jcleared" in capsys.readouterr().out


def test_a_live_view_that_is_suspended_gives_the_terminal_back(
    registered: Registered, tmp_path: Path
) -> None:
    with at_terminal(gitopskit(*registered.arguments("-w")), cwd=tmp_path) as terminal:
        terminal.expect("not well: 1")
        terminal.type("\x1a")
        terminal.expect(BACK_AGAIN)
        terminal.expect(VISIBLE)
        wait_until_stopped(terminal.child.pid)
        terminal.child.send_signal(signal.SIGCONT)
        terminal.expect(OTHER_SCREEN)
        terminal.expect("not well: 1")
        terminal.interrupt()
        assert terminal.end() == 130

    assert terminal.shown.count(BACK_AGAIN) == 2


def wait_until_stopped(pid: int) -> None:
    _, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def test_the_live_view_says_when_the_server_does_not_answer(
    registered: Registered, tmp_path: Path
) -> None:
    kubeconfig = registered.plane.kubeconfig_path.read_text()
    server = yaml.safe_load(kubeconfig)["clusters"][0]["cluster"]["server"]
    with SeverableWay(int(server.rpartition(":")[2])) as way:
        (tmp_path / "config").write_text(
            kubeconfig.replace(server, f"https://127.0.0.1:{way.port}")
        )
        environment = {"KUBECONFIG": str(tmp_path / "config")}
        command = gitopskit(*registered.arguments("-w"))
        with at_terminal(command, cwd=tmp_path, environment=environment) as terminal:
            terminal.expect("not well: 1")
            way.sever()
            terminal.expect("the API server does not answer")
            way.mend()
            terminal.expect("not well: 1")
            registered.put(registered.well, health="Degraded")
            terminal.expect("not well: 2")
            terminal.interrupt()
            assert terminal.end() == 130

    assert "watch_interrupted" not in terminal.shown
    assert_clean(terminal)


def test_a_wait_outlives_a_server_that_does_not_answer(
    registered: Registered, tmp_path: Path
) -> None:
    registered.put(registered.well, health="Progressing")
    kubeconfig = registered.plane.kubeconfig_path.read_text()
    server = yaml.safe_load(kubeconfig)["clusters"][0]["cluster"]["server"]
    with SeverableWay(int(server.rpartition(":")[2])) as way:
        (tmp_path / "config").write_text(
            kubeconfig.replace(server, f"https://127.0.0.1:{way.port}")
        )
        environment = {"KUBECONFIG": str(tmp_path / "config")}
        command = gitopskit("reconciler", "wait", registered.well)
        with at_terminal(command, cwd=tmp_path, environment=environment) as terminal:
            terminal.expect("Progressing")
            way.sever()
            terminal.expect("the API server does not answer")
            registered.put(registered.well)
            way.mend()
            terminal.expect("synced and healthy")
            assert terminal.end() == 0


def test_a_wait_for_a_person_ends_with_four(
    registered: Registered, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = "not deleted before a person approves"
    registered.put(
        registered.well, health="Progressing", condition=asked, kind="DeletionConfirmationRequired"
    )

    assert frame.run(["reconciler", "wait", registered.well]) == 4

    printed = capsys.readouterr()
    assert asked in printed.out
    assert f"{registered.well} is not waited for any longer: a person must decide" in printed.err


def test_a_warning_is_shown_and_is_no_failure(
    registered: Registered, capsys: pytest.CaptureFixture[str]
) -> None:
    registered.put(registered.well, condition="renders to nothing", kind="NothingRendered")

    assert frame.run(["reconciler", "wait", registered.well]) == 0
    waited = capsys.readouterr()
    assert frame.run(registered.arguments(registered.well)) == 0

    assert waited.out == f"{registered.well}: synced and healthy\n"
    assert f"warning: {registered.well}: renders to nothing" in waited.err
    assert capsys.readouterr().out.rstrip().endswith("renders to nothing")


def test_a_wait_for_what_was_rolled_back_ends_and_names_the_command(
    registered: Registered, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["reconciler", "wait", "--selector", f"team={registered.name}"]) == 1

    printed = capsys.readouterr()
    assert f"{registered.well}: synced and healthy" in printed.out
    assert f"`gitopskit rollback {registered.back}` makes one" in printed.err


def assert_clean(terminal: Terminal) -> None:
    shown = terminal.shown
    assert shown.count(OTHER_SCREEN) == shown.count(BACK_AGAIN) == 1
    assert shown.rindex(VISIBLE) > shown.rindex(HIDDEN)


@pytest.mark.parametrize("form", ["text", "json", "yaml"])
def test_a_pipe_gets_a_line_for_each_change(registered: Registered, form: str) -> None:
    command = gitopskit(*registered.arguments("-w", "-o", form))

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        first = [child.stdout.readline() for _ in range(2)]
        registered.put(registered.well, health="Progressing")
        changed = child.stdout.readline()
        registered.remove(registered.well)
        gone = child.stdout.readline()
        child.send_signal(signal.SIGINT)
        assert child.stdout.read() == b""
        assert child.wait() == 130

    assert registered.back.encode() in first[0]
    assert b"Progressing" in changed
    assert b"gone" in gone
    if form == "json":
        assert json.loads(gone) == {
            "kind": "Application",
            "namespace": "argocd",
            "name": registered.well,
            "state": "gone",
        }

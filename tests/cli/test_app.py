"""How the frame of the command line turns what happens into output and exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from gitopskit.cli import app as frame
from gitopskit.errors import ApiForbidden, InputError, Undecryptable


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """An application of which the test registers the commands."""
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.callback()(lambda: None)
    monkeypatch.setattr(frame, "build_app", lambda *_: app)
    return app


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["--version"]) == 0

    assert capsys.readouterr().out.startswith("gitopskit ")


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["frobnicate"]) == 2

    assert capsys.readouterr().err == (
        "gitopskit: error: no such command 'frobnicate'\n"
        "gitopskit: hint: `gitopskit --help` shows what can be given\n"
    )


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (
            InputError("no name", where="a.yaml:2", hint="give it one"),
            2,
            "gitopskit: error: no name - a.yaml:2\ngitopskit: hint: give it one\n",
        ),
        (
            ApiForbidden("no", hint="ask", status=403),
            3,
            "gitopskit: error: no\ngitopskit: hint: ask, or use another context\n",
        ),
        (Undecryptable("no key opens it"), 4, "gitopskit: error: no key opens it\n"),
    ],
    ids=["with a hint", "of a cluster", "without a hint"],
)
def test_an_error_is_shown_in_its_own_words(
    commands: typer.Typer,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    code: int,
    lines: str,
) -> None:
    @commands.command()
    def fail() -> None:
        raise error

    assert frame.run(["fail"]) == code
    assert capsys.readouterr().err == lines


def test_a_bug_shows_places_but_no_values(
    commands: typer.Typer, capsys: pytest.CaptureFixture[str]
) -> None:
    @commands.command()
    def crash() -> None:
        raise RuntimeError("hunter2")

    assert frame.run(["crash"]) == 70
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert "hunter2" not in said


def test_an_interrupt_ends_with_130(commands: typer.Typer) -> None:
    @commands.command()
    def wait() -> None:
        raise KeyboardInterrupt

    assert frame.run(["wait"]) == 130


def test_the_code_of_a_command_is_the_exit_code(commands: typer.Typer) -> None:
    @commands.command()
    def check() -> None:
        raise typer.Exit(1)

    assert frame.run(["check"]) == 1


def _run_gitopskit(*arguments: str, redirect: str) -> subprocess.CompletedProcess[str]:
    """Run a shell line, because only a real process has descriptors of its own to lose."""
    line = f'"{sys.executable}" -m gitopskit "$@" {redirect}'
    return subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", line, "bash", *arguments],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", [["--help"], ["keys", "new", "-o", "secret", "--size=2048"]])
def test_a_reader_that_goes_away_is_no_failure(arguments: list[str]) -> None:
    done = _run_gitopskit(*arguments, redirect="| true")

    assert (done.returncode, done.stderr) == (0, "")


def test_standard_output_that_is_closed_is_the_environments_fault() -> None:
    done = _run_gitopskit("--help", redirect=">&-")

    assert done.returncode == 3
    assert done.stderr.startswith("gitopskit: error: standard output is closed\n")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs /dev/full")
def test_a_full_disk_is_the_environments_fault(tmp_path: Path) -> None:
    done = _run_gitopskit("init", str(tmp_path / "shop"), "--dry-run", redirect=">/dev/full")

    assert done.returncode == 3
    assert done.stderr.startswith("gitopskit: error: cannot write the result: No space left")


def test_standard_error_that_is_closed_hides_no_exit_code() -> None:
    assert _run_gitopskit("frobnicate", redirect="2>&-").returncode == 2


def test_an_error_shows_no_control_characters(
    commands: typer.Typer, capsys: pytest.CaptureFixture[str]
) -> None:
    @commands.command()
    def fail() -> None:
        raise InputError("no file", where="a\n\x1b[31m")

    assert frame.run(["fail"]) == 2

    assert capsys.readouterr().err == "gitopskit: error: no file - a??[31m\n"


def test_neither_we_nor_what_we_start_leaves_a_core_dump() -> None:
    program = (
        "import subprocess, sys\n"
        "from gitopskit.cli import app\n"
        "app.run(['--version'])\n"
        "limit = 'import resource; print(resource.getrlimit(resource.RLIMIT_CORE))'\n"
        "exec(limit)\n"
        "subprocess.run([sys.executable, '-c', limit], check=True)\n"
    )

    done = subprocess.run(
        [sys.executable, "-u", "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[1:] == ["(0, 0)", "(0, 0)"]

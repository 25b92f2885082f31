"""`gitopskit init` on the command line."""

from pathlib import Path

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from gitopskit.cli import app, init, wizard
from gitopskit.repository.config import load_config
from gitopskit.repository.layout import Repository
from gitopskit.scaffold.answers import DEFAULT_IMAGE, RawAnswers, make_answers


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of the command."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_a_repository_is_written_and_its_path_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["init", "shop", "--defaults"]) == 0

    printed = capsys.readouterr()
    assert printed.out == "shop\n"
    assert printed.err.startswith("gitopskit: wrote 33 files\n")
    assert "  cd shop\n" in printed.err
    assert load_config(Repository(folder / "shop")).name == "shop"


def test_the_working_folder_is_the_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "store").mkdir()
    monkeypatch.chdir(folder / "store")

    assert app.run(["init", "--defaults"]) == 0

    assert load_config(Repository(folder / "store")).name == "store"
    assert "  cd " not in capsys.readouterr().err


def test_flags_win_over_the_file_of_answers(folder: Path) -> None:
    (folder / "a.yml").write_text("name: theirs\nimage: ghcr.io/me/web:v1\nenvironments: [qa]\n")
    flags = ("--name=mine", "--app=api", "--app=web", "--repo-url=git@git.example.com:a.git")

    assert app.run(["init", "shop", "--answers=a.yml", *flags, "--revision=trunk"]) == 0

    config = load_config(Repository(folder / "shop"))
    assert (config.name, config.apps, config.repo_url, config.target_revision) == (
        "mine",
        ("api", "web"),
        "git@git.example.com:a.git",
        "trunk",
    )
    assert [each.name for each in config.environments] == ["qa"]
    recorded = (folder / "shop/.gitopskit/answers.yml").read_text()
    assert 'image: "ghcr.io/me/web:v1"\n' in recorded


def test_a_dry_run_prints_the_diff_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["init", "shop", "--defaults", "--dry-run"]) == 0

    assert files_in(folder) == []
    assert "--- /dev/null\n+++ b/apps/web/deployment.yaml\n" in capsys.readouterr().out


def test_nothing_is_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "shop/apps/web").mkdir(parents=True)
    (folder / "shop/apps/web/service.yaml").write_text("mine")
    before = files_in(folder)

    assert app.run(["init", "shop", "--defaults"]) == 2

    assert files_in(folder) == before
    assert capsys.readouterr().err == (
        "gitopskit: error: these are in the way and would be overwritten:"
        " apps/web/service.yaml - shop\n"
        "gitopskit: hint: choose another folder, or move these away\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Shop"], "the repository name 'Shop' is not a DNS name"),
        (["shop", "--app=on"], "YAML does not read 'on' as a text"),
        (["shop", "--environment=a b"], "the environment name 'a b' is not a DNS name"),
        (["shop", "--image=web:latest"], "does not say which build it is"),
        (["shop", "--answers=none.yml"], "cannot read the file"),
    ],
    ids=["folder", "app", "environment", "image", "file"],
)
def test_a_wrong_answer_is_told_and_nothing_written(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert app.run(["init", *arguments]) == 2

    assert said in capsys.readouterr().err
    assert files_in(folder) == []


ENTER = "\r"
ERASE = "\x15"


def test_each_answer_is_checked_before_the_next_question() -> None:
    typed = [
        *(ERASE, "Shop", ENTER),  # not taken: capitals
        *(ERASE, "shop", ENTER),
        *(ERASE, "git@git.example.com:shop.git", ENTER),
        *(ERASE, "qa, prod", ENTER),
        *(ERASE, "on", ENTER),  # not taken: no text to YAML
        *(ERASE, "api", ENTER),
        *(ENTER,),
    ]
    with create_pipe_input() as keyboard:
        keyboard.send_text("".join(typed))

        answers = wizard.ask_answers(
            RawAnswers(name="store"), wizard.Console(keyboard, DummyOutput())
        )

    assert answers == RawAnswers(
        name="shop",
        repo_url="git@git.example.com:shop.git",
        environments=("qa", "prod"),
        apps=("api",),
        image=DEFAULT_IMAGE,
    )


def test_what_is_proposed_can_be_taken_as_it_is() -> None:
    with create_pipe_input() as keyboard:
        keyboard.send_text(5 * ENTER)

        answers = wizard.ask_answers(
            RawAnswers(name="store"), wizard.Console(keyboard, DummyOutput())
        )

    assert make_answers(answers) == make_answers(RawAnswers(name="store"))


@pytest.mark.parametrize("typed", ["\x03", ERASE + "\x04"], ids=["control-c", "control-d"])
def test_giving_up_writes_nothing(folder: Path, typed: str) -> None:
    with create_pipe_input() as keyboard:
        keyboard.send_text(typed)

        with pytest.raises(KeyboardInterrupt):
            wizard.ask_answers(RawAnswers(name="shop"), wizard.Console(keyboard, DummyOutput()))

    assert files_in(folder) == []


def test_a_terminal_without_flags_is_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with create_pipe_input() as keyboard:
        keyboard.send_text(5 * ENTER)
        console = wizard.Console(keyboard, DummyOutput())
        monkeypatch.setattr(init, "_is_terminal", lambda: True)
        monkeypatch.setattr(wizard, "open_console", lambda: console)

        assert app.run(["init", "shop"]) == 0

    assert load_config(Repository(folder / "shop")).name == "shop"

"""The templates, and what becomes of a broken one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitopskit.errors import EnvironmentFault, GitopskitError
from gitopskit.scaffold.render import render_template

# copier leaves a folder open that it was reading when a template broke.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

HEAD = """\
_subdirectory: template
_templates_suffix: .jinja
_envops:
  variable_start_string: "[="
  variable_end_string: "=]"
  undefined: jinja2.StrictUndefined
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template of one file that greets."""
    folder = tmp_path / "greeting"
    (folder / "template").mkdir(parents=True)
    (folder / "copier.yml").write_text(HEAD)
    (folder / "template" / "hello.jinja").write_text("hello [= name =]\n")
    return folder


def test_values_are_filled_in_silently(
    template: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    render_template(template, tmp_path / "out", {"name": "you"})

    assert (tmp_path / "out" / "hello").read_text() == "hello you\n"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["hello"]
    assert capfd.readouterr() == ("", "")


def test_the_settings_of_a_copier_user_are_not_read(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text("[")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))

    render_template(template, tmp_path / "out", {"name": "you"})

    assert (tmp_path / "out" / "hello").exists()


@pytest.mark.parametrize(
    "break_it",
    [
        lambda folder: (folder / "template" / "hello.jinja").write_text("[= nobody =]"),
        lambda folder: (folder / "template" / "hello.jinja").write_text("[= =]"),
        lambda folder: (folder / "copier.yml").write_text("["),
        lambda folder: (folder / "copier.yml").write_text(
            f"{HEAD}_tasks: [ls]\n_jinja_extensions: [x]"
        ),
    ],
    ids=["unknown value", "bad syntax", "bad configuration", "code to run"],
)
def test_a_broken_template_is_a_bug_of_ours(
    template: Path, tmp_path: Path, break_it: Callable[[Path], object]
) -> None:
    break_it(template)

    with pytest.raises(GitopskitError, match="the template 'greeting' does not render") as caught:
        render_template(template, tmp_path / "out", {"name": "you"})

    assert caught.value.exit_code == 70


def test_a_folder_that_cannot_be_written_is_told(template: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file is in the way")

    with pytest.raises(EnvironmentFault, match="cannot write the files"):
        render_template(template, tmp_path / "out", {"name": "you"})

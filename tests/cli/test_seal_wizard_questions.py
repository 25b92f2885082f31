"""Parts of the wizard on their own: the options of generators, and the command that is told."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from gitopskit.cli.seal_wizard_command import command_of, takes_typed_values
from gitopskit.cli.seal_wizard_generators import ask_generator
from gitopskit.cli.seal_wizard_places import SealTarget
from gitopskit.cli.seal_wizard_values import NewValues
from gitopskit.cli.terminal_questions import Answer, Console, ask_many, ask_one
from gitopskit.generators.known import KNOWN
from gitopskit.generators.spec import parse_generator
from tests.support.wizard import DOWN, ENTER, ERASE, SPACE

if TYPE_CHECKING:
    from gitopskit.generators.known import GeneratorHelp

_BY_NAME: Final = {generator.name: generator for generator in KNOWN}


@pytest.mark.parametrize("generator", KNOWN, ids=lambda generator: str(generator.name))
def test_what_is_usual_is_a_generator(generator: GeneratorHelp) -> None:
    """One option at most must be given, or its check would miss the others."""
    needed = [option for option in generator.options if option.default is None]
    usual = [option for option in generator.options if option.default is not None]
    keys = "a.example.com\r" * len(needed) + ("n" if usual else "")

    with create_pipe_input() as keyboard:
        keyboard.send_text(keys)
        spec = ask_generator(Console(keyboard, DummyOutput()), generator)

    given = [f"{option.name}=a.example.com" for option in needed]
    assert spec == ":".join([generator.name, *given])
    parse_generator(spec)


@pytest.mark.parametrize(
    ("name", "keys", "spec"),
    [
        ("token", f"y{ERASE}1{ENTER}{ERASE}64{ENTER}{DOWN}{ENTER}", "token:bytes=64,encoding="),
        ("tls", f"a.b, c.d{ENTER}y{ERASE}30{ENTER}{ENTER}", "tls:host=a.b,host=c.d,days=30"),
        ("ssh", f"y{ERASE}me@here{ENTER}", "ssh:comment=me@here"),
    ],
)
def test_options_that_are_changed_are_written(name: str, keys: str, spec: str) -> None:
    with create_pipe_input() as keyboard:
        keyboard.send_text(keys)
        asked = ask_generator(Console(keyboard, DummyOutput()), _BY_NAME[name])

    assert asked.startswith(spec)
    parse_generator(asked)


def test_several_answers_keep_their_order_and_one_is_needed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = [Answer(value=each, text=each) for each in ("a", "b", "c")]

    with create_pipe_input() as keyboard:
        keyboard.send_text(f"{ENTER}{DOWN}{DOWN}{SPACE}{DOWN}{SPACE}{ENTER}")
        chosen = ask_many(Console(keyboard, DummyOutput()), "Which", answers)

    assert chosen == ("a", "c")
    assert "choose at least one" in capsys.readouterr().err


def test_what_cannot_be_chosen_is_passed_over() -> None:
    answers = [Answer(value="a", text="a", problem="not now"), Answer(value="b", text="b")]

    with create_pipe_input() as keyboard:
        keyboard.send_text(ENTER)

        assert ask_one(Console(keyboard, DummyOutput()), "Which", answers) == "b"


def _target(*flags: str, changed_file: str = "") -> SealTarget:
    return SealTarget(
        name="db",
        existing=None,
        flags=flags,
        plan=lambda *_: [],
        changed_file=changed_file,
    )


def _new(*sources: tuple[str, str], flags: tuple[str, ...] = ()) -> NewValues:
    return NewValues(values={}, notes=(), secret_type="", scope=None, sources=sources, flags=flags)


def test_the_command_has_one_flag_on_a_line_and_is_fit_for_a_shell() -> None:
    new = _new(("--from-file", "a=it's here"), flags=("--scope", "cluster-wide"))

    command = command_of(_target("--app", "web", "--no-register"), new, file_name="db.yaml")

    assert command.splitlines()[:3] == ["gitopskit seal \\", "  --app web \\", "  --no-register \\"]
    assert shlex.split(command.replace("\\\n", "")) == [
        *("gitopskit", "seal", "--app", "web", "--no-register"),
        *("--from-file", "a=it's here", "--scope", "cluster-wide", "-w", "db.yaml"),
    ]


def test_each_value_is_a_command_where_a_file_is_changed() -> None:
    new = _new(
        ("--from-file", "a=-"),
        ("--from-file", "b=x=y"),
        ("--generate", "c=password:length=24"),
        ("--generate", "tls:host=a.b"),
    )

    command = command_of(_target("--cert", "c", changed_file="f.yaml"), new, file_name="")

    assert command.splitlines() == [
        "gitopskit seal set f.yaml a --cert c",
        "gitopskit seal set f.yaml b --from-file x=y --cert c",
        "gitopskit seal set f.yaml c --generate password:length=24 --cert c",
        "gitopskit seal set f.yaml --generate tls:host=a.b --cert c",
    ]


def test_only_what_was_typed_is_needed_again() -> None:
    assert takes_typed_values(_new(("--generate", "a=uuid"), ("--from-file", "b=-")))
    assert not takes_typed_values(_new(("--generate", "a=uuid"), ("--from-file", "b=c-")))

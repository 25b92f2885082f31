"""`gitopskit seal` in front of a person who errs, hesitates or gives up."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.terminal import at_terminal, gitopskit
from tests.support.wizard import (
    CANARY,
    DOWN,
    ENTER,
    ERASE,
    LAST_STEPS,
    OVERLAYS,
    SPACE,
    VALUE,
    files_in,
    new_secret,
    opened_with,
    repository_with_certificates,
    told_commands,
    typed,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.generated_repository import GeneratedRepository
    from tests.support.terminal import Terminal
    from tests.support.wizard import Step


@pytest.fixture
def shop(tmp_path: Path) -> GeneratedRepository:
    """A repository whose environments have a certificate each."""
    return repository_with_certificates(tmp_path / "shop", "staging", "prod")


def test_an_answer_that_cannot_be_used_is_told_and_asked_again(shop: GeneratedRepository) -> None:
    steps: list[Step] = [
        ("Environments", ENTER),
        ("choose at least one", f"{SPACE}{ENTER}"),
        ("App", ENTER),
        ("Name of the Secret", f"{ERASE}Db{ENTER}"),
        ("is not a DNS name", f"{ERASE}db{ENTER}"),
        ("Type", ENTER),
        ("Key", f"a b{ENTER}"),
        ("has a key that a Secret cannot have", f"{ERASE}password{ENTER}"),
        ("Value of password", ENTER),
        ("hidden: ", ENTER),
        ("error: nothing was typed", ""),
        ("Value of password", ENTER),
        ("hidden: ", f"{VALUE}{ENTER}"),
        ("the same again: ", f"typo{ENTER}"),
        ("the two are not the same", ""),
        ("hidden: ", f"{VALUE}{ENTER}"),
        ("the same again: ", f"{VALUE}{ENTER}"),
        ("Another key", f"password{ENTER}"),
        ("has its value already", f"{ERASE}token{ENTER}"),
        ("Value of token", f"{DOWN * 2}{ENTER}"),
        ("Change any of that", "y"),
        ("length: ", f"{ERASE}4{ENTER}"),
        ("choose ", f"{ERASE}16{ENTER}"),
        *[(option, ENTER) for option in ("symbols: ", "lower: ", "upper: ", "digits: ")],
        ("ambiguous: ", f"{DOWN}{ENTER}"),
        ("Another key", ENTER),
        ("Scope", ENTER),
        ("File in the overlay", f"{ERASE}../db.yaml{ENTER}"),
        ("cannot be called", f"{ERASE}db.yaml{ENTER}"),
        ("Write this", ENTER),
    ]
    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, steps)
        assert terminal.end() == 0
        (command,) = told_commands(terminal)

        assert not CANARY.is_in(terminal.shown.encode())
    values = opened_with(shop.root / OVERLAYS["staging"] / "db.yaml", 0)
    assert (values["password"], len(values["token"])) == (VALUE, 16)
    assert command[-4:] == ["--generate", "token=password:length=16,ambiguous=no", "-w", "db.yaml"]


_PLACES: Final[dict[str, list[Step]]] = {
    "environments": [("Environments", "")],
    "app": [*new_secret("db")[:1], ("App", "")],
    "key": [*new_secret("db"), ("Key", "")],
    "where from": [*new_secret("db"), *typed("password", VALUE)[:1], ("Value of password", "")],
    "hidden": [*new_secret("db"), *typed("password", VALUE)[:2], ("hidden: ", "half of it")],
    "again": [*new_secret("db"), *typed("password", VALUE)[:3], ("the same again: ", VALUE)],
    "agreement": [
        *new_secret("db"),
        *typed("password", VALUE),
        *LAST_STEPS[:-1],
        ("Write this", ""),
    ],
}


def _control_c(terminal: Terminal) -> None:
    terminal.interrupt()


def _interruption(terminal: Terminal) -> None:
    terminal.child.send_signal(signal.SIGINT)


def _termination(terminal: Terminal) -> None:
    terminal.child.terminate()


@pytest.mark.parametrize("place", list(_PLACES))
@pytest.mark.parametrize(
    "give_up",
    [_control_c, _interruption, _termination],
    ids=["Control-C", "SIGINT", "SIGTERM"],
)
def test_giving_up_leaves_files_and_terminal_as_they_were(
    shop: GeneratedRepository, place: str, give_up: Callable[[Terminal], None]
) -> None:
    before = files_in(shop.root)

    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, _PLACES[place])
        give_up(terminal)
        code = terminal.end()

        assert (code, terminal.echoes, terminal.rest()) == (130, True, b"")
        assert not CANARY.is_in(terminal.shown.encode())
    assert files_in(shop.root) == before


def test_who_does_not_agree_keeps_everything_as_it_was(shop: GeneratedRepository) -> None:
    before = files_in(shop.root)

    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, [*_PLACES["agreement"][:-1], ("Write this", "n")])
        code = terminal.end()

        assert (code, "The same without questions" in terminal.shown) == (130, False)
    assert files_in(shop.root) == before


def test_a_file_that_changes_before_the_agreement_is_left_alone(shop: GeneratedRepository) -> None:
    path = shop.root / OVERLAYS["prod"] / "kustomization.yaml"

    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, _PLACES["agreement"])
        path.write_text(f"{path.read_text()}# theirs\n")
        before = files_in(shop.root)
        terminal.type("y")
        assert terminal.end() == 4

    assert files_in(shop.root) == before


def test_a_dry_run_shows_the_change_and_writes_nothing(shop: GeneratedRepository) -> None:
    before = files_in(shop.root)

    with at_terminal(gitopskit("seal", "--dry-run"), cwd=shop.root) as terminal:
        walk(terminal, _PLACES["agreement"][:-1])
        assert terminal.end() == 0

        assert "+kind: SealedSecret\n" in terminal.shown
    assert files_in(shop.root) == before


def test_what_is_typed_before_a_hidden_question_does_not_show_in_the_next(
    shop: GeneratedRepository,
) -> None:
    """The library for visible questions keeps what comes too early for its own next one."""
    steps = [*new_secret("db"), *typed("password", VALUE)]
    question, keys = steps[-3]

    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, [*steps[:-3], (question, f"{keys}{VALUE}"), *steps[-2:]])
        terminal.expect("Another key")
        terminal.interrupt()
        assert terminal.end() == 130

        assert not CANARY.is_in(terminal.shown.encode())


def test_an_environment_without_a_certificate_is_shown_with_what_to_do(tmp_path: Path) -> None:
    shop = repository_with_certificates(tmp_path / "shop", "prod")

    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        terminal.expect("no certificate for the environment 'staging'")
        terminal.expect("prod")
        terminal.type(f"{SPACE}{ENTER}")
        terminal.expect("  prod")
        terminal.expect("App")
        terminal.interrupt()
        assert terminal.end() == 130


def test_without_any_certificate_there_is_nothing_to_ask(tmp_path: Path) -> None:
    shop = repository_with_certificates(tmp_path / "shop")

    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        assert terminal.end() == 2

        assert "error: no environment has a certificate to seal with" in terminal.shown
        assert "run `gitopskit keys fetch --env staging`; or run" in terminal.shown


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--env", "nowhere"], "there is no environment 'nowhere'"),
        (["--env", "staging"], "there is no certificate for the environment 'staging'"),
        (["--env", "prod", "--app", "api"], "there is no app 'api' in this repository"),
        (["--name", "Db"], "the name of the Secret 'Db' is not a DNS name"),
        (["-w", "../db.yaml"], "a sealed file in an overlay cannot be called '../db.yaml'"),
    ],
    ids=["environment", "certificate", "app", "name", "file"],
)
def test_what_flags_say_wrong_is_told_before_anything_is_asked(
    tmp_path: Path, flags: list[str], said: str
) -> None:
    shop = repository_with_certificates(tmp_path / "shop", "prod")

    with at_terminal(gitopskit("seal", *flags), cwd=shop.root) as terminal:
        assert terminal.end() == 2

        assert said in terminal.shown
        assert "? " not in terminal.shown

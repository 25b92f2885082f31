"""`gitopskit seal` in front of a person, from nothing to what a cluster can open."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from gitopskit.manifests.documents import read_documents
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.canary import Canary
from tests.support.sealing import private_key_of, sealing_pair
from tests.support.terminal import at_terminal, gitopskit
from tests.support.wizard import (
    DOWN,
    ENTER,
    ERASE,
    LAST_STEPS,
    SPACE,
    files_in,
    new_secret,
    repository_with_certificates,
    told_commands,
    typed,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.generated_repository import GeneratedRepository
    from tests.support.terminal import Terminal
    from tests.support.wizard import Step

CANARY: Final = Canary(b'canary-"k7\\Zq $HOME-93b1')
_VALUE: Final = CANARY.value.decode()
_OVERLAYS: Final = {"staging": "clusters/staging/apps/web", "prod": "clusters/prod/apps/web"}


@pytest.fixture
def shop(tmp_path: Path) -> GeneratedRepository:
    """A repository whose environments have a certificate each."""
    return repository_with_certificates(tmp_path / "shop", "staging", "prod")


def _opened(path: Path, number: int) -> dict[str, str]:
    (manifest,) = read_documents(path.read_bytes(), path=path.name)
    keyring = Keyring([private_key_of(sealing_pair(number))])
    unsealed = unseal_secret(manifest.content, keyring=keyring)
    return {item: value.reveal().decode() for item, value in unsealed.data.items()}


def test_what_is_typed_opens_in_each_environment_and_shows_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From `init` on with commands alone, to what kustomize builds and the private keys open."""
    monkeypatch.chdir(tmp_path)
    assert app.run(["init", "shop", "--defaults"]) == 0
    for environment in _OVERLAYS:
        assert app.run(["keys", "new", "--size", "2048", "-d", f"keys/{environment}"]) == 0
        shutil.copy(f"keys/{environment}/tls.crt", f"shop/.gitopskit/certs/{environment}.pem")
    (tmp_path / "temporary").mkdir()

    with at_terminal(
        gitopskit("seal"), cwd=Path("shop"), environment={"TMPDIR": str(tmp_path / "temporary")}
    ) as terminal:
        walk(terminal, [*new_secret("db"), *typed("password", _VALUE), *LAST_STEPS])
        assert (terminal.end(), terminal.echoes, terminal.rest()) == (0, True, b"")

        assert not CANARY.is_in(terminal.shown.encode())
    assert [name for name, data in files_in(tmp_path).items() if CANARY.is_in(data)] == []
    monkeypatch.chdir("shop")
    capsys.readouterr()
    assert app.run(["validate"]) == 0
    capsys.readouterr()
    for environment, overlay in _OVERLAYS.items():
        key = f"../keys/{environment}/tls.key"
        assert app.run(["unseal", f"{overlay}/db.sealed.yaml", "--private-key", key]) == 0
        secret = json.loads(capsys.readouterr().out)
        assert secret["metadata"]["namespace"] == f"{environment}-web"
        assert list(secret["data"]) == ["password"]
        assert CANARY.is_in(secret["data"]["password"].encode())


def test_what_is_sealed_is_part_of_what_kustomize_builds(shop: GeneratedRepository) -> None:
    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, [*new_secret("db"), *typed("password", _VALUE), *LAST_STEPS])
        assert terminal.end() == 0

    for environment, overlay in _OVERLAYS.items():
        built = [m for m in shop.build(overlay) if m.kind == "SealedSecret"]
        assert [(m.namespace, m.name) for m in built] == [(f"{environment}-web", "db")]


def test_results_are_the_files_and_everything_else_is_for_people(
    shop: GeneratedRepository,
) -> None:
    with (
        (shop.root / "out").open("w") as out,
        at_terminal(gitopskit("seal"), cwd=shop.root, stdout=out.fileno()) as terminal,
    ):
        walk(terminal, [*new_secret("db"), *typed("password", _VALUE), *LAST_STEPS])
        assert terminal.end() == 0

        assert "+  - db.sealed.yaml\n" in terminal.shown
        assert "SHA256:" in terminal.shown
    assert (shop.root / "out").read_text().splitlines() == [
        f"{overlay}/{name}"
        for overlay in _OVERLAYS.values()
        for name in ("db.sealed.yaml", "kustomization.yaml")
    ]


def test_the_command_that_is_told_does_the_same(shop: GeneratedRepository) -> None:
    (shop.root / "ca.pem").write_text("-----a\n-----b\n")
    before = files_in(shop.root)
    steps: list[Step] = [
        *new_secret("db"),
        *typed("password", _VALUE),
        ("Another key", f"ca{ENTER}"),
        ("Value of ca", f"{DOWN}{ENTER}"),
        ("File", f"ca.pem{ENTER}"),
        ("Another key", f"token{ENTER}"),
        ("Value of token", f"{DOWN * 3}{ENTER}"),
        ("Change any of that", "y"),
        ("bytes: ", f"{ERASE}48{ENTER}"),
        ("encoding: ", ENTER),
        *typed("user", "ann"),
        ("Another key", ENTER),
        ("Scope", f"{DOWN}{ENTER}"),
        ("File in the overlay", f"{ERASE}sealed-secret.yaml{ENTER}"),
        ("Write this", ENTER),
    ]
    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, steps)
        assert terminal.end() == 0
        (command,) = told_commands(terminal)
    asked = files_in(shop.root)
    for name in asked.keys() - before.keys():
        (shop.root / name).unlink()
    for name, data in before.items():
        (shop.root / name).write_bytes(data)

    with at_terminal(gitopskit(*command), cwd=shop.root) as terminal:
        for key, value in (("password", _VALUE), ("user", "ann")):
            terminal.answer(f"{key}: ", value)
            terminal.answer("the same again: ", value)
        assert terminal.end() == 0

    assert files_in(shop.root).keys() == asked.keys()
    for number, overlay in enumerate(_OVERLAYS.values()):
        values = _opened(shop.root / overlay / "sealed-secret.yaml", number)
        assert len(values.pop("token")) == 64
        assert values == {"ca": "-----a\n-----b\n", "password": _VALUE, "user": "ann"}
        text = (shop.root / overlay / "sealed-secret.yaml").read_text()
        assert 'sealedsecrets.bitnami.com/namespace-wide: "true"' in text
        assert (shop.root / overlay / "kustomization.yaml").read_bytes() == asked[
            f"{overlay}/kustomization.yaml"
        ]


def test_an_item_is_added_to_what_is_there_and_all_else_stays(shop: GeneratedRepository) -> None:
    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, [*new_secret("db"), *typed("password", "hunter2"), *LAST_STEPS])
        assert terminal.end() == 0
    path = shop.root / _OVERLAYS["prod"] / "db.sealed.yaml"
    path.write_text(f"# ours\n{path.read_text()}")
    before = files_in(shop.root)

    with at_terminal(gitopskit("seal", "--env", "prod"), cwd=shop.root) as terminal:
        steps: list[Step] = [
            ("App", ENTER),
            ("add to db (password; prod)", f"{DOWN}{ENTER}"),
            *typed("token", _VALUE),
            ("Another key", ENTER),
            ("Write this", ENTER),
        ]
        walk(terminal, steps)
        assert terminal.end() == 0
        (command,) = told_commands(terminal)

    after = files_in(shop.root)
    assert _opened(path, 1) == {"password": "hunter2", "token": _VALUE}
    assert [name for name in after if after[name] != before.get(name)] == [
        path.relative_to(shop.root).as_posix()
    ]
    old = before[path.relative_to(shop.root).as_posix()].splitlines()
    assert [line for line in path.read_bytes().splitlines() if b" token" not in line] == old
    assert command == [
        *("seal", "--app", "web", "--env", "prod", "--name", "db", "--from-file", "token=-")
    ]


def test_a_generator_that_names_its_items_gives_the_secret_its_type(
    shop: GeneratedRepository,
) -> None:
    steps: list[Step] = [
        *new_secret("server"),
        ("Key", f"any{ENTER}"),
        ("Value of any", f"{DOWN * 6}{ENTER}"),
        ("host: ", f"a.example.com, b.example.com{ENTER}"),
        ("Change any of that", "n"),
        ("it makes tls.crt and tls.key", ""),
        *LAST_STEPS,
    ]
    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, steps)
        assert terminal.end() == 0
        (command,) = told_commands(terminal)
        assert "gitopskit: the certificate is self-signed" in terminal.shown

    path = shop.root / _OVERLAYS["staging"] / "server.sealed.yaml"
    (sealed,) = read_documents(path.read_bytes(), path="server")
    assert sealed.content["spec"]["template"]["type"] == "kubernetes.io/tls"
    assert _opened(path, 0).keys() == {"tls.crt", "tls.key"}
    assert command[-2:] == ["--generate", "tls:host=a.example.com,host=b.example.com"]


def test_a_type_asks_for_its_items(shop: GeneratedRepository) -> None:
    (shop.root / "tls.crt").write_text("certificate\nof two lines\n")
    steps: list[Step] = [
        *new_secret("server")[:-1],
        ("Type", f"{DOWN}{ENTER}"),
        ("Key", ENTER),
        ("Value of tls.crt", f"{DOWN}{ENTER}"),
        ("File", f"no-such-file{ENTER}"),
        ("there is no such file", f"{ERASE}tls.crt{ENTER}"),
        ("Key", ENTER),
        ("Value of tls.key", ENTER),
        ("hidden: ", f"{_VALUE}{ENTER}"),
        ("the same again: ", f"{_VALUE}{ENTER}"),
        *LAST_STEPS,
    ]
    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, steps)
        assert terminal.end() == 0
        (command,) = told_commands(terminal)

    assert command[command.index("--type") + 1] == "kubernetes.io/tls"
    path = shop.root / _OVERLAYS["prod"] / "server.sealed.yaml"
    assert _opened(path, 1)["tls.key"] == _VALUE


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
        ("hidden: ", f"{_VALUE}{ENTER}"),
        ("the same again: ", f"typo{ENTER}"),
        ("the two are not the same", ""),
        ("hidden: ", f"{_VALUE}{ENTER}"),
        ("the same again: ", f"{_VALUE}{ENTER}"),
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
    values = _opened(shop.root / _OVERLAYS["staging"] / "db.yaml", 0)
    assert (values["password"], len(values["token"])) == (_VALUE, 16)
    assert command[-4:] == ["--generate", "token=password:length=16,ambiguous=no", "-w", "db.yaml"]


_PLACES: Final[dict[str, list[Step]]] = {
    "environments": [("Environments", "")],
    "app": [*new_secret("db")[:1], ("App", "")],
    "key": [*new_secret("db"), ("Key", "")],
    "where from": [*new_secret("db"), *typed("password", _VALUE)[:1], ("Value of password", "")],
    "hidden": [*new_secret("db"), *typed("password", _VALUE)[:2], ("hidden: ", "half of it")],
    "again": [*new_secret("db"), *typed("password", _VALUE)[:3], ("the same again: ", _VALUE)],
    "agreement": [
        *new_secret("db"),
        *typed("password", _VALUE),
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
    path = shop.root / _OVERLAYS["prod"] / "kustomization.yaml"

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
    steps = [*new_secret("db"), *typed("password", _VALUE)]
    question, keys = steps[-3]

    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, [*steps[:-3], (question, f"{keys}{_VALUE}"), *steps[-2:]])
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


def test_what_flags_say_is_not_asked(shop: GeneratedRepository) -> None:
    flags = ["--app", "web", "--env", "prod", "--name", "db", "--scope", "namespace-wide"]
    more = ["--type", "Opaque", "-w", "x.yaml", "--no-register", "--no-record-keys"]

    with at_terminal(gitopskit("seal", *flags, *more), cwd=shop.root) as terminal:
        walk(
            terminal,
            [*typed("password", _VALUE), ("Another key", ENTER), ("Write this", ENTER)],
        )
        assert terminal.end() == 0
        (command,) = told_commands(terminal)

    folder = shop.root / _OVERLAYS["prod"]
    text = (folder / "x.yaml").read_text()
    assert _opened(folder / "x.yaml", 1) == {"password": _VALUE}
    assert ("namespace-wide" in text, "sealing-keys" in text) == (True, False)
    assert "x.yaml" not in (folder / "kustomization.yaml").read_text()
    assert sorted(command) == sorted(["seal", *flags, *more[2:], "--from-file", "password=-"])


def test_outside_a_repository_certificate_and_file_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "tls.crt").write_bytes(sealing_pair().certificate_pem)
    steps: list[Step] = [
        ("This is no repository", ""),
        ("Certificate", f"nowhere.crt{ENTER}"),
        ("No such file", f"{ERASE}tls.crt{ENTER}"),
        ("SHA256:", ""),
        ("Namespace", f"shop{ENTER}"),
        ("Name of the Secret", f"db{ENTER}"),
        ("File", ENTER),
        ("Type", ENTER),
        *typed("password", _VALUE),
        ("Another key", ENTER),
        ("Scope", ENTER),
        ("Write this", ENTER),
    ]
    with at_terminal(gitopskit("seal"), cwd=tmp_path) as terminal:
        walk(terminal, steps)
        assert terminal.end() == 0
        (command,) = told_commands(terminal)

    assert _opened(tmp_path / "db.sealed.yaml", 0) == {"password": _VALUE}
    assert command == [
        *("seal", "--cert", "tls.crt", "--namespace", "shop", "--name", "db"),
        *("-w", "db.sealed.yaml", "--from-file", "password=-"),
    ]


def test_outside_a_repository_a_sealed_file_is_added_to(tmp_path: Path) -> None:
    (tmp_path / "tls.crt").write_bytes(sealing_pair().certificate_pem)
    flags = ["--cert", "tls.crt", "-n", "shop", "--name", "db"]
    last: list[Step] = [("Another key", ENTER), ("Scope", ENTER), ("Write this", ENTER)]
    with at_terminal(gitopskit("seal", *flags), cwd=tmp_path) as terminal:
        walk(terminal, [("File", ENTER), ("Type", ENTER), *typed("password", "hunter2"), *last])
        assert terminal.end() == 0

    with at_terminal(gitopskit("seal", *flags), cwd=tmp_path) as terminal:
        walk(terminal, [("File", ENTER), *typed("token", "t"), last[0], last[2]])
        assert terminal.end() == 0
        (command,) = told_commands(terminal)

    path = tmp_path / "db.sealed.yaml"
    assert _opened(path, 0) == {"password": "hunter2", "token": "t"}
    with at_terminal(gitopskit(*command), cwd=tmp_path) as terminal:
        terminal.answer("token: ", _VALUE)
        terminal.answer("the same again: ", _VALUE)
        assert terminal.end() == 0
    assert _opened(path, 0) == {"password": "hunter2", "token": _VALUE}


def test_the_library_for_questions_is_loaded_for_questions_only(tmp_path: Path) -> None:
    (tmp_path / "tls.crt").write_bytes(sealing_pair().certificate_pem)
    manifest = (
        b"{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: b}, stringData: {c: d}}"
    )
    program = """\
import sys
from gitopskit.cli import app
code = app.run(sys.argv[1:])
sys.exit(code or bool({"questionary", "prompt_toolkit"} & sys.modules.keys()))
"""

    done = subprocess.run(
        [sys.executable, "-c", program, "seal", "--cert", "tls.crt"],
        cwd=tmp_path,
        input=manifest,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")

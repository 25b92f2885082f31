"""`gitopskit seal` in front of a person, from nothing to what a cluster can open."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.manifests.documents import read_documents
from tests.support.sealing import sealing_pair
from tests.support.terminal import at_terminal, gitopskit
from tests.support.wizard import (
    CANARY,
    DOWN,
    ENTER,
    ERASE,
    LAST_STEPS,
    OVERLAYS,
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
    from tests.support.generated_repository import GeneratedRepository
    from tests.support.wizard import Step


@pytest.fixture
def shop(tmp_path: Path) -> GeneratedRepository:
    """A repository whose environments have a certificate each."""
    return repository_with_certificates(tmp_path / "shop", "staging", "prod")


def test_what_is_typed_opens_in_each_environment_and_shows_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From `init` on with commands alone, to what kustomize builds and the private keys open."""
    monkeypatch.chdir(tmp_path)
    assert app.run(["init", "shop", "--defaults"]) == 0
    for environment in OVERLAYS:
        assert app.run(["keys", "new", "--size", "2048", "-d", f"keys/{environment}"]) == 0
        shutil.copy(f"keys/{environment}/tls.crt", f"shop/.gitopskit/certs/{environment}.pem")
    (tmp_path / "temporary").mkdir()

    with at_terminal(
        gitopskit("seal"), cwd=Path("shop"), environment={"TMPDIR": str(tmp_path / "temporary")}
    ) as terminal:
        walk(terminal, [*new_secret("db"), *typed("password", VALUE), *LAST_STEPS])
        assert (terminal.end(), terminal.echoes, terminal.rest()) == (0, True, b"")

        assert not CANARY.is_in(terminal.shown.encode())
    assert [name for name, data in files_in(tmp_path).items() if CANARY.is_in(data)] == []
    monkeypatch.chdir("shop")
    capsys.readouterr()
    assert app.run(["validate"]) == 0
    capsys.readouterr()
    for environment, overlay in OVERLAYS.items():
        key = f"../keys/{environment}/tls.key"
        assert app.run(["unseal", f"{overlay}/db.sealed.yaml", "--private-key", key]) == 0
        secret = json.loads(capsys.readouterr().out)
        assert secret["metadata"]["namespace"] == f"{environment}-web"
        assert list(secret["data"]) == ["password"]
        assert CANARY.is_in(secret["data"]["password"].encode())


def test_what_is_sealed_is_part_of_what_kustomize_builds(shop: GeneratedRepository) -> None:
    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, [*new_secret("db"), *typed("password", VALUE), *LAST_STEPS])
        assert terminal.end() == 0

    for environment, overlay in OVERLAYS.items():
        built = [m for m in shop.build(overlay) if m.kind == "SealedSecret"]
        assert [(m.namespace, m.name) for m in built] == [(f"{environment}-web", "db")]


def test_results_are_the_files_and_everything_else_is_for_people(
    shop: GeneratedRepository,
) -> None:
    with (
        (shop.root / "out").open("w") as out,
        at_terminal(gitopskit("seal"), cwd=shop.root, stdout=out.fileno()) as terminal,
    ):
        walk(terminal, [*new_secret("db"), *typed("password", VALUE), *LAST_STEPS])
        assert terminal.end() == 0

        assert "+  - db.sealed.yaml\n" in terminal.shown
        assert "SHA256:" in terminal.shown
    assert (shop.root / "out").read_text().splitlines() == [
        f"{overlay}/{name}"
        for overlay in OVERLAYS.values()
        for name in ("db.sealed.yaml", "kustomization.yaml")
    ]


def test_the_command_that_is_told_does_the_same(shop: GeneratedRepository) -> None:
    (shop.root / "ca.pem").write_text("-----a\n-----b\n")
    before = files_in(shop.root)
    steps: list[Step] = [
        *new_secret("db"),
        *typed("password", VALUE),
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
        for key, value in (("password", VALUE), ("user", "ann")):
            terminal.answer(f"{key}: ", value)
            terminal.answer("the same again: ", value)
        assert terminal.end() == 0

    assert files_in(shop.root).keys() == asked.keys()
    for number, overlay in enumerate(OVERLAYS.values()):
        values = opened_with(shop.root / overlay / "sealed-secret.yaml", number)
        assert len(values.pop("token")) == 64
        assert values == {"ca": "-----a\n-----b\n", "password": VALUE, "user": "ann"}
        text = (shop.root / overlay / "sealed-secret.yaml").read_text()
        assert 'sealedsecrets.bitnami.com/namespace-wide: "true"' in text
        assert (shop.root / overlay / "kustomization.yaml").read_bytes() == asked[
            f"{overlay}/kustomization.yaml"
        ]


def test_an_item_is_added_to_what_is_there_and_all_else_stays(shop: GeneratedRepository) -> None:
    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, [*new_secret("db"), *typed("password", "hunter2"), *LAST_STEPS])
        assert terminal.end() == 0
    path = shop.root / OVERLAYS["prod"] / "db.sealed.yaml"
    path.write_text(f"# ours\n{path.read_text()}")
    before = files_in(shop.root)

    with at_terminal(gitopskit("seal", "--env", "prod"), cwd=shop.root) as terminal:
        steps: list[Step] = [
            ("App", ENTER),
            ("add to db (password; prod)", f"{DOWN}{ENTER}"),
            *typed("token", VALUE),
            ("Another key", ENTER),
            ("Write this", ENTER),
        ]
        walk(terminal, steps)
        assert terminal.end() == 0
        (command,) = told_commands(terminal)

    after = files_in(shop.root)
    assert opened_with(path, 1) == {"password": "hunter2", "token": VALUE}
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

    path = shop.root / OVERLAYS["staging"] / "server.sealed.yaml"
    (sealed,) = read_documents(path.read_bytes(), path="server")
    assert sealed.content["spec"]["template"]["type"] == "kubernetes.io/tls"
    assert opened_with(path, 0).keys() == {"tls.crt", "tls.key"}
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
        ("hidden: ", f"{VALUE}{ENTER}"),
        ("the same again: ", f"{VALUE}{ENTER}"),
        *LAST_STEPS,
    ]
    with at_terminal(gitopskit("seal"), cwd=shop.root) as terminal:
        walk(terminal, steps)
        assert terminal.end() == 0
        (command,) = told_commands(terminal)

    assert command[command.index("--type") + 1] == "kubernetes.io/tls"
    path = shop.root / OVERLAYS["prod"] / "server.sealed.yaml"
    assert opened_with(path, 1)["tls.key"] == VALUE


def test_what_flags_say_is_not_asked(shop: GeneratedRepository) -> None:
    flags = ["--app", "web", "--env", "prod", "--name", "db", "--scope", "namespace-wide"]
    more = ["--type", "Opaque", "-w", "x.yaml", "--no-register", "--no-record-keys"]

    with at_terminal(gitopskit("seal", *flags, *more), cwd=shop.root) as terminal:
        walk(
            terminal,
            [*typed("password", VALUE), ("Another key", ENTER), ("Write this", ENTER)],
        )
        assert terminal.end() == 0
        (command,) = told_commands(terminal)

    folder = shop.root / OVERLAYS["prod"]
    text = (folder / "x.yaml").read_text()
    assert opened_with(folder / "x.yaml", 1) == {"password": VALUE}
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
        *typed("password", VALUE),
        ("Another key", ENTER),
        ("Scope", ENTER),
        ("Write this", ENTER),
    ]
    with at_terminal(gitopskit("seal"), cwd=tmp_path) as terminal:
        walk(terminal, steps)
        assert terminal.end() == 0
        (command,) = told_commands(terminal)

    assert opened_with(tmp_path / "db.sealed.yaml", 0) == {"password": VALUE}
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
    assert opened_with(path, 0) == {"password": "hunter2", "token": "t"}
    with at_terminal(gitopskit(*command), cwd=tmp_path) as terminal:
        terminal.answer("token: ", VALUE)
        terminal.answer("the same again: ", VALUE)
        assert terminal.end() == 0
    assert opened_with(path, 0) == {"password": "hunter2", "token": VALUE}


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

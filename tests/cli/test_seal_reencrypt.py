"""`gitopskit seal reencrypt` with private keys at hand, as a person meets it."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.sealedfiles.sealed_text import SealedText
from gitopskit.sealing.envelope import open_value
from gitopskit.sealing.keys import load_certificate
from gitopskit.sealing.scope import Scope
from tests.support.sealing import private_key_of, sealed_manifest, sealing_pair

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.sealing.keys import KeyPair

OLD, NEW, OTHER = sealing_pair(0), sealing_pair(1), sealing_pair(2)
_ITEMS = {"password": "correct-horse", "user": "admin"}
_KEYS = ["--from-key", "old.key", "--to-cert", "new.crt"]
_ENVELOPE = re.compile(r"AQ[A-Za-z0-9+/]{300,}={0,2}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: an old private key, a new certificate, and a folder for the tree."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.key").write_bytes(OLD.private_pem.reveal())
    (tmp_path / "new.key").write_bytes(NEW.private_pem.reveal())
    (tmp_path / "new.crt").write_bytes(NEW.certificate_pem)
    (tmp_path / "apps").mkdir()
    return tmp_path


def _fingerprint(pair: KeyPair) -> str:
    return load_certificate(pair.certificate_pem, where="").fingerprint


def _opened(path: Path, pair: KeyPair) -> dict[str, str]:
    """Return the values of a file's items, by name and item, that a key opens."""
    keys = [private_key_of(pair).key]
    return {
        f"{part.sealed.name}/{item}": open_value(
            blob, private_keys=keys, label=part.sealed.binding.label
        )
        .reveal()
        .decode()
        for part in SealedText.read(path.read_bytes(), path=str(path)).parts
        for item, blob in part.sealed.encrypted_data.items()
    }


def _recorded(path: Path) -> set[str]:
    parts = SealedText.read(path.read_bytes(), path=str(path)).parts
    return {key for part in parts for key in part.keys.values()}


def test_every_item_of_a_tree_is_sealed_to_the_new_key(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, scope in (
        ("a", Scope.STRICT),
        ("b", Scope.NAMESPACE_WIDE),
        ("c", Scope.CLUSTER_WIDE),
    ):
        (folder / "apps" / name).mkdir()
        text = sealed_manifest(_ITEMS, name=name, scope=scope, pair=OLD)
        (folder / "apps" / name / "db.yaml").write_text(text)

    code = app.run(["seal", "reencrypt", "apps", *_KEYS])

    said = capsys.readouterr()
    assert (code, said.out) == (0, "")
    assert said.err == (
        "gitopskit: files: 3, items re-encrypted: 6, on the newest key already: 0, "
        "not opened: 0, files that failed: 0\n"
    )
    for name in "abc":
        path = folder / "apps" / name / "db.yaml"
        values = {f"{name}/{item}": value for item, value in _ITEMS.items()}
        assert _opened(path, NEW) == values
        assert _recorded(path) == {_fingerprint(NEW)}


def test_what_is_on_the_new_key_already_is_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "apps" / "db.yaml"
    path.write_text(sealed_manifest(_ITEMS, pair=OLD, records_keys=True))
    app.run(["seal", "reencrypt", "apps", *_KEYS])
    before, inode = path.read_bytes(), path.stat().st_ino
    capsys.readouterr()

    code = app.run(["seal", "reencrypt", "apps", *_KEYS])

    assert (code, path.read_bytes(), path.stat().st_ino) == (0, before, inode)
    assert "re-encrypted: 0, on the newest key already: 2" in capsys.readouterr().err


def test_an_item_that_the_new_key_opens_is_recorded_and_not_sealed_again(folder: Path) -> None:
    path = folder / "apps" / "db.yaml"
    path.write_text(sealed_manifest(_ITEMS, pair=NEW))
    envelopes = _ENVELOPE.findall(path.read_text())

    code = app.run(["seal", "reencrypt", "apps", *_KEYS, "--from-key", "new.key"])

    assert code == 0
    assert _ENVELOPE.findall(path.read_text()) == envelopes
    assert _recorded(path) == {_fingerprint(NEW)}


_BY_HAND = """\
# Who has this: the shop.

apiVersion: v1 # beside it
kind: ConfigMap
metadata: {{name: shop, namespace: shop}}
data:
    greeting: 'hello'   # three spaces
---
kind: SealedSecret      # first, against all customs
apiVersion: bitnami.com/v1alpha1
metadata:
    namespace: shop
    labels: {{tier: "1"}}
    annotations:
        gitopskit.io/sealing-keys: |
            user {fingerprint} {digest}
        example.com/owner: "team # not a comment"
    name: db
spec:
    template:
        immutable: true
        metadata: {{annotations: {{"a": 'b'}}, labels: {{app: shop}}}}
        type: Opaque
    encryptedData:
        # rotate in May
        user: {user} # root

        password: "{password}"
---
# nothing here
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_all_but_envelopes_and_records_stays_byte_for_byte(folder: Path, newline: str) -> None:
    user, password = _ENVELOPE.findall(sealed_manifest(_ITEMS, pair=OLD))[::-1]
    text = _BY_HAND.format(
        user=user, password=password, fingerprint=_fingerprint(OLD), digest="0" * 32
    ).replace("\n", newline)
    path = folder / "apps" / "db.yaml"
    path.write_bytes(text.encode())

    code = app.run(["seal", "reencrypt", "apps", *_KEYS])

    after = path.read_bytes().decode()
    new_user, new_password = _ENVELOPE.findall(after)
    records = re.compile(r"( +(?:user|password) SHA256:\S+ [0-9a-f]{32}\r?\n)+")
    assert code == 0
    assert {user, password}.isdisjoint({new_user, new_password})
    assert records.sub("", after) == records.sub(
        "", text.replace(user, new_user).replace(password, new_password)
    )
    assert _opened(path, NEW) == {"db/user": "admin", "db/password": "correct-horse"}
    assert _recorded(path) == {_fingerprint(NEW)}


def test_a_file_without_an_end_of_line_stays_without(folder: Path) -> None:
    path = folder / "apps" / "db.yaml"
    path.write_text(sealed_manifest(_ITEMS, pair=OLD).removesuffix("\n"))

    assert app.run(["seal", "reencrypt", "apps/db.yaml", *_KEYS]) == 0

    assert not path.read_text().endswith("\n")
    assert set(_opened(path, NEW).values()) == set(_ITEMS.values())


def test_an_item_that_no_key_opens_is_explained_and_the_others_are_done(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (foreign,) = _ENVELOPE.findall(sealed_manifest({"token": "t"}, pair=OTHER))
    path = folder / "apps" / "db.yaml"
    path.write_text(sealed_manifest(_ITEMS, pair=OLD) + f"    token: {foreign}\n")
    (folder / "apps" / "other.yaml").write_text(sealed_manifest(_ITEMS, name="x", pair=OLD))

    code = app.run(["seal", "reencrypt", "apps", *_KEYS])

    said = capsys.readouterr().err
    assert code == 4
    assert said.startswith("apps/db.yaml:10:5: error: no key opens `token`: it was sealed to a key")
    assert "\n    hint: give more private keys" in said
    assert "files: 2, items re-encrypted: 4, on the newest key already: 0, not opened: 1" in said
    assert f"    token: {foreign}\n" in path.read_text()
    path.write_text(path.read_text().replace(f"    token: {foreign}\n", ""))
    assert _opened(path, NEW) == {"db/password": "correct-horse", "db/user": "admin"}


def test_a_renamed_secret_is_recognised_by_the_name_in_its_template(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = sealed_manifest(_ITEMS, pair=OLD).replace("name: db\n", "name: renamed\n", 1)
    (folder / "apps" / "db.yaml").write_text(
        text + "  template:\n    metadata:\n      name: db\n      namespace: shop\n"
    )

    code = app.run(["seal", "reencrypt", "apps", *_KEYS])

    said = capsys.readouterr().err
    assert code == 4
    assert "it was sealed for shop/db, and the manifest is for shop/renamed" in said


def _tree_with_odd_names(folder: Path) -> dict[str, bytes]:
    """Write files that a diff can trip over, and return their content by path."""
    plain = sealed_manifest(_ITEMS, pair=OLD)
    files = {
        "apps/plain.yaml": plain,
        "apps/with spaces.yaml": plain,
        "apps/gehörig.yaml": "# für alle\n" + plain,
        "apps/crlf.yaml": plain.replace("\n", "\r\n"),
        "apps/no-end.yaml": plain.removesuffix("\n"),
    }
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return {name: text.encode() for name, text in files.items()}


def _git(*arguments: str, folder: Path, stdin: bytes) -> None:
    command = ["git", *arguments]
    subprocess.run(command, input=stdin, cwd=folder, check=True)


@pytest.mark.parametrize("named", ["apps", "{folder}/apps"], ids=["relative", "absolute"])
def test_a_dry_run_prints_what_git_applies_and_writes_nothing(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes], named: str
) -> None:
    files = _tree_with_odd_names(folder)

    code = app.run(["seal", "reencrypt", named.format(folder=folder), *_KEYS, "--dry-run"])

    said = capfdbinary.readouterr()
    assert code == 0
    assert {name: (folder / name).read_bytes() for name in files} == files
    assert b"files: 5, items to re-encrypt: 10," in said.err
    _git("apply", folder=folder, stdin=said.out)
    for name in files:
        assert _opened(folder / name, NEW) == {"db/password": "correct-horse", "db/user": "admin"}


def test_no_value_and_no_envelope_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "apps" / "db.yaml").write_text(sealed_manifest(_ITEMS, pair=OLD))
    (folder / "apps" / "other.yaml").write_text(sealed_manifest(_ITEMS, pair=OTHER))

    app.run(["seal", "reencrypt", "apps", *_KEYS])

    said = capsys.readouterr()
    assert not _ENVELOPE.search(said.out + said.err)
    assert "correct-horse" not in said.out + said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["apps", "--to-cert", "new.crt"], "without --from-key the controller seals"),
        (["apps", "--env", "prod"], "without --from-key the controller seals"),
        (["missing", *_KEYS], "there is no such file or folder - missing"),
        (["apps/empty.yaml", "missing", *_KEYS], "there is no such file or folder - missing"),
        (["apps", *_KEYS], "there is no SealedSecret in these paths - apps"),
        (["apps", "--from-key", "new.crt", "--to-cert", "new.crt"], "there is no private key in"),
        (["apps", "--from-key", "old.key", "--to-cert", "x.crt"], "x.crt"),
    ],
    ids=["certificate", "environment", "path", "one path", "nothing", "no key", "no certificate"],
)
def test_unusable_arguments_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (folder / "apps" / "empty.yaml").write_text("# no document\n")

    code = app.run(["seal", "reencrypt", *arguments])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert words in said.err

"""Sealing to hybrid keys, as a person meets it: every command that seals, moves or opens."""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from gitopskit.manifests.documents import read_documents
from gitopskit.sealedfiles.sealed_text import SealedText
from gitopskit.sealing.hybrid import is_hybrid
from tests.support.hybrid import hybrid_certificate, hybrid_pair, write_hybrid_pair
from tests.support.sealed_manifests import fingerprint_of
from tests.support.sealing import sealed_manifest, sealing_pair, write_pair

if TYPE_CHECKING:
    from collections.abc import Callable

_MANIFEST: Final = """\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: hunter2, user: ann}
"""
_CONFIG: Final = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: prod}]
  apps: [{name: web}]
"""
_NEW: Final = "new"
_HYBRID = hybrid_certificate().fingerprint


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: keys of both kinds, their public halves alone and in one file."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)
    write_hybrid_pair(tmp_path)
    (tmp_path / "both.pem").write_bytes(
        sealing_pair().certificate_pem + hybrid_pair().certificate_pem
    )
    (tmp_path / "secret.yaml").write_text(_MANIFEST)
    return tmp_path


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


@pytest.fixture
def repository(folder: Path) -> Path:
    """The folder as a repository whose only environment has both kinds of keys."""
    (folder / ".gitopskit" / "certs").mkdir(parents=True)
    (folder / ".gitopskit" / "config.yaml").write_text(_CONFIG)
    (folder / ".gitopskit" / "certs" / "prod.pem").write_bytes((folder / "both.pem").read_bytes())
    overlay = folder / "clusters" / "prod" / "apps" / "web"
    overlay.mkdir(parents=True)
    (overlay / "kustomization.yaml").write_text("resources: []\n")
    return folder


def _kinds(path: str) -> dict[str, bool]:
    """Return by item whether the envelope in a file is hybrid."""
    (part,) = SealedText.read(Path(path).read_bytes(), path=path).parts
    return {item: is_hybrid(blob) for item, blob in part.sealed.encrypted_data.items()}


def _keys(path: str) -> set[str]:
    (part,) = SealedText.read(Path(path).read_bytes(), path=path).parts
    return set(part.keys.values())


def _opened(path: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    capsys.readouterr()
    flags = ("--private-key", "tls.key", "--private-key", "hybrid.key")
    assert app.run(["unseal", path, *flags]) == 0
    (secret,) = read_documents(capsys.readouterr().out, path="-")
    return {item: base64.b64decode(text).decode() for item, text in secret.content["data"].items()}


def _write_sealed(*, hybrid: bool) -> None:
    """Write a file whose items are sealed so."""
    pair = hybrid_pair() if hybrid else sealing_pair()
    text = sealed_manifest({"password": "hunter2", "user": "ann"}, pair=pair, records_keys=True)
    Path("sealed.yaml").write_text(text)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("flags", "fingerprint"),
    [
        (["--cert", "hybrid.pub"], _HYBRID),
        (["--cert", "both.pem"], fingerprint_of()),
        (["--cert", "both.pem", "--post-quantum"], _HYBRID),
        (["--cert", "both.pem", "--no-post-quantum"], fingerprint_of()),
    ],
    ids=["hybrid alone", "both", "both, asked for", "both, declined"],
)
def test_a_secret_is_sealed_to_what_is_asked_for(
    flags: list[str], fingerprint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["seal", "secret.yaml", "-w", "out.yaml", *flags]) == 0

    assert _keys("out.yaml") == {fingerprint}
    assert _opened("out.yaml", capsys) == {"password": "hunter2", "user": "ann"}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--cert", "tls.crt", "--post-quantum"], "there is no hybrid key to seal with - tls.crt"),
        (
            ["--cert", "hybrid.pub", "--no-post-quantum"],
            "there is no certificate of an RSA key to seal with - hybrid.pub",
        ),
    ],
)
def test_a_kind_that_is_not_there_is_refused(
    flags: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["seal", "secret.yaml", "-w", "out.yaml", *flags]) == 2

    assert words in capsys.readouterr().err
    assert not Path("out.yaml").exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("mode", ["--validate", "--re-encrypt", "--recovery-unseal"])
def test_what_seals_to_no_certificate_takes_no_kind(
    mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["seal", "secret.yaml", mode, "--post-quantum"]) == 2

    assert f"--post-quantum does not go with {mode}" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("hybrid", [True, False], ids=["hybrid", "RSA"])
def test_sealing_a_file_again_keeps_its_kind(*, hybrid: bool) -> None:
    _write_sealed(hybrid=hybrid)

    assert app.run(["seal", "secret.yaml", "-w", "sealed.yaml", "--cert", "both.pem"]) == 0

    assert set(_kinds("sealed.yaml").values()) == {hybrid}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("hybrid", [True, False], ids=["hybrid", "RSA"])
def test_a_new_value_is_sealed_as_its_neighbours_are(
    type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str], *, hybrid: bool
) -> None:
    _write_sealed(hybrid=hybrid)
    type_in("new")

    assert app.run(["seal", "set", "sealed.yaml", "token", "--cert", "both.pem"]) == 0

    assert _kinds("sealed.yaml") == dict.fromkeys(("password", "token", "user"), hybrid)
    assert _opened("sealed.yaml", capsys)["token"] == _NEW


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("flags", "is_new_hybrid"),
    [(["--cert", "tls.crt"], False), (["--cert", "both.pem", "--no-post-quantum"], False)],
    ids=["by the certificate", "by the flag"],
)
def test_a_file_may_hold_both_kinds(
    flags: list[str],
    type_in: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    *,
    is_new_hybrid: bool,
) -> None:
    _write_sealed(hybrid=True)
    type_in("new")

    assert app.run(["seal", "set", "sealed.yaml", "user", *flags]) == 0

    assert _kinds("sealed.yaml") == {"password": True, "user": is_new_hybrid}
    assert _opened("sealed.yaml", capsys) == {"password": "hunter2", "user": "new"}


def test_beside_hybrid_items_nothing_is_sealed_to_rsa_unasked(
    repository: Path, type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    stored = repository / ".gitopskit" / "certs" / "prod.pem"
    stored.write_bytes(sealing_pair().certificate_pem)
    _write_sealed(hybrid=True)
    before = Path("sealed.yaml").read_text()
    type_in("new")

    assert app.run(["seal", "set", "sealed.yaml", "user"]) == 2

    said = capsys.readouterr().err
    assert "there is no hybrid key to seal with" in said
    assert "--no-post-quantum" in said
    assert Path("sealed.yaml").read_text() == before


@pytest.mark.usefixtures("folder")
def test_an_unchanged_value_keeps_its_hybrid_envelope(capsys: pytest.CaptureFixture[str]) -> None:
    _write_sealed(hybrid=True)
    before = Path("sealed.yaml").read_text()
    flags = ("--cert", "both.pem", "--private-key", "hybrid.key")

    assert app.run(["seal", "secret.yaml", "-w", "sealed.yaml", *flags]) == 0

    assert "holds these very values already" in capsys.readouterr().err
    assert Path("sealed.yaml").read_text() == before


@pytest.mark.usefixtures("folder")
def test_merging_goes_on_as_the_file_is_sealed(capsys: pytest.CaptureFixture[str]) -> None:
    _write_sealed(hybrid=True)
    Path("more.yaml").write_text(_MANIFEST.replace("password: hunter2", "token: new"))

    assert app.run(["seal", "more.yaml", "--merge-into", "sealed.yaml", "--cert", "both.pem"]) == 0

    assert set(_kinds("sealed.yaml").values()) == {True}
    assert _opened("sealed.yaml", capsys)["token"] == _NEW


@pytest.mark.usefixtures("folder")
def test_one_raw_value_is_sealed_to_a_hybrid_key(
    type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    type_in("value")

    place = ("--name", "db", "--namespace", "shop")
    code = app.run(["seal", "raw", *place, "--cert", "both.pem", "--post-quantum"])

    assert code == 0
    assert is_hybrid(base64.b64decode(capsys.readouterr().out))


@pytest.mark.usefixtures("repository")
def test_an_overlay_goes_on_as_it_is_sealed() -> None:
    seal = ["seal", "--app", "web", "--env", "prod", "--name", "db", "--from-file"]
    Path("password").write_text("hunter2")
    Path("user").write_text("ann")
    file = "clusters/prod/apps/web/db.sealed.yaml"

    assert app.run([*seal, "password=password", "--post-quantum"]) == 0
    assert app.run([*seal, "user=user"]) == 0

    assert _kinds(file) == {"password": True, "user": True}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("flags", "kinds"),
    [
        (["--to-cert", "hybrid.pub"], True),
        (["--to-cert", "both.pem", "--post-quantum"], True),
        (["--to-cert", "both.pem", "--no-post-quantum"], False),
        (["--to-cert", "tls.crt"], False),
    ],
)
@pytest.mark.parametrize("hybrid", [True, False], ids=["from hybrid", "from RSA"])
def test_re_encryption_moves_to_the_other_kind_and_back(
    flags: list[str], capsys: pytest.CaptureFixture[str], *, kinds: bool, hybrid: bool
) -> None:
    _write_sealed(hybrid=hybrid)
    keys = ("--from-key", "tls.key", "--from-key", "hybrid.key")

    assert app.run(["seal", "reencrypt", "sealed.yaml", *keys, *flags]) == 0

    assert set(_kinds("sealed.yaml").values()) == {kinds}
    assert _keys("sealed.yaml") == {_HYBRID if kinds else fingerprint_of()}
    assert _opened("sealed.yaml", capsys) == {"password": "hunter2", "user": "ann"}


@pytest.mark.usefixtures("folder")
def test_re_encryption_leaves_each_item_its_kind(
    type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    _write_sealed(hybrid=True)
    type_in("new")
    assert app.run(["seal", "set", "sealed.yaml", "user", "--cert", "tls.crt"]) == 0
    new = sealing_pair(1).certificate_pem + hybrid_pair(1).certificate_pem
    Path("new.pem").write_bytes(new)
    Path("new.key").write_bytes(
        sealing_pair(1).private_pem.reveal() + hybrid_pair(1).private_pem.reveal()
    )
    keys = ("--from-key", "tls.key", "--from-key", "hybrid.key", "--to-cert", "new.pem")

    assert app.run(["seal", "reencrypt", "sealed.yaml", *keys]) == 0
    assert app.run(["seal", "verify", "sealed.yaml", "--private-key", "new.key"]) == 0

    assert _kinds("sealed.yaml") == {"password": True, "user": False}
    assert _keys("sealed.yaml") == {hybrid_certificate(1).fingerprint, fingerprint_of(1)}
    assert "items re-encrypted: 2" in capsys.readouterr().err


def test_an_environment_without_a_hybrid_key_takes_no_hybrid_item_to_rsa(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = repository / ".gitopskit" / "certs" / "prod.pem"
    stored.write_bytes(sealing_pair().certificate_pem)
    _write_sealed(hybrid=True)
    before = Path("sealed.yaml").read_text()

    assert app.run(["seal", "reencrypt", "sealed.yaml", "--from-key", "hybrid.key"]) == 2

    assert "there is no hybrid key to seal with" in capsys.readouterr().err
    assert Path("sealed.yaml").read_text() == before


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("tls.key",), "it was sealed to a hybrid key, and no key tried is one"),
        (("other.key",), "it is recorded as sealed to SHA256:"),
    ],
    ids=["RSA only", "another hybrid key"],
)
def test_why_a_hybrid_item_stays_closed_is_told(
    keys: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _write_sealed(hybrid=True)
    Path("other.key").write_bytes(hybrid_pair(1).private_pem.reveal())
    flags = [word for key in keys for word in ("--private-key", key)]

    assert app.run(["seal", "verify", "sealed.yaml", *flags]) == 4

    assert words in capsys.readouterr().out


@pytest.mark.parametrize("flags", [["--cert", "both.pem"], ["--env", "prod"], []])
@pytest.mark.usefixtures("repository")
def test_items_of_either_kind_are_what_a_file_with_both_keys_expects(
    flags: list[str], type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    _write_sealed(hybrid=True)
    type_in(_NEW)
    assert app.run(["seal", "set", "sealed.yaml", "user", "--cert", "tls.crt"]) == 0

    assert app.run(["seal", "verify", "sealed.yaml", "--strict", *flags]) == 0

    assert "sealed-key" not in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_an_item_to_another_kind_than_expected_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _write_sealed(hybrid=True)

    assert app.run(["seal", "verify", "sealed.yaml", "--cert", "tls.crt"]) == 0

    assert f"sealed to {_HYBRID}, and not to {fingerprint_of()}" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_usage_tells_which_items_need_a_hybrid_key(capsys: pytest.CaptureFixture[str]) -> None:
    _write_sealed(hybrid=True)

    assert app.run(["keys", "usage", ".", "--key", "hybrid.pub"]) == 1

    said = capsys.readouterr()
    assert "`password` (recorded)" in said.out
    assert f"key {_HYBRID}: items that need it: 2" in said.err

"""`gitopskit seal verify`, as a person meets it."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.clock import SystemClock
from gitopskit.manifests.documents import read_value
from gitopskit.sealing.keys import KeyPair, new_sealing_key
from tests.support.sealed_manifests import fingerprint_of, sealed_content, yaml_of
from tests.support.sealing import BORN, sealing_pair, write_pair

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject

_OLD, _NEW = fingerprint_of(0), fingerprint_of(1)
_CONFIG = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: staging}, {name: prod}]
"""
_CLEAN = "gitopskit: scopes: strict: 1\ngitopskit: documents: 1, files: 1, errors: 0, warnings: 0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with key 0 in tls.key and tls.crt."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)
    return tmp_path


@pytest.fixture
def repository(folder: Path) -> Path:
    """The working folder as a repository: staging has key 0, prod key 1."""
    (folder / ".gitopskit" / "certs").mkdir(parents=True)
    (folder / ".gitopskit" / "config.yaml").write_text(_CONFIG)
    _store(folder, "staging", sealing_pair(0))
    _store(folder, "prod", sealing_pair(1))
    (folder / "clusters" / "prod" / "apps").mkdir(parents=True)
    return folder


def _store(folder: Path, environment: str, pair: KeyPair) -> None:
    path = folder / ".gitopskit" / "certs" / f"{environment}.pem"
    path.write_bytes(pair.certificate_pem)


def _write(path: Path, *contents: JsonObject) -> None:
    path.write_bytes(yaml_of(*contents))


def _sealed(name: str = "db", *, key: int = 0, is_recorded: bool = True) -> JsonObject:
    return sealed_content(name, items={"a": "1"}, key=key, is_recorded=is_recorded)


def test_what_is_without_fault_ends_with_0(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(folder / "x.yaml", _sealed())

    assert app.run(["seal", "verify", "."]) == 0

    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"gitopskit: key {_OLD}: items: 1, files: 1\n{_CLEAN}")


def test_findings_are_told_at_their_places_and_end_with_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = sealed_content("broken")
    broken["spec"]["encryptedData"]["token"] = "***"  # noqa: S105 -- no base64
    del broken["metadata"]["annotations"]
    _write(
        folder / "x.yaml", broken, {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret"}
    )

    assert app.run(["seal", "verify", "x.yaml"]) == 1

    assert capsys.readouterr().out == (
        "x.yaml:1:1: info: no key is recorded for `password` [sealed-key]\n"
        "    hint: `gitopskit seal reencrypt` records it\n"
        "x.yaml:9:5: error: `token` is not base64 [sealed-base64]\n"
        "    hint: take the value from Git's history, or seal it again\n"
        "x.yaml:11:1: error: the SealedSecret has no name [sealed-structure]\n"
        "    hint: add `metadata.name`\n"
    )


def test_a_file_that_cannot_be_read_ends_with_2_and_hides_no_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.yaml").write_text("kind: SealedSecret\nx: [")
    broken = _sealed()
    del broken["metadata"]["name"]
    _write(folder / "b.yaml", broken)

    assert app.run(["seal", "verify", "."]) == 2

    said = capsys.readouterr()
    assert "a.yaml:2:5: error: " in said.out
    assert "b.yaml:1:1: error: the SealedSecret has no name" in said.out
    assert said.err == "gitopskit: documents: 1, files: 2, errors: 2, warnings: 0\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["."], "there is no SealedSecret in these paths - ."),
        (["nowhere"], "there is no such file or folder - nowhere"),
        ([".", "--cert", "tls.crt", "--env", "prod"], "both --cert and --env are given"),
        ([".", "--cert", "tls.key"], "this is a private key, not a certificate - tls.key"),
        ([".", "--private-key", "tls.crt"], "there is no private key in it - tls.crt"),
        ([".", "--context", "prod"], "a cluster or a controller is named, and it is not to be"),
        ([".", "--env", "prod"], "this is no gitopskit repository"),
    ],
    ids=["nothing", "missing", "two", "private key", "certificate", "nobody asks", "no repository"],
)
@pytest.mark.usefixtures("folder")
def test_unusable_arguments_end_with_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["seal", "verify", *arguments]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"gitopskit: error: {words}")


def test_standard_input_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(folder / "x.yaml", _sealed())
    data = b"kind: SealedSecret\n---\n" + (folder / "x.yaml").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    assert app.run(["seal", "verify", "-", "x.yaml"]) == 1

    said = capsys.readouterr()
    assert said.out.startswith("-:1:1: error: this is no SealedSecret of bitnami.com/v1alpha1")
    assert "documents: 3, files: 2, errors: 1, warnings: 0" in said.err


def test_warnings_count_only_where_they_are_to(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = _sealed()
    del content["metadata"]["namespace"]
    _write(folder / "x.yaml", content)

    codes = [app.run(["seal", "verify", "x.yaml", *flags]) for flags in ([], ["--strict"])]

    assert codes == [0, 1]
    assert "x.yaml:3:1: warning: the SealedSecret has no namespace" in capsys.readouterr().out


def test_information_does_not_count_as_a_warning(folder: Path) -> None:
    _write(folder / "x.yaml", _sealed(is_recorded=False))

    assert app.run(["seal", "verify", "x.yaml", "--strict"]) == 0


def test_the_folder_tells_the_environment(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(repository / "clusters" / "prod" / "apps" / "old.yaml", _sealed())
    _write(repository / "clusters" / "prod" / "apps" / "new.yaml", _sealed(key=1))

    assert app.run(["seal", "verify", "clusters", "--strict"]) == 1

    said = capsys.readouterr()
    assert said.out.startswith(
        f"clusters/prod/apps/old.yaml:1:1: warning: sealed to {_OLD} (staging), and not to {_NEW} "
        "(prod): `a` [sealed-key]\n"
    )
    age = (SystemClock().now_utc() - BORN).days
    assert f"gitopskit: key {_OLD} (staging): items: 1, files: 1, age in days: {age}\n" in said.err


def test_a_private_key_among_the_certificates_is_an_error(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = sealing_pair(1).private_pem.reveal() + sealing_pair(1).certificate_pem
    (repository / ".gitopskit" / "certs" / "prod.pem").write_bytes(text)
    _write(repository / "clusters" / "prod" / "apps" / "x.yaml", _sealed(key=1))

    assert app.run(["seal", "verify", "clusters"]) == 1

    said = capsys.readouterr().out
    assert ".gitopskit/certs/prod.pem: error: the file holds a private key, which must not" in said


def test_the_overlay_tells_the_namespace(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = repository / ".gitopskit" / "config.yaml"
    config.write_text(f"{_CONFIG}  apps: [{{name: web}}]\n")
    overlay = repository / "clusters" / "prod" / "apps" / "web"
    overlay.mkdir()
    _write(overlay / "x.yaml", _sealed(key=1))

    assert app.run(["seal", "verify", "clusters"]) == 1

    assert (
        "error: it is for namespace shop, and this overlay is for prod-web [sealed-namespace]"
    ) in capsys.readouterr().out


def test_standard_input_is_of_no_overlay(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = repository / ".gitopskit" / "config.yaml"
    config.write_text(f"{_CONFIG}  apps: [{{name: web}}]\n")
    overlay = repository / "clusters" / "prod" / "apps" / "web"
    overlay.mkdir()
    monkeypatch.chdir(overlay)
    data = yaml_of(_sealed(key=1))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    assert app.run(["seal", "verify", "-"]) == 0


def test_a_link_that_is_not_followed_is_a_warning(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tree").mkdir()
    _write(folder / "tree" / "x.yaml", _sealed())
    (folder / "tree" / "link").symlink_to(folder / "tls.crt")

    codes = [app.run(["seal", "verify", "tree", *flags]) for flags in ([], ["--strict"])]

    assert codes == [0, 1]
    assert "tree/link: warning: a link that is not followed" in capsys.readouterr().out


def test_a_process_substitution_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(folder / "x.yaml", _sealed())
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "wb") as pipe:
        pipe.write((folder / "x.yaml").read_bytes())
        pipe.close()

        code = app.run(["seal", "verify", f"/dev/fd/{reading}"])

    assert code == 0
    assert "documents: 1, files: 1, errors: 0" in capsys.readouterr().err


@pytest.mark.parametrize("path", [".", "nowhere"], ids=["nothing sealed", "no path"])
@pytest.mark.usefixtures("folder")
def test_what_to_do_about_a_path_is_said(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    app.run(["seal", "verify", path])

    assert "\ngitopskit: hint: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "code"),
    [([], 0), (["--env", "staging"], 0), (["--env", "prod"], 1), (["--cert", "tls.crt"], 0)],
    ids=["any stored", "right", "wrong", "file"],
)
def test_outside_the_clusters_any_stored_certificate_will_do_unless_one_is_named(
    repository: Path, flags: list[str], code: int
) -> None:
    _write(repository / "x.yaml", _sealed())

    assert app.run(["seal", "verify", "x.yaml", "--strict", *flags]) == code


def test_an_expired_certificate_is_an_error_only_where_it_is_meant(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _store(repository, "prod", new_sealing_key(now=BORN, size_bits=2048, days=1))
    _write(repository / "clusters" / "prod" / "apps" / "x.yaml", _sealed())
    (repository / "clusters" / "staging").mkdir()
    _write(repository / "clusters" / "staging" / "x.yaml", _sealed())

    codes = [app.run(["seal", "verify", f"clusters/{env}"]) for env in ("prod", "staging")]

    assert codes == [1, 0]
    said = capsys.readouterr().out
    assert ".gitopskit/certs/prod.pem: error: the certificate expired at 2026-06-02T12:00" in said


def test_a_certificate_that_soon_expires_is_a_warning(repository: Path) -> None:
    now = SystemClock().now_utc()
    _store(repository, "prod", new_sealing_key(now=now, size_bits=2048, days=20))
    _write(repository / "clusters" / "prod" / "apps" / "x.yaml", _sealed(is_recorded=False))

    codes = [app.run(["seal", "verify", "clusters", *flags]) for flags in ([], ["--strict"])]

    assert codes == [0, 1]


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_programs_get_a_structure(
    repository: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(repository / "x.yaml", _sealed(), _sealed("b", is_recorded=False))

    assert app.run(["seal", "verify", "x.yaml", "-o", form]) == 0

    text = capsys.readouterr().out
    report = json.loads(text) if form == "json" else read_value(text, path="x")
    assert [each["rule"] for each in report["findings"]] == ["sealed-key"]
    assert report["documents"] == 2
    assert report["scopes"] == {"strict": 2}
    assert report["keys"] == [
        {
            "fingerprint": _OLD,
            "items": 1,
            "files": 1,
            "names": ["staging"],
            "age_days": (SystemClock().now_utc() - BORN).days,
        },
        {"fingerprint": None, "items": 1, "files": 1, "names": [], "age_days": None},
    ]


def test_names_do_not_steer_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "a\x1b[2Jb.yaml"
    path.write_text("kind: SealedSecret\n")

    assert app.run(["seal", "verify", "."]) == 1

    assert "\x1b" not in capsys.readouterr().out

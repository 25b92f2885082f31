"""`gitopskit seal verify` with what opens: private keys, which give reasons, and controllers."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.sealing.keys import load_certificate, new_sealing_key
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions, seal_secret
from tests.support.fake_controller import FakeController
from tests.support.sealed_manifests import fingerprint_of, sealed_content, yaml_of
from tests.support.sealing import BORN, sealing_pair, write_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject

_OLD, _NEW = fingerprint_of(0), fingerprint_of(1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with key 0 in tls.key and tls.crt."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)
    return tmp_path


@pytest.fixture
def controller(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeController]:
    """A cluster whose controller has key 0; KUBECONFIG leads there."""
    with FakeController([sealing_pair()]) as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        yield running


def _write(path: Path, *contents: JsonObject) -> None:
    path.write_bytes(yaml_of(*contents))


def _sealed(name: str = "db", *, key: int = 0, is_recorded: bool = True) -> JsonObject:
    return sealed_content(name, items={"a": "1"}, key=key, is_recorded=is_recorded)


def _changed(content: JsonObject, change: Callable[[bytes], bytes]) -> JsonObject:
    """Return a SealedSecret with its first envelope changed."""
    items = content["spec"]["encryptedData"]
    first = next(iter(items))
    items[first] = base64.b64encode(change(base64.b64decode(items[first]))).decode()
    return content


def _moved() -> JsonObject:
    content = _sealed("cache")
    content["metadata"]["name"] = "db"
    return content


def _rescoped() -> JsonObject:
    content = _sealed()
    content["metadata"]["annotations"] |= Scope.CLUSTER_WIDE.annotations
    return content


def _larger() -> JsonObject:
    pem = new_sealing_key(now=BORN, size_bits=3072).certificate_pem
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"},
        "stringData": {"a": "1"},
    }
    options = SealOptions(certificate=load_certificate(pem, where=""), records_keys=False)
    return seal_secret(secret, options)


_FAILURES: list[tuple[str, Callable[[], JsonObject], str]] = [
    (
        "cut off",
        lambda: _changed(_sealed(), lambda blob: blob[:100]),
        "the value is cut off: 100 bytes cannot hold",
    ),
    (
        "first bytes",
        lambda: _changed(_sealed(), lambda blob: b"\x00\x07" + blob[2:]),
        "its first bytes were altered",
    ),
    (
        "altered",
        lambda: _changed(_sealed(), lambda blob: blob[:-1] + bytes([blob[-1] ^ 1])),
        f"the key {_OLD} is the right one, and the value behind it was altered",
    ),
    ("another size", _larger, "it was sealed to a key of 3072 bits, and the keys tried have 2048"),
    ("scope", _rescoped, "it was sealed as strict, and the manifest says cluster-wide"),
    ("place", _moved, "it was sealed for shop/cache, and the manifest is for shop/db"),
    ("key not here", lambda: _sealed(key=1), f"it is recorded as sealed to {_NEW}, which is"),
    (
        "unknown",
        lambda: _sealed(key=1, is_recorded=False),
        "it was sealed to a key that is not here, or for another name or namespace",
    ),
]


@pytest.mark.parametrize(
    ("content", "sentence"), [each[1:] for each in _FAILURES], ids=[each[0] for each in _FAILURES]
)
def test_with_a_private_key_every_failure_has_its_own_sentence(
    folder: Path,
    content: Callable[[], JsonObject],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _write(folder / "x.yaml", content(), _sealed("cache"))

    assert app.run(["seal", "verify", "x.yaml", "--private-key", "tls.key"]) == 4

    said = capsys.readouterr().out
    assert said.count("[sealed-closed]") == 1
    assert f"error: no key opens `a`: {sentence}" in said


@pytest.mark.parametrize(
    ("content", "sentence"), [each[1:] for each in _FAILURES], ids=[each[0] for each in _FAILURES]
)
def test_without_a_private_key_nothing_is_told_of_what_opens(
    folder: Path,
    content: Callable[[], JsonObject],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _write(folder / "x.yaml", content(), _sealed("cache"))

    assert app.run(["seal", "verify", "x.yaml", "--cert", "tls.crt"]) in (0, 1)

    said = capsys.readouterr().out
    assert "no key opens" not in said
    assert sentence not in said
    assert "[sealed-closed]" not in said


def test_a_recorded_key_that_is_here_leaves_the_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(folder / "x.yaml", _moved())

    assert app.run(["seal", "verify", "x.yaml", "--private-key", "tls.key"]) == 4

    said = capsys.readouterr().out
    assert f"it is recorded as sealed to {_OLD}, which is here: it is for another name" in said


def test_what_cannot_be_read_cannot_be_opened(folder: Path) -> None:
    content = sealed_content()
    content["spec"]["encryptedData"]["token"] = "***"  # noqa: S105 -- no base64
    _write(folder / "x.yaml", content)

    codes = [
        app.run(["seal", "verify", "x.yaml", *flags])
        for flags in ([], ["--private-key", "tls.key"])
    ]

    assert codes == [1, 4]


def test_what_opens_is_without_fault_and_no_value_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(folder / "x.yaml", sealed_content(is_recorded=False))

    assert app.run(["seal", "verify", "x.yaml", "--private-key", "tls.key", "-o", "json"]) == 0

    said = capsys.readouterr()
    assert json.loads(said.out)["findings"] == []
    assert f"key {_OLD}: items: 2, files: 1\n" in said.err
    assert "hunter2" not in said.out + said.err


def test_a_controller_says_of_each_whether_it_opens_and_no_reason(
    folder: Path, controller: FakeController, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(folder / "x.yaml", _sealed(), _sealed("foreign", key=1), _moved())

    assert app.run(["seal", "verify", "x.yaml", "--controller"]) == 4

    said = capsys.readouterr().out
    assert said.count("error: the controller cannot open it [sealed-closed]") == 2
    assert "sealed for" not in said
    assert [path for _, path, _ in controller.asked] == ["/v1/verify"] * 3


@pytest.mark.usefixtures("controller")
def test_a_controller_that_opens_everything_ends_with_0(folder: Path) -> None:
    _write(folder / "x.yaml", _sealed())

    assert app.run(["seal", "verify", "x.yaml", "--controller", "--context", "fake"]) == 0


def test_a_controller_that_is_not_there_ends_with_2(
    folder: Path, controller: FakeController, capsys: pytest.CaptureFixture[str]
) -> None:
    controller.behaviour.is_missing = True
    _write(folder / "x.yaml", _sealed())

    assert app.run(["seal", "verify", "x.yaml", "--controller"]) == 2

    assert "there is no sealed-secrets controller" in capsys.readouterr().err


def test_a_cluster_that_is_not_there_ends_with_3(folder: Path, controller: FakeController) -> None:
    _write(folder / "x.yaml", _sealed())
    controller.close()

    assert app.run(["seal", "verify", "x.yaml", "--controller"]) == 3

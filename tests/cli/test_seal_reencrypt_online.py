"""`gitopskit seal reencrypt` through a cluster's controller, as a person meets it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.sealedfiles.sealed_text import SealedText
from gitopskit.sealing.envelope import open_value
from gitopskit.sealing.keys import load_certificate
from gitopskit.sealing.scope import Scope
from tests.support.fake_controller import FakeController
from tests.support.sealing import private_key_of, sealed_manifest, sealing_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gitopskit.sealing.keys import KeyPair
    from tests.support.fake_api import Reply

OLD, NEW, OTHER = sealing_pair(0), sealing_pair(1), sealing_pair(2)
_ITEMS = {"password": "correct-horse", "user": "admin"}
_TEMPLATE = """\
  template: # of the Secret
    data: {url: "https://{{ .user }}@db"}
    metadata: {labels: {app: shop}}
"""


class _Controller(FakeController):
    """A controller that calls a function after each answer to a request to seal again."""

    after_rotating: Callable[[], object] = bool

    def _controller(self, method: str, path: str, body: bytes) -> Reply:
        reply = super()._controller(method, path, body)
        if path == "/v1/rotate":
            self.after_rotating()
        return reply

    @property
    def rotated(self) -> list[str]:
        """The names of the SealedSecrets that were to be sealed again."""
        return [
            json.loads(body)["metadata"]["name"]
            for _, path, body in self.asked
            if path == "/v1/rotate"
        ]


@pytest.fixture
def controller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Controller]:
    """A controller with an old and a new key that KUBECONFIG leads to; the working folder."""
    monkeypatch.chdir(tmp_path)
    with _Controller([OLD, NEW]) as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        yield running


def _write(folder: Path, name: str, *, pair: KeyPair = OLD, scope: Scope = Scope.STRICT) -> Path:
    path = folder / f"{name}.yaml"
    text = sealed_manifest(_ITEMS, name=name, pair=pair, scope=scope)
    path.write_text(text.partition("  template:")[0] + _TEMPLATE)
    return path


def _opened(path: Path, pair: KeyPair) -> dict[str, str]:
    """Return the values of the only SealedSecret's items, each recorded for the key that opens."""
    (part,) = SealedText.read(path.read_bytes(), path=str(path)).parts
    fingerprint = load_certificate(pair.certificate_pem, where="").fingerprint
    assert set(part.keys.values()) == {fingerprint}
    keys, label = [private_key_of(pair).key], part.sealed.binding.label
    return {
        item: open_value(blob, private_keys=keys, label=label).reveal().decode()
        for item, blob in part.sealed.encrypted_data.items()
    }


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
def test_the_controller_seals_a_tree_to_its_newest_key(
    controller: _Controller, tmp_path: Path, capsys: pytest.CaptureFixture[str], scope: Scope
) -> None:
    paths = [_write(tmp_path, name, scope=scope) for name in ("a", "b")]

    code = app.run(["seal", "reencrypt", "."])

    assert (code, controller.rotated) == (0, ["a", "b"])
    assert [_opened(path, NEW) for path in paths] == [_ITEMS, _ITEMS]
    assert [path.read_text().endswith(_TEMPLATE) for path in paths] == [True, True]
    assert capsys.readouterr().err == (
        "gitopskit: files: 2, items re-encrypted: 4, on the newest key already: 0, "
        "not opened: 0, files that failed: 0\n"
    )


def test_no_template_is_sent_to_the_controller(controller: _Controller, tmp_path: Path) -> None:
    """Bitnami's, up to 0.39, renders it into the values that it seals."""
    _write(tmp_path, "a")

    app.run(["seal", "reencrypt", "."])

    (sent,) = [json.loads(body) for _, path, body in controller.asked if path == "/v1/rotate"]
    assert sent["spec"].keys() == {"encryptedData"}


def test_what_is_recorded_for_the_newest_key_is_not_sent(
    controller: _Controller, tmp_path: Path
) -> None:
    path = _write(tmp_path, "a")
    app.run(["seal", "reencrypt", "."])
    before = path.read_bytes()

    code = app.run(["seal", "reencrypt", "."])

    assert (code, path.read_bytes(), controller.rotated) == (0, before, ["a"])


def test_the_controller_is_looked_for_once(controller: _Controller, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        _write(tmp_path, name)

    app.run(["seal", "reencrypt", "."])

    looked = [seen for seen in controller.seen if seen.path.endswith("sealed-secrets-controller")]
    assert len(looked) == 1


def test_a_dry_run_shows_what_the_controller_would_give(
    controller: _Controller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _write(tmp_path, "a").read_bytes()

    code = app.run(["seal", "reencrypt", "a.yaml", "--dry-run"])

    assert (code, controller.rotated) == (0, ["a"])
    assert (tmp_path / "a.yaml").read_bytes() == before
    assert capsys.readouterr().out.startswith("--- a/a.yaml\n+++ b/a.yaml\n@@ ")


def test_a_secret_that_the_controller_cannot_open_is_told_and_the_others_are_done(
    controller: _Controller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _write(tmp_path, "a", pair=OTHER).read_bytes()
    other = _write(tmp_path, "b")

    code = app.run(["seal", "reencrypt", "."])

    said = capsys.readouterr().err
    assert (code, controller.rotated) == (4, ["a", "b"])
    assert said.startswith("a.yaml:7:3: error: the controller cannot open it [sealed-closed]\n")
    assert "hint: `gitopskit seal verify --private-key FILE` says why" in said
    assert (tmp_path / "a.yaml").read_bytes() == before
    assert _opened(other, NEW) == _ITEMS


def test_a_controller_that_is_busy_for_a_moment_is_asked_again(
    controller: _Controller, tmp_path: Path
) -> None:
    path = _write(tmp_path, "a")
    controller.behaviour.busy_answers = 1

    code = app.run(["seal", "reencrypt", "a.yaml"])

    assert code == 0
    assert _opened(path, NEW) == _ITEMS


def test_a_file_for_which_the_controller_stays_busy_is_told_and_the_others_are_done(
    controller: _Controller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _write(tmp_path, "a").read_bytes()
    other = _write(tmp_path, "b")
    controller.behaviour.busy_answers = 5

    code = app.run(["seal", "reencrypt", "."])

    said = capsys.readouterr().err
    assert (code, (tmp_path / "a.yaml").read_bytes()) == (3, before)
    assert re.search(r"error: the controller did not .* HTTP status 429 - .*\n.*hint: it is", said)
    assert said.endswith(
        "items re-encrypted: 2, on the newest key already: 0, not opened: 0, files that failed: 1\n"
    )
    assert _opened(other, NEW) == _ITEMS


def test_a_key_that_is_renewed_meanwhile_is_not_recorded_for_what_it_did_not_seal(
    controller: _Controller, tmp_path: Path
) -> None:
    path = _write(tmp_path, "a")

    def renew() -> None:
        if OTHER not in controller.behaviour.pairs:
            controller.behaviour.pairs.append(OTHER)

    controller.after_rotating = renew

    code = app.run(["seal", "reencrypt", "."])

    assert (code, controller.rotated) == (0, ["a", "a"])
    assert _opened(path, OTHER) == _ITEMS


def test_a_controller_that_renews_its_key_all_the_time_is_given_up(
    controller: _Controller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _write(tmp_path, "a").read_bytes()
    controller.after_rotating = controller.behaviour.pairs.reverse

    code = app.run(["seal", "reencrypt", "."])

    assert (code, (tmp_path / "a.yaml").read_bytes()) == (3, before)
    assert "error: the controller renews its key again and again" in capsys.readouterr().err


def test_a_cluster_that_is_gone_is_told_once(
    controller: _Controller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b", "c"):
        _write(tmp_path, name)
    controller.close()

    code = app.run(["seal", "reencrypt", "."])

    said = capsys.readouterr().err
    assert (code, said.count("gitopskit: error: ")) == (3, 1)


def test_a_cluster_that_begins_to_refuse_ends_the_run(
    controller: _Controller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *others = [_write(tmp_path, name) for name in ("a", "b", "c")]
    before = [path.read_bytes() for path in others]

    def refuse() -> None:
        controller.behaviour.forbids_proxy = "b" in controller.rotated

    controller.after_rotating = refuse

    code = app.run(["seal", "reencrypt", "."])

    assert (code, controller.rotated) == (3, ["a", "b"])
    assert capsys.readouterr().err.count("gitopskit: error: ") == 1
    assert _opened(first, NEW) == _ITEMS
    assert [path.read_bytes() for path in others] == before


@pytest.mark.usefixtures("controller")
def test_another_controller_can_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, "a")
    named = ["--controller-name", "mine", "--controller-namespace", "sealing"]

    code = app.run(["seal", "reencrypt", ".", *named])

    assert code == 2
    assert "there is no sealed-secrets controller - Service/sealing/mine" in capsys.readouterr().err

"""`gitopskit seal --fetch-cert`, `--validate` and `--re-encrypt`, as a person meets them."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from gitopskit.manifests.documents import read_documents
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.fake_controller import FakeController
from tests.support.sealing import private_key_of, sealed_manifest, sealing_pair, write_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OLD, NEW, OTHER = sealing_pair(0), sealing_pair(1), sealing_pair(2)
_TEMPLATE: Final = """\
  template: # of the Secret
    metadata: {labels: {app: shop}}
"""


@pytest.fixture
def controller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeController]:
    """A controller with an old and a new key that KUBECONFIG leads to; the working folder."""
    monkeypatch.chdir(tmp_path)
    with FakeController([OLD, NEW]) as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        yield running


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


def _sealed(name: str = "db", *, records_keys: bool = False) -> str:
    """Return a SealedSecret with comments, sealed to the old key."""
    manifest = sealed_manifest({"password": "correct-horse"}, name=name, records_keys=records_keys)
    return f"# ours\n{manifest}{_TEMPLATE}"


def _json() -> str:
    (manifest,) = read_documents(_sealed(), path="made")
    return json.dumps(manifest.content) + "\n"


def _values(text: str) -> list[dict[str, str]]:
    """Return what the new key opens in a text."""
    keyring = Keyring([private_key_of(NEW)])
    secrets = [
        unseal_secret(manifest.content, keyring=keyring, where="")
        for manifest in read_documents(text, path="result")
    ]
    return [
        {item: value.reveal().decode() for item, value in each.data.items()} for each in secrets
    ]


def _asked(controller: FakeController) -> list[str]:
    return [path for _, path, _ in controller.asked]


@pytest.mark.usefixtures("controller")
def test_the_newest_certificate_is_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    code = app.run(["seal", "--fetch-cert"])

    said = capsys.readouterr()
    assert (code, said.out, said.err) == (0, NEW.certificate_pem.decode(), "")


@pytest.mark.usefixtures("controller")
def test_a_certificate_is_fetched_to_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = app.run(["seal", "--fetch-cert", "-w", "tls.crt"])

    assert (code, capsys.readouterr().out) == (0, "")
    assert (tmp_path / "tls.crt").read_bytes() == NEW.certificate_pem


def test_a_certificate_that_is_named_is_fetched_from_there(
    controller: FakeController, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pair(OTHER, tmp_path)

    code = app.run(["seal", "--fetch-cert", "--cert", "tls.crt"])

    assert (code, capsys.readouterr().out) == (0, OTHER.certificate_pem.decode())
    assert controller.seen == []


@pytest.mark.parametrize("flags", [["--fetch-cert"], ["--validate"], ["--re-encrypt"]])
def test_a_variable_that_means_another_cluster_is_refused(
    controller: FakeController,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    type_in: Callable[[str], None],
    flags: list[str],
) -> None:
    monkeypatch.setenv("SEALED_SECRETS_SERVER", "https://prod.example.com")
    type_in(_sealed())

    code = app.run(["seal", *flags])

    said = capsys.readouterr()
    assert (code, said.out, controller.seen) == (2, "", [])
    assert "the variable SEALED_SECRETS_SERVER sets a flag of kubeseal's" in said.err


def test_what_opens_is_validated_without_a_word(
    controller: FakeController, capsys: pytest.CaptureFixture[str], type_in: Callable[[str], None]
) -> None:
    type_in(f"{_sealed('a')}---\n{_sealed('b')}")

    code = app.run(["seal", "--validate"])

    said = capsys.readouterr()
    assert (code, said.out, said.err) == (0, "", "")
    assert _asked(controller) == ["/v1/verify", "/v1/verify"]


@pytest.mark.parametrize("flag", ["--validate", "--re-encrypt"])
def test_a_controller_is_never_sent_a_template(
    controller: FakeController, type_in: Callable[[str], None], flag: str
) -> None:
    type_in(_sealed())

    assert app.run(["seal", flag]) == 0

    bodies = [json.loads(body) for method, _, body in controller.asked if method == "POST"]
    assert [each["spec"].keys() for each in bodies] == [{"encryptedData"}]


def test_the_first_that_does_not_open_ends_the_validation(
    controller: FakeController, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del controller.behaviour.pairs[0]
    (tmp_path / "in.yaml").write_text(f"{_sealed('a')}---\n{_sealed('b')}")

    code = app.run(["seal", "--validate", "-f", "in.yaml"])

    said = capsys.readouterr()
    assert (code, said.out, _asked(controller)) == (4, "", ["/v1/verify"])
    assert said.err == (
        "gitopskit: error: unable to decrypt sealed secret: a - in.yaml:2:1\n"
        "gitopskit: hint: `gitopskit seal verify --private-key FILE` says why, with the keys\n"
    )


@pytest.mark.parametrize("flag", ["--validate", "--re-encrypt"])
@pytest.mark.parametrize("text", ["", "hello\n", "kind: Secret\n"], ids=["none", "word", "Secret"])
def test_input_without_a_sealed_secret_is_refused(
    controller: FakeController,
    capsys: pytest.CaptureFixture[str],
    type_in: Callable[[str], None],
    text: str,
    flag: str,
) -> None:
    type_in(text)

    code = app.run(["seal", flag])

    said = capsys.readouterr()
    assert (code, said.out, controller.seen) == (2, "", [])
    assert said.err.startswith("gitopskit: error: there is no SealedSecret in the input - -\n")


@pytest.mark.usefixtures("controller")
def test_envelopes_and_nothing_else_are_replaced(
    capsys: pytest.CaptureFixture[str], type_in: Callable[[str], None]
) -> None:
    before = _sealed()
    type_in(before)

    code = app.run(["seal", "--re-encrypt"])

    after = capsys.readouterr().out
    assert (code, _values(after)) == (0, [{"password": "correct-horse"}])
    assert after.startswith("# ours\napiVersion: ")
    assert after.endswith(_TEMPLATE)


@pytest.mark.usefixtures("controller")
def test_a_file_is_rewritten_where_no_other_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.yaml").write_text(_sealed())

    code = app.run(["seal", "--re-encrypt", "in.yaml"])

    after = (tmp_path / "in.yaml").read_text()
    assert (code, capsys.readouterr().out) == (0, "")
    assert _values(after) == [{"password": "correct-horse"}]
    assert after.startswith("# ours\n")


@pytest.mark.parametrize("form", [[], ["-o", "yaml"], ["-o", "json"]], ids=["no", "yaml", "json"])
@pytest.mark.usefixtures("controller")
def test_a_file_that_is_called_yaml_stays_yaml_with_its_comments(
    tmp_path: Path, form: list[str]
) -> None:
    (tmp_path / "in.yaml").write_text(_sealed())

    assert app.run(["seal", "--re-encrypt", "in.yaml", *form]) == 0

    assert (tmp_path / "in.yaml").read_text().startswith("# ours\n")


@pytest.mark.parametrize(
    ("flags", "begins"),
    [
        (["in.yaml", "-w", "out.yaml"], "# ours\n"),
        (["in.yaml", "-w", "out.txt"], "# ours\n"),
        (["in.yaml", "-w", "out.json"], '{\n  "apiVersion"'),
        (["in.yaml", "-w", "out.txt", "-o", "json"], '{\n  "apiVersion"'),
        (["in.json", "-w", "out.json"], '{"apiVersion"'),
        (["in.json", "-w", "out.yaml"], "---\napiVersion"),
        (["in.json", "-w", "out.txt", "-o", "yaml"], "---\napiVersion"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("controller")
def test_another_file_has_the_format_that_its_name_or_flag_says(
    tmp_path: Path, flags: list[str], begins: str
) -> None:
    (tmp_path / "in.yaml").write_text(_sealed())
    (tmp_path / "in.json").write_text(_json())

    assert app.run(["seal", "--re-encrypt", *flags]) == 0

    (written,) = tmp_path.glob("out.*")
    assert written.read_text().startswith(begins)
    assert _values(written.read_text()) == [{"password": "correct-horse"}]
    assert (tmp_path / "in.yaml").read_text().endswith(_TEMPLATE)


@pytest.mark.usefixtures("controller")
def test_a_file_with_the_name_of_another_format_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(_sealed())

    assert app.run(["seal", "--re-encrypt", "in.json"]) == 0

    assert (tmp_path / "in.json").read_text().startswith("# ours\n")


@pytest.mark.parametrize("target", [[], ["-w", "out.yaml"]], ids=["the file", "another"])
@pytest.mark.usefixtures("controller")
def test_a_dry_run_prints_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], target: list[str]
) -> None:
    before = _sealed()
    (tmp_path / "in.yaml").write_text(before)

    code = app.run(["seal", "--re-encrypt", "in.yaml", "--dry-run", *target])

    assert code == 0
    assert _values(capsys.readouterr().out) == [{"password": "correct-horse"}]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"in.yaml": before}


def test_a_file_that_is_on_the_newest_key_is_not_touched(
    controller: FakeController, tmp_path: Path
) -> None:
    controller.behaviour.pairs[:] = [NEW, OLD]
    path = tmp_path / "in.yaml"
    path.write_text(_sealed(records_keys=True))
    before = path.stat().st_mtime_ns, path.stat().st_ino

    assert app.run(["seal", "--re-encrypt", "in.yaml"]) == 0

    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert "/v1/rotate" not in _asked(controller)


def test_one_that_does_not_open_leaves_the_whole_file_as_it_was(
    controller: FakeController, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del controller.behaviour.pairs[0]
    newer = sealed_manifest({"a": "b"}, name="a", pair=NEW)
    (tmp_path / "in.yaml").write_text(f"{newer}---\n{_sealed()}")
    before = (tmp_path / "in.yaml").read_bytes()

    code = app.run(["seal", "--re-encrypt", "in.yaml"])

    said = capsys.readouterr()
    assert (code, said.out, (tmp_path / "in.yaml").read_bytes()) == (4, "", before)
    assert said.err.splitlines()[0].startswith(
        "gitopskit: error: unable to rotate secret - in.yaml:"
    )


@pytest.mark.usefixtures("controller")
def test_manifests_of_other_kinds_are_left_alone(
    capsys: pytest.CaptureFixture[str], type_in: Callable[[str], None]
) -> None:
    other = "apiVersion: v1\nkind: ConfigMap # as it is\n"
    type_in(f"{other}---\n{_sealed()}")

    code = app.run(["seal", "--re-encrypt"])

    after = capsys.readouterr().out
    assert code == 0
    assert after.startswith(f"{other}---\n# ours\n")
    assert _values(after.partition("---\n")[2]) == [{"password": "correct-horse"}]

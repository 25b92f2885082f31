"""What we write is what an API server takes, under our definition of SealedSecret and upstream's.

Strictly: without a warning, with nothing null, and with nothing left out of what is stored.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from gitopskit.errors import ProcessFailed
from gitopskit.manifests.documents import expand_lists, read_documents
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.manifests.write import dump_documents
from gitopskit.sealing.scope import Scope
from tests.support.cluster import kubectl
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.manifests.json_types import JsonObject, JsonValue

OLD, NEW = sealing_pair(0), sealing_pair(1)
_SET_BY_THE_SERVER: Final = frozenset(
    {"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"}
)
_WHOLE: Final = {
    "type": "kubernetes.io/basic-auth",
    "immutable": True,
    "data": {"username": "YWRtaW4=", "password": None},
}
_METADATA: Final = {
    "labels": {"app.kubernetes.io/name": "shop", "enabled": "true"},
    "annotations": {"example.com/owner": "team: shop", "lines": "one\ntwo\n"},
    "finalizers": ["example.com/keep"],
    "creationTimestamp": None,
    "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "1"}],
}
_TEMPLATE: Final = """\
  template:
    data: # what it is made into
      url: https://{{ .username }}@db
    metadata: {labels: {app: shop}}
"""


@pytest.fixture
def folder(tmp_path: Path, namespace: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: two keys, and Secrets with all that one can have, little, and no data."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.key").write_bytes(OLD.private_pem.reveal())
    (tmp_path / "old.crt").write_bytes(OLD.certificate_pem)
    (tmp_path / "new.crt").write_bytes(NEW.certificate_pem)
    (tmp_path / "digest.key").write_bytes(b"k" * 32)
    (tmp_path / "digest.key").chmod(0o600)
    place = {"name": tmp_path.name.replace("_", "-").lower(), "namespace": namespace}
    _write(tmp_path / "whole.yaml", _WHOLE | {"metadata": _METADATA | place})
    _write(tmp_path / "empty.yaml", {"metadata": place, "type": "Opaque"})
    _write(tmp_path / "plain.yaml", {"metadata": place, "stringData": {"a": "1", "b": ""}})
    return tmp_path


def _write(path: Path, content: JsonObject) -> None:
    path.write_text(dump_documents([{"apiVersion": "v1", "kind": "Secret"} | content]))


def _run(*arguments: str) -> None:
    assert app.run(["seal", *arguments]) == 0


def _seal(source: str, *flags: str, target: str = "sealed.yaml") -> None:
    _run(source, "--cert", "old.crt", "-w", target, *flags)


def _stored(control_plane: ControlPlane, text: bytes, namespace: str) -> list[JsonObject]:
    """Create what a text holds and return it as it is stored; a warning counts as a refusal."""
    answer = kubectl(
        control_plane,
        "create",
        "--validate=strict",
        "--warnings-as-errors",
        f"--namespace={namespace}",
        "--filename=-",
        "--output=json",
        stdin=text,
    )
    return [manifest.content for manifest in expand_lists(read_documents(answer, path="-"))]


def _comparable(content: JsonObject, namespace: str) -> JsonObject:
    """Return an object with its namespace, and without what the server adds and leaves out."""
    metadata = {
        name: value
        for name, value in content["metadata"].items()
        if name not in _SET_BY_THE_SERVER and value != {}
    }
    return content | {"metadata": {"namespace": namespace} | metadata}


def _nulls(value: JsonValue, at: str = "") -> list[str]:
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for name, part in parts for found in _nulls(part, f"{at}/{name}")]
    return [at] if value is None else []


def _require_taken(path: Path, control_plane: ControlPlane, namespace: str) -> list[JsonObject]:
    """Create what a file holds; check that it is stored whole, and return it."""
    manifests = expand_lists(read_documents(path.read_bytes(), path=str(path)))
    sent = [manifest.content for manifest in manifests]

    stored = _stored(control_plane, path.read_bytes(), namespace)

    compared = [[_comparable(each, namespace) for each in contents] for contents in (stored, sent)]
    assert compared[0] == compared[1]
    assert [_nulls(content) for content in sent] == [[]] * len(sent)
    return stored


def _records(content: JsonObject) -> list[str]:
    """Return the items whose keys are recorded."""
    text = content["metadata"].get("annotations", {}).get(KEY_RECORDS_ANNOTATION, "")
    return re.findall(r"^(\S+) SHA256:", text, re.MULTILINE)


@pytest.mark.parametrize("records", [True, False], ids=["records", "no records"])
@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
@pytest.mark.parametrize("source", ["whole.yaml", "plain.yaml"])
@pytest.mark.usefixtures("definition")
def test_what_is_sealed_is_taken(
    folder: Path,
    platform: ControlPlane,
    namespace: str,
    source: str,
    scope: Scope,
    *,
    records: bool,
) -> None:
    flags = [f"--scope={scope.value}", *([] if records else ["--no-record-keys"])]
    _seal(source, *flags)

    (stored,) = _require_taken(folder / "sealed.yaml", platform, namespace)

    items = sorted(stored["spec"]["encryptedData"])
    assert _records(stored) == (items if records else [])
    assert len(items) == 2
    template = stored["spec"].get("template", {})
    assert (template.get("type"), template.get("immutable")) == (
        ("kubernetes.io/basic-auth", True) if source == "whole.yaml" else (None, None)
    )


def _as_json() -> None:
    _seal("whole.yaml", target="sealed.json")


def _with_digests() -> None:
    _seal("whole.yaml", "--digest-key", "digest.key")


def _without_data() -> None:
    _seal("empty.yaml", "--allow-empty-data")


def _after_set_and_rm() -> None:
    _seal("whole.yaml")
    for item in ("added", "tls.crt", "password"):
        _run("set", "sealed.yaml", item, "--from-file", "old.crt", "--cert", "old.crt")
    _run("rm", "sealed.yaml", "username", "added")


def _after_removing_all() -> None:
    _seal("plain.yaml")
    _run("rm", "sealed.yaml", "a", "b", "--allow-empty-data")


def _after_merging() -> None:
    _seal("plain.yaml", "--scope=namespace-wide")
    _run("whole.yaml", "--cert", "new.crt", "--merge-into", "sealed.yaml")


def _after_reencryption() -> None:
    _seal("whole.yaml", "--no-record-keys")
    _run("reencrypt", "sealed.yaml", "--from-key", "old.key", "--to-cert", "new.crt")


def _by_hand_after_reencryption() -> None:
    _seal("plain.yaml")
    text = Path("sealed.yaml").read_text()
    Path("sealed.yaml").write_text(f"{text}{_TEMPLATE}")
    _run("reencrypt", "sealed.yaml", "--from-key", "old.key", "--to-cert", "new.crt")


_WAYS: Final[dict[Callable[[], None], tuple[list[str], bool]]] = {
    _as_json: (["password", "username"], True),
    _with_digests: (["password", "username"], True),
    _without_data: ([], True),
    _after_set_and_rm: (["password", "tls.crt"], True),
    _after_removing_all: ([], False),
    _after_merging: (["a", "b", "password", "username"], True),
    _after_reencryption: (["password", "username"], True),
    _by_hand_after_reencryption: (["a", "b"], True),
}
"""What writes a file, its items then, and whether it has a template."""


@pytest.mark.parametrize(
    ("write", "items", "has_template"),
    [(write, *expected) for write, expected in _WAYS.items()],
    ids=[write.__name__.strip("_").replace("_", " ") for write in _WAYS],
)
@pytest.mark.usefixtures("definition")
def test_what_other_commands_write_is_taken(
    folder: Path,
    platform: ControlPlane,
    namespace: str,
    write: Callable[[], None],
    items: list[str],
    *,
    has_template: bool,
) -> None:
    write()

    (path,) = folder.glob("sealed.*")
    (stored,) = _require_taken(path, platform, namespace)
    assert sorted(stored["spec"]["encryptedData"]) == items
    assert _records(stored) == items
    assert ("template" in stored["spec"]) is has_template


@pytest.mark.usefixtures("definition")
def test_several_documents_are_taken(folder: Path, platform: ControlPlane, namespace: str) -> None:
    names = [f"{folder.name.replace('_', '-').lower()}-{number}" for number in range(3)]
    secrets = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace},
            "stringData": {"a": "1"},
        }
        for name in names
    ]
    (folder / "several.yaml").write_text(dump_documents(secrets))
    _seal("several.yaml")

    stored = _require_taken(folder / "sealed.yaml", platform, namespace)

    assert [content["metadata"]["name"] for content in stored] == names


@pytest.mark.usefixtures("definition")
def test_a_field_that_is_not_defined_would_be_refused(
    folder: Path, platform: ControlPlane, namespace: str
) -> None:
    """Without this, the tests above might check nothing."""
    _seal("plain.yaml")
    text = (folder / "sealed.yaml").read_text().replace("spec:\n", "spec:\n  surprise: 1\n")

    with pytest.raises(ProcessFailed, match=r'unknown field "spec\.surprise"'):
        _stored(platform, text.encode(), namespace)

"""`gitopskit keys retire`, as a person meets it, against a real control plane."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.errors import ApiConflict
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.manifests.write import dump_documents
from gitopskit.sealedfiles.retirement import read_key_secrets, relabel
from gitopskit.sealing.keys import KEY_LABEL, KeyPair, key_secret, new_sealing_key
from tests.support.sealed_manifests import fingerprint_of, sealed_content, yaml_of
from tests.support.sealing import BORN, sealing_pair, write_pair
from tests.support.terminal import at_terminal, gitopskit

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

_KEY, _OTHER = fingerprint_of(0), fingerprint_of(1)


@cache
def _newest() -> KeyPair:
    return new_sealing_key(now=BORN + timedelta(days=30), size_bits=2048)


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """A cluster with an old key and a newer one in a namespace, and a folder of SealedSecrets."""

    control_plane: ControlPlane
    namespace: str
    folder: Path

    def retire(self, *arguments: str, key: str = _KEY) -> int:
        return app.run(["keys", "retire", key, "tree", "-n", self.namespace, *arguments])

    def keep(self, content: JsonObject, name: str = "more.yaml") -> None:
        """Write a SealedSecret into the folder."""
        (self.folder / "tree" / name).write_bytes(yaml_of(content))

    def create(self, content: JsonObject) -> None:
        """Create a Secret or a SealedSecret in the namespace."""
        kind = SECRETS if content["kind"] == "Secret" else SEALED_SECRETS
        self.control_plane.rest.post(kind.collection_path(self.namespace), content)

    def state(self, name: str = "old") -> str:
        ref = SECRETS.ref(namespace=self.namespace, name=name)
        content = self.control_plane.rest.get(SECRETS.object_path(ref))
        return str(content["metadata"]["labels"][KEY_LABEL])

    def sealed(self, *, key: int, is_recorded: bool = True) -> JsonObject:
        return sealed_content(
            "db", self.namespace, items={"a": "1"}, key=key, is_recorded=is_recorded
        )


@pytest.fixture
async def world(
    platform: ControlPlane,
    admin: KubeClient,
    namespace: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> _World:
    """What nothing stands against: the tree needs another key, the cluster has nothing sealed.

    SealedSecrets that other tests left in the cluster are deleted: any of them may need the key.
    """
    for kind, place in ((SEALED_SECRETS, ""), (SECRETS, namespace)):
        for content in (await admin.list(kind, place)).items:
            ref = kind.ref_of(content)
            await admin.delete(kind, ref.name, ref.namespace, uid=content["metadata"]["uid"])
    monkeypatch.setenv("KUBECONFIG", str(platform.kubeconfig_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tree").mkdir()
    world = _World(control_plane=platform, namespace=namespace, folder=tmp_path)
    world.keep(sealed_content(key=1), "other.yaml")
    world.create(key_secret(sealing_pair(), namespace=namespace, name="old"))
    world.create(key_secret(_newest(), namespace=namespace, name="new"))
    return world


def test_a_key_that_nothing_needs_is_relabelled(
    world: _World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.create(world.sealed(key=1))

    assert world.retire("--yes") == 0

    said = capsys.readouterr()
    assert said.out == f"Secret/{world.namespace}/old\n"
    assert f"  Secret/{world.namespace}/old: label {KEY_LABEL}: active -> retired\n" in said.err
    assert (world.state("old"), world.state("new")) == ("retired", "active")


def test_a_second_run_finds_nothing_to_do(
    world: _World, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = [world.retire("--yes"), world.retire("--yes")]

    assert codes == [0, 0]
    assert "the key is retired already" in capsys.readouterr().err


@pytest.mark.parametrize("by", ["beginning", "certificate"])
def test_a_key_may_be_named_by_its_beginning_or_its_certificate(world: _World, by: str) -> None:
    write_pair(sealing_pair(), world.folder)

    assert world.retire("--yes", key="tls.crt" if by == "certificate" else _KEY[:20]) == 0

    assert world.state() == "retired"


def test_a_dry_run_changes_nothing(world: _World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.retire("--dry-run") == 0

    assert "active -> retired" in capsys.readouterr().err
    assert world.state() == "active"


def test_without_a_terminal_the_agreement_is_a_flag(
    world: _World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.retire() == 2

    assert "pass `--yes`" in capsys.readouterr().err
    assert world.state() == "active"


@pytest.mark.parametrize(
    ("answer", "code", "state"), [("y", 0, "retired"), ("n", 130, "active")], ids=["yes", "no"]
)
def test_a_person_is_asked(world: _World, answer: str, code: int, state: str) -> None:
    argv = gitopskit("keys", "retire", _KEY, "tree", "-n", world.namespace)

    with at_terminal(argv, cwd=world.folder) as terminal:
        terminal.answer("Do this?", answer)
        ended = terminal.end()

    assert (ended, world.state()) == (code, state)


@pytest.mark.parametrize("place", ["file", "cluster"])
@pytest.mark.parametrize(
    ("is_recorded", "words"),
    [
        (True, "items that need it: 1, that may need it: 0: "),
        (False, "items that need it: 0, that may need it: 1: "),
    ],
    ids=["needed", "unknown"],
)
def test_what_needs_the_key_or_may_need_it_stands_against_it(
    world: _World,
    place: str,
    is_recorded: bool,  # noqa: FBT001 -- pytest passes it by name
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = world.sealed(key=0, is_recorded=is_recorded)
    if place == "file":
        world.keep(content)
    else:
        world.create(content)

    assert world.retire("--yes") == 4

    said = capsys.readouterr().err
    where = "tree/more.yaml:" if place == "file" else f"SealedSecret/{world.namespace}/db `a`"
    assert f"error: {words}{where}" in said
    assert "gitopskit: hint: move them with `gitopskit seal reencrypt`" in said
    assert world.state() == "active"


def test_a_private_key_tells_that_an_unknown_item_needs_another(world: _World) -> None:
    world.create(world.sealed(key=1, is_recorded=False))
    write_pair(sealing_pair(1), world.folder)

    codes = [world.retire("--yes", *flags) for flags in ([], ["--private-key", "tls.key"])]

    assert codes == [4, 0]


def test_a_sealed_secret_that_cannot_be_read_stands_against_it(
    world: _World, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = world.sealed(key=1)
    broken["spec"]["encryptedData"]["a"] = "***"
    world.create(broken)

    assert world.retire("--yes") == 4

    assert f"may need it: 1: SealedSecret/{world.namespace}/db - " in capsys.readouterr().err


@pytest.mark.parametrize("what", ["link", "patch", "escaped", "another name"])
def test_what_is_not_plainly_a_sealed_secret_stands_against_it(
    world: _World, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tree, sealed = world.folder / "tree", yaml_of(world.sealed(key=0))
    if what == "link":
        (world.folder / "elsewhere").write_bytes(sealed)
        (tree / "link").symlink_to(world.folder / "elsewhere")
    elif what == "patch":
        (tree / "patch").write_text("spec: {encryptedData: {a: AgB=}}")
    elif what == "escaped":
        (tree / "x.yaml").write_bytes(sealed.replace(b"SealedSecret", rb'"Sealed\u0053ecret"'))
    else:
        (tree / "sealed").write_bytes(sealed)

    assert world.retire("--yes") == 4

    said = capsys.readouterr().err
    assert ("cannot be told" in said) == (what in {"link", "patch"})
    assert world.state() == "active"


def test_a_record_does_not_beat_the_key_in_hand(world: _World) -> None:
    content = world.sealed(key=0)
    annotations = content["metadata"]["annotations"]
    annotations[KEY_RECORDS_ANNOTATION] = annotations[KEY_RECORDS_ANNOTATION].replace(_KEY, _OTHER)
    world.keep(content)
    write_pair(sealing_pair(), world.folder)

    assert world.retire("--yes", "--private-key", "tls.key") == 4

    assert world.state() == "active"


def test_a_beginning_of_no_key_ends_with_2(
    world: _World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.retire("--yes", key="SHA256:AAAAAAAA") == 2

    assert "no Secret of the namespace holds the sealing key SHA256:AAAAAAAA" in (
        capsys.readouterr().err
    )


def test_a_file_that_cannot_be_read_ends_with_2(
    world: _World, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.folder / "tree" / "bad.yaml").write_text("kind: SealedSecret\nx: [")

    assert world.retire("--yes") == 2

    assert "tree/bad.yaml:2:5" in capsys.readouterr().err
    assert world.state() == "active"


def test_the_newest_key_is_not_retired(world: _World, capsys: pytest.CaptureFixture[str]) -> None:
    write_pair(_newest(), world.folder)

    assert world.retire("--yes", key="tls.crt") == 4

    assert "it is the newest active key: what is sealed now is sealed to it - Secret/" in (
        capsys.readouterr().err
    )
    assert world.state("new") == "active"


def test_the_only_key_is_not_retired(world: _World, capsys: pytest.CaptureFixture[str]) -> None:
    ref = SECRETS.ref(namespace=world.namespace, name="new")
    world.control_plane.rest.send("DELETE", SECRETS.object_path(ref))

    assert world.retire("--yes") == 4

    assert "it is the only active key of the cluster" in capsys.readouterr().err
    assert world.state() == "active"


def test_a_key_that_is_not_in_the_namespace_ends_with_2(
    world: _World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.retire("--yes", key=_OTHER) == 2

    said = capsys.readouterr().err
    assert f"no Secret of the namespace holds the sealing key {_OTHER}" in said
    assert "--namespace" in said


def test_a_key_secret_that_cannot_be_read_is_passed_over_and_told(
    world: _World, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = key_secret(sealing_pair(1), namespace=world.namespace, name="broken")
    broken["data"]["tls.crt"] = ""
    world.create(broken)

    assert world.retire("--yes") == 0

    assert (
        f"passed over: the key Secret has no certificate - Secret/{world.namespace}/broken"
    ) in capsys.readouterr().err


def test_no_private_half_is_told(world: _World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.retire("--yes") == 0

    said = capsys.readouterr()
    private = key_secret(sealing_pair(), namespace="x", name="y")["data"]["tls.key"]
    assert private[:40] not in said.out + said.err
    assert "PRIVATE" not in said.out + said.err


async def test_a_secret_that_changed_meanwhile_is_left_alone(
    world: _World, admin: KubeClient
) -> None:
    secrets, _ = await read_key_secrets(admin, world.namespace)
    (old,) = [secret for secret in secrets if secret.fingerprint == _KEY]
    await admin.patch(
        SECRETS,
        "old",
        world.namespace,
        patch={"metadata": {"labels": {"team": "a"}}},
        field_manager="test",
    )

    with pytest.raises(ApiConflict):
        await relabel(admin, old)

    assert world.state() == "active"


def test_a_cluster_that_is_not_there_ends_with_3(
    world: _World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "a",
        "clusters": [{"name": "a", "cluster": {"server": "http://127.0.0.1:1"}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": ""}}],
    }
    (world.folder / "config").write_text(dump_documents([kubeconfig]))
    monkeypatch.setenv("KUBECONFIG", "config")

    assert world.retire("--yes") == 3

"""Whose signature a project wants."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import InputError
from gitopskit.reconciler.fields import spec_of
from gitopskit.reconciler.project import fingerprint, parse
from gitopskit.reconciler.signers import Signers, gpg_keys, signers_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

TYPE = b"ssh-ed25519"
KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0b" + TYPE + b"\0\0\0\x20" + bytes(32)).decode()


def project(ssh: str | None = None, **spec: JsonValue) -> JsonObject:
    annotations = {} if ssh is None else {"gitopskit.io/ssh-signers": ssh}
    return {"metadata": {"name": "shop", "annotations": annotations}, "spec": spec}


def found(content: JsonObject) -> Signers | None:
    return signers_of(content, spec_of(content))


@pytest.mark.parametrize("spec", [{}, {"signatureKeys": []}], ids=["nothing", "an empty list"])
def test_a_project_without_a_rule_wants_no_signature(spec: dict[str, JsonValue]) -> None:
    assert found(project(**spec)) is None
    assert parse(project(**spec)).signers is None


def test_gpg_keys_are_named_as_argo_cd_does() -> None:
    content = project(signatureKeys=[{"keyID": "4aee18f83afdeb23"}, {"keyID": "0x" + "A" * 40}])

    assert parse(content).signers == Signers(gpg_key_ids=("4AEE18F83AFDEB23", "A" * 40))


def test_ssh_keys_stand_in_the_annotation_one_a_line() -> None:
    content = project(ssh=f"# people\n{KEY} anna@example.com\n\n  {KEY}\n")

    assert found(content) == Signers(ssh_keys=(KEY, KEY))


@pytest.mark.parametrize(
    "key_id", ["", "4AEE18F8", "4AEE18F83AFDEB2X", "4AEE18F83AFDEB23 "[:-1] * 2]
)
def test_a_gpg_key_that_is_not_named_in_full_is_refused(key_id: str) -> None:
    with pytest.raises(InputError, match="keyID must be the 16 or 40 digits"):
        found(project(signatureKeys=[{"keyID": key_id}]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nobody",
        "ssh-ed25519",
        "ssh-ed25519 ????",
        "ssh-ed25519 AAAA",
        f"cert-authority {KEY}",
        f"* {KEY}",
        KEY.replace("ssh-ed25519", "ssh-dss"),
        KEY.replace("ssh-ed25519", "ssh-rsa"),
        "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0b" + TYPE).decode(),
    ],
)
def test_an_annotation_that_names_no_key_is_no_rule_that_lets_all_in(text: str) -> None:
    with pytest.raises(InputError, match="ssh-signers"):
        found(project(ssh=text))


def test_a_change_of_the_signers_is_a_change_of_the_project() -> None:
    assert fingerprint(project(ssh=KEY)) != fingerprint(project())


def test_gpg_keys_come_from_argo_cds_config_map() -> None:
    assert gpg_keys({"data": {"B": "two", "A": "one"}}) == ("one", "two")
    assert gpg_keys(None) == ()


@given(st.text(max_size=200))
def test_any_annotation_is_understood_or_refused(text: str) -> None:
    try:
        signers = found(project(ssh=text))
    except InputError:
        return
    assert signers is not None
    assert all(key.count(" ") == 1 and key.isprintable() for key in signers.ssh_keys)

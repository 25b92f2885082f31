"""Merging values into a SealedSecret that exists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.documents import read_documents
from gitopskit.sealedfiles.merge import merge_into
from gitopskit.sealedfiles.sealed_text import SealedText
from gitopskit.sealedfiles.texts import read_secrets, seal_text
from gitopskit.sealing.keys import read_certificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.sealing import BORN, private_key_of, sealing_pair

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_MANIFEST = """\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {kept: "1", changed: "2"}
"""


@pytest.fixture
def options() -> SealOptions:
    pem = sealing_pair().certificate_pem
    return SealOptions(certificate=read_certificate(pem, where="tls.crt", now=BORN))


def _target(options: SealOptions, *, scope: Scope = Scope.STRICT) -> SealedText:
    chosen = SealOptions(certificate=options.certificate, scope=scope)
    text = seal_text(_MANIFEST, path="-", options=chosen)
    return SealedText.read(f"# ours\n{text}# the end\n".encode(), path="sealed.yaml")


def _merge(target: SealedText, given: str, options: SealOptions) -> str:
    return merge_into(target, read_secrets(given, path="-"), options)


def _values(text: str, number: int = 0) -> dict[str, bytes]:
    manifest = read_documents(text, path="-")[number]
    keyring = Keyring([private_key_of(sealing_pair())])
    data = unseal_secret(manifest.content, keyring=keyring).data
    return {item: value.reveal() for item, value in data.items()}


def _content(text: str) -> JsonObject:
    return read_documents(text, path="-")[0].content


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
def test_the_targets_name_and_scope_bind_what_is_merged(options: SealOptions, scope: Scope) -> None:
    target = _target(options, scope=scope)
    given = (
        "{apiVersion: v1, kind: Secret, metadata: {name: x}, stringData: {changed: '3', new: '4'}}"
    )

    text = _merge(target, given, options)

    assert _values(text) == {"kept": b"1", "changed": b"3", "new": b"4"}
    assert text.startswith("# ours\n")
    assert text.endswith("# the end\n")
    before, after = (_content(each)["spec"]["encryptedData"] for each in (target.text, text))
    assert before["kept"] == after["kept"]


def test_labels_and_annotations_go_into_the_template(options: SealOptions) -> None:
    given = """\
apiVersion: v1
kind: Secret
metadata:
  name: x
  labels: {team: a}
  annotations: {note: b, sealedsecrets.bitnami.com/cluster-wide: "true"}
stringData: {new: "4"}
"""

    text = _merge(_target(options), given, options)

    content = _content(text)
    assert content["spec"]["template"]["metadata"] == {
        "labels": {"team": "a"},
        "annotations": {"note": "b"},
    }
    assert "sealedsecrets.bitnami.com/cluster-wide" not in content["metadata"]["annotations"]
    assert _values(text)["new"] == b"4"


def test_of_several_targets_the_one_of_that_name_is_meant(options: SealOptions) -> None:
    both = f"{_target(options).text}---\n{_target(options).text.replace('name: db', 'name: cache')}"
    target = SealedText.read(both.encode(), path="sealed.yaml")
    given = "{apiVersion: v1, kind: Secret, metadata: {name: db}, stringData: {changed: '3'}}"

    text = _merge(target, given, options)

    assert _values(text)["changed"] == b"3"
    assert text.endswith(target.text[target.text.index("---\n") :])


def test_many_secrets_go_into_the_only_target(options: SealOptions) -> None:
    document = "{apiVersion: v1, kind: Secret, metadata: {name: x}, stringData: {%s}}\n"
    secrets = "---\n".join(document % values for values in ("a: '1', b: '1'", "b: '2'"))

    text = _merge(_target(options), secrets, options)

    assert _values(text) == {"kept": b"1", "changed": b"2", "a": b"1", "b": b"2"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            (
                "{apiVersion: v1, kind: Secret, metadata: {name: x, namespace: office}, "
                "stringData: {a: b}}"
            ),
            (
                'namespace mismatch: input secret is in namespace "office" but the SealedSecret '
                'is in "shop"'
            ),
        ),
        (
            "{apiVersion: v1, kind: Secret, metadata: {name: x}}",
            "the Secret has no data",
        ),
        (
            "{apiVersion: v1, kind: Secret, metadata: {name: x}, stringData: {a: "
            + "b" * (1200 * 1024)
            + "}}",
            "the values are larger than 1 MiB together",
        ),
    ],
    ids=["another namespace", "no data", "too large"],
)
def test_what_does_not_fit_is_refused(options: SealOptions, given: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        _merge(_target(options), given, options)


def test_a_target_that_becomes_too_large_is_refused(options: SealOptions) -> None:
    target = _target(options)
    for item in ("a", "b"):
        values = f"{{{item}: {'x' * (700 * 1024)}}}"
        given = f"{{apiVersion: v1, kind: Secret, metadata: {{name: x}}, stringData: {values}}}"
        if item == "b":
            with pytest.raises(InputError, match=r"larger than 1\.5 MiB"):
                _merge(target, given, options)
        else:
            target = SealedText.read(_merge(target, given, options).encode(), path="sealed.yaml")


def test_another_namespace_that_is_asked_for_is_refused(options: SealOptions) -> None:
    target = _target(options)
    chosen = replace(options, namespace="other")

    with pytest.raises(InputError, match='in namespace "shop" but "other" was specified'):
        _merge(target, "{apiVersion: v1, kind: Secret, stringData: {added: x}}", chosen)


def test_another_scope_that_is_asked_for_is_refused(options: SealOptions) -> None:
    target = _target(options, scope=Scope.NAMESPACE_WIDE)
    chosen = replace(options, scope=Scope.STRICT)

    with pytest.raises(InputError, match="sealed namespace-wide, and another scope was specified"):
        _merge(target, "{apiVersion: v1, kind: Secret, stringData: {added: x}}", chosen)


def test_the_targets_own_place_may_be_asked_for(options: SealOptions) -> None:
    target = _target(options, scope=Scope.NAMESPACE_WIDE)
    chosen = replace(options, namespace="shop", scope=Scope.NAMESPACE_WIDE)

    merged = _merge(target, "{apiVersion: v1, kind: Secret, stringData: {added: x}}", chosen)

    assert _values(merged)["added"] == b"x"

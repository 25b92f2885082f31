"""What is wrong with SealedSecrets, with and without keys."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles import closed_items
from gitopskit.sealedfiles.closed_items import CLOSED, unopened_by_controller
from gitopskit.sealedfiles.part_checks import (
    EMPTY,
    ENVELOPE,
    ITEM_KEY,
    NAMESPACE,
    OBJECT_SIZE,
    SCOPE,
    TEMPLATE,
)
from gitopskit.sealedfiles.reading import read_sealed
from gitopskit.sealedfiles.stored_certificates import NamedCertificate
from gitopskit.sealedfiles.verify import KEY, RECORD, subject_of, verify_manifests
from gitopskit.sealing.envelope import seal_value
from gitopskit.sealing.keys import load_certificate, new_sealing_key
from gitopskit.sealing.scope import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION, Scope
from tests.support.hybrid import hybrid_certificate
from tests.support.sealed_manifests import (
    certificate_of,
    fingerprint_of,
    keyring_of,
    sealed_content,
    yaml_of,
)
from tests.support.sealing import BORN

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.manifests.findings import Finding
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.unseal import Keyring

_OLD, _NEW = fingerprint_of(0), fingerprint_of(1)
_STAGING = NamedCertificate(name="staging", path="s.pem", certificate=certificate_of(0))
_PROD = NamedCertificate(name="prod", path="p.pem", certificate=certificate_of(1))


def _verify(
    *contents: JsonObject,
    expected: tuple[NamedCertificate, ...] = (),
    certificates: tuple[NamedCertificate, ...] = (_STAGING, _PROD),
    keyring: Keyring | None = None,
) -> list[Finding]:
    parts = read_sealed(yaml_of(*contents), path="x.yaml").parts
    assert len(parts) == len(contents)
    subjects = [subject_of(part, expected=expected, keyring=keyring) for part in parts]
    return verify_manifests(subjects, certificates=certificates, keyring=keyring)


def _told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.rule, each.severity) for each in findings]


def _with_blob(content: JsonObject, item: str, change: Callable[[bytes], bytes]) -> JsonObject:
    """Return the SealedSecret with one envelope changed."""
    items = content["spec"]["encryptedData"]
    items[item] = base64.b64encode(change(base64.b64decode(items[item]))).decode()
    return content


def _annotated(content: JsonObject, **annotations: object) -> JsonObject:
    content["metadata"].setdefault("annotations", {}).update(annotations)
    return content


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
def test_what_we_seal_is_without_fault(scope: Scope) -> None:
    content = sealed_content(scope=scope, key=1)

    assert _verify(content, expected=(_PROD,)) == []
    assert _verify(content, expected=(_PROD,), keyring=keyring_of(0, 1)) == []


def test_no_items_are_a_warning() -> None:
    content = sealed_content()
    content["spec"]["encryptedData"] = {}

    assert _told(_verify(content)) == [(EMPTY, "warning")]


def test_a_key_that_a_secret_cannot_have_is_told_by_its_number() -> None:
    content = sealed_content()
    items = content["spec"]["encryptedData"]
    items["..data"] = items["hunter 2"] = items["password"]

    findings = [each for each in _verify(content) if each.rule == ITEM_KEY]

    assert [each.message for each in findings] == [
        "item 3 of 4 has a key that a Secret cannot have",
        "item 4 of 4 has a key that a Secret cannot have",
    ]
    assert findings[0].line + 1 == findings[1].line


def test_an_object_that_no_cluster_takes_is_an_error() -> None:
    content = _annotated(sealed_content(), note="x" * 1536 * 1024)

    assert _told(_verify(content)) == [(OBJECT_SIZE, "error")]


@pytest.mark.parametrize("annotation", [CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION])
@pytest.mark.parametrize(
    ("value", "severity", "words"),
    [
        ("True", "warning", "counts only if it is exactly `true`"),
        ("false", "warning", "counts only if it is exactly `true`"),
        (True, "error", "is not a text, which no cluster takes"),
    ],
    ids=["capital", "false", "boolean"],
)
def test_a_scope_that_does_not_count_is_told(
    annotation: str, value: object, severity: str, words: str
) -> None:
    (finding,) = _verify(_annotated(sealed_content(), **{annotation: value}))

    assert (finding.rule, finding.severity) == (SCOPE, severity)
    assert finding.message == f"`{annotation}` {words}"


def test_two_scopes_at_once_are_a_warning() -> None:
    content = _annotated(
        sealed_content(scope=Scope.CLUSTER_WIDE), **{NAMESPACE_WIDE_ANNOTATION: "true"}
    )

    (finding,) = _verify(content)

    assert (finding.rule, finding.severity) == (SCOPE, "warning")
    assert finding.message.endswith("cluster-wide holds")


@pytest.mark.parametrize(
    ("own", "template", "is_told"),
    [
        (Scope.STRICT, Scope.CLUSTER_WIDE, True),
        (Scope.NAMESPACE_WIDE, Scope.CLUSTER_WIDE, True),
        (Scope.CLUSTER_WIDE, Scope.CLUSTER_WIDE, False),
        (Scope.CLUSTER_WIDE, Scope.STRICT, False),
    ],
    ids=["only in the template", "another", "the same", "nothing said"],
)
def test_a_template_that_says_another_scope_is_told(
    own: Scope,
    template: Scope,
    is_told: bool,  # noqa: FBT001 -- pytest passes it by name
) -> None:
    content = sealed_content(scope=own)
    content["spec"]["template"] = {"metadata": {"annotations": template.annotations}}

    assert _told(_verify(content)) == ([(SCOPE, "warning")] if is_told else [])


def test_a_malformed_template_is_an_error_and_a_refused_one_a_warning() -> None:
    content = sealed_content()
    content["spec"]["template"] = {
        "data": {
            "good": "{{ .a | quote }}",
            "gone": None,
            "bad": "a\n{{ nope }}",
            "now": "{{ now }}",
        }
    }

    malformed, refused = _verify(content)

    assert _told([malformed, refused]) == [(TEMPLATE, "error"), (TEMPLATE, "warning")]
    assert malformed.message == "template `bad`, 2:4: there is no function `nope`"
    assert refused.message.startswith("template `now`, 1:4: `now` is refused: ")
    assert malformed.line < refused.line


def test_no_namespace_is_a_warning_where_the_scope_needs_one() -> None:
    strict, wide = sealed_content("a"), sealed_content("b", scope=Scope.CLUSTER_WIDE)
    for content in (strict, wide):
        del content["metadata"]["namespace"]

    (finding,) = _verify(strict, wide)

    assert (finding.rule, finding.severity) == (NAMESPACE, "warning")
    assert finding.subject == "SealedSecret/a"
    assert "kustomization" in finding.hint


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda blob: blob[:200], "`token` is cut off: it has 200 bytes and announces"),
        (lambda _: b"", "`token` is cut off: it has 0 bytes and announces"),
        (
            lambda blob: b"\x00\x05" + blob[2:],
            "`token` announces a wrapped key of 5 bytes, which no RSA key has",
        ),
        (
            lambda blob: b"\xff\xfe" + blob[2:],
            "`token` announces a wrapped key of 65534 bytes, which no RSA key has",
        ),
        (
            lambda blob: b"\xff\xff" + blob[2:],
            "`token` names the suite ",
        ),
        (
            lambda _: bytes.fromhex("ffff647a00010002") + bytes(1135),
            "`token` is cut off: it has 1143 bytes, and is in a hybrid envelope",
        ),
    ],
    ids=["cut off", "nothing", "too small", "too large", "no suite", "hybrid, cut off"],
)
def test_an_envelope_that_cannot_be_one_is_an_error(
    change: Callable[[bytes], bytes], words: str
) -> None:
    findings = _verify(_with_blob(sealed_content(), "token", change))

    (finding,) = [each for each in findings if each.rule == ENVELOPE]
    assert finding.severity == "error"
    assert finding.message.startswith(words)


def test_a_hybrid_envelope_is_as_good_as_any() -> None:
    sealed = seal_value(
        Plaintext(b""), public_key=hybrid_certificate().public_key, label=b"shop/db"
    )

    findings = _verify(_with_blob(sealed_content(), "token", lambda _: sealed))

    assert [each for each in findings if each.rule == ENVELOPE] == []


def test_an_envelope_of_another_size_than_its_recorded_key_is_an_error() -> None:
    larger = load_certificate(
        new_sealing_key(now=BORN, size_bits=3072).certificate_pem, where="tls.crt"
    )
    content = sealed_content(items={"a": "1"})
    annotations = content["metadata"]["annotations"]
    annotations[KEY_RECORDS_ANNOTATION] = annotations[KEY_RECORDS_ANNOTATION].replace(
        _OLD, larger.fingerprint
    )
    named = NamedCertificate(name="prod", path="p.pem", certificate=larger)

    (finding,) = _verify(content, expected=(named,), certificates=(named,))

    assert finding.rule == ENVELOPE
    assert finding.message == (
        "`a` announces a wrapped key of 256 bytes, and that of its recorded key has 384"
    )


def test_unknown_keys_are_one_finding_a_sealed_secret() -> None:
    items = {f"item-{number}": "x" for number in range(7)}

    (finding,) = _verify(sealed_content(items=items, is_recorded=False), expected=(_PROD,))

    assert (finding.rule, finding.severity) == (KEY, "info")
    assert finding.message == (
        "no key is recorded for `item-0`, `item-1`, `item-2`, `item-3`, `item-4` and 2 more"
    )


def test_an_older_key_is_a_warning_that_names_both() -> None:
    (finding,) = _verify(sealed_content(), expected=(_PROD,), certificates=(_PROD,))

    assert (finding.rule, finding.severity) == (KEY, "warning")
    assert finding.message == (f"sealed to {_OLD}, and not to {_NEW} (prod): `password`, `token`")
    assert "`gitopskit seal reencrypt`" in finding.hint


def test_the_key_of_another_environment_is_told_with_its_name() -> None:
    (finding,) = _verify(sealed_content(), expected=(_PROD,))

    assert f"sealed to {_OLD} (staging), and not to {_NEW} (prod)" in finding.message
    assert "seal again for prod" in finding.hint


def test_one_of_several_expected_certificates_is_enough() -> None:
    assert _verify(sealed_content(key=1), expected=(_STAGING, _PROD)) == []


def test_without_expectations_keys_are_not_compared() -> None:
    assert _verify(sealed_content()) == []


def test_a_private_key_tells_which_key_an_unknown_item_has() -> None:
    content = sealed_content(is_recorded=False)

    (finding,) = _verify(content, expected=(_PROD,), keyring=keyring_of(0))

    assert (finding.rule, finding.severity) == (KEY, "warning")


def test_a_record_that_is_not_true_is_told() -> None:
    content = sealed_content(items={"a": "1"})
    annotations = content["metadata"]["annotations"]
    annotations[KEY_RECORDS_ANNOTATION] = annotations[KEY_RECORDS_ANNOTATION].replace(_OLD, _NEW)

    (finding,) = _verify(content, keyring=keyring_of(0))

    assert (finding.rule, finding.severity) == (RECORD, "error")
    assert finding.message == f"`a`: the manifest records {_NEW}, but {_OLD} opens it"
    assert "`gitopskit seal reencrypt`" in finding.hint


def test_what_does_not_open_is_told_with_the_reason_and_nothing_else() -> None:
    content = _with_blob(sealed_content(is_recorded=False), "token", lambda blob: blob[:200])

    (finding,) = _verify(content, keyring=keyring_of(0))

    assert (finding.rule, finding.severity) == (CLOSED, "error")
    assert finding.message.startswith("no key opens `token`: the value is cut off")


def test_a_closed_item_whose_key_may_be_a_value_is_not_quoted() -> None:
    content = sealed_content(items={"a": "1"}, is_recorded=False)
    items = content["spec"]["encryptedData"]
    items["hunter 2"] = items.pop("a")

    findings = _verify(content, keyring=keyring_of(1))

    assert all("hunter" not in each.message for each in findings)
    assert findings[-1].message.startswith("no key opens item 1: ")


def test_a_place_found_elsewhere_in_the_tree_is_named() -> None:
    moved = sealed_content("cache", items={"a": "1"})
    moved["metadata"]["name"] = "db"

    (finding,) = _verify(sealed_content("cache"), moved, keyring=keyring_of(0))

    assert finding.message == (
        "no key opens `a`: it was sealed for shop/cache, and the manifest is for shop/db"
    )


def test_the_name_in_the_template_is_tried_as_well() -> None:
    moved = sealed_content("cache", items={"a": "1"})
    moved["metadata"]["name"] = "db"
    moved["spec"]["template"] = {"metadata": {"name": "cache"}}

    (finding,) = _verify(moved, keyring=keyring_of(0))

    assert "it was sealed for shop/cache" in finding.message


def test_near_places_are_tried_before_the_limit_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_items, "_MOST_PLACES", 2)
    moved = sealed_content("near", items={"a": "1"})
    moved["metadata"]["name"] = "db"
    far = [sealed_content(f"far-{number}", "elsewhere", items={"a": "1"}) for number in range(3)]

    (finding,) = _verify(*far, sealed_content("near"), moved, keyring=keyring_of(0))

    assert "it was sealed for shop/near" in finding.message


def test_vain_searches_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_items, "_MOST_VAIN_SEARCHES", 1)
    lost = sealed_content("nowhere", items={"a": "1"})
    moved = sealed_content("cache", items={"a": "1"})
    lost["metadata"]["name"] = moved["metadata"]["name"] = "db"

    first, second = _verify(sealed_content("cache"), lost, moved, keyring=keyring_of(0))

    assert first.message.endswith("than shop/db, or the record is wrong")
    assert second.message.endswith("than shop/db, or the record is wrong")


def test_a_recorded_key_that_is_not_here_ends_no_other_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(closed_items, "_MOST_VAIN_SEARCHES", 1)
    foreign = sealed_content("foreign", items={"a": "1"}, key=1)
    moved = sealed_content("cache", items={"a": "1"})
    moved["metadata"]["name"] = "db"

    first, second = _verify(sealed_content("cache"), foreign, moved, keyring=keyring_of(0))

    assert first.message.startswith(f"no key opens `a`: it is recorded as sealed to {_NEW}, which")
    assert "it was sealed for shop/cache" in second.message


def test_a_controller_gives_no_reason() -> None:
    (part,) = read_sealed(yaml_of(sealed_content()), path="x.yaml").parts

    finding = unopened_by_controller(part)

    assert (finding.rule, finding.message) == (CLOSED, "the controller cannot open it")
    assert finding.subject == "SealedSecret/shop/db"

"""Reading SealedSecrets for a report: what cannot be read hides nothing else."""

from __future__ import annotations

import json

import pytest

from gitopskit.sealedfiles.reading import BASE64, MALFORMED, OLD_FORM, STRUCTURE, read_sealed
from gitopskit.validation import report
from tests.support.sealed_manifests import sealed_content, yaml_of


def test_a_malformed_text_has_the_rule_of_the_other_reports() -> None:
    reading = read_sealed(b"kind: SealedSecret\na: [", path="x.yaml")

    (finding,) = reading.findings
    assert (finding.where, finding.rule) == ("x.yaml:2:5", MALFORMED)
    assert finding.rule == report.MALFORMED
    assert (reading.parts, reading.documents) == ((), 0)


def test_a_file_that_is_too_large_is_told_without_a_line() -> None:
    reading = read_sealed(b"#" * (32 * 1024 * 1024 + 1), path="x.yaml")

    assert [(each.where, each.rule) for each in reading.findings] == [("x.yaml", MALFORMED)]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"apiVersion": "bitnami.com/v1alpha1"}, "the SealedSecret has no name"),
        ({"apiVersion": "bitnami.com/v2"}, "this is no SealedSecret of bitnami.com/v1alpha1"),
        ({"apiVersion": "v1"}, "this is no SealedSecret of bitnami.com/v1alpha1"),
        ({"apiVersion": "bitnami.com/v1alpha1", "metadata": []}, "`metadata` is not a mapping"),
        ({"apiVersion": "bitnami.com/v1alpha1", "spec": "x"}, "`spec` is not a mapping"),
        (
            {
                "apiVersion": "bitnami.com/v1alpha1",
                "metadata": {"name": "a"},
                "spec": {"encryptedData": ["x"]},
            },
            "`encryptedData` is not a mapping",
        ),
    ],
    ids=["no name", "version", "group", "metadata", "spec", "items"],
)
def test_a_broken_sealed_secret_hides_no_other(broken: dict[str, object], words: str) -> None:
    data = yaml_of({"kind": "SealedSecret", **broken}, sealed_content())

    reading = read_sealed(data, path="x.yaml")

    assert [(each.rule, each.message) for each in reading.findings] == [(STRUCTURE, words)]
    assert reading.findings[0].line == 1
    assert [str(part.sealed.ref) for part in reading.parts] == ["SealedSecret/shop/db"]
    assert reading.documents == 2


def test_the_form_before_2019_is_told_at_its_place() -> None:
    content = sealed_content()
    content["spec"]["data"] = "AgB="

    (finding,) = read_sealed(json.dumps(content, indent=1).encode(), path="x.json").findings

    assert finding.rule == OLD_FORM
    assert finding.line > 1
    assert "seal the Secret again" in finding.hint


def test_an_item_that_is_not_base64_hides_no_other_item() -> None:
    content = sealed_content()
    content["spec"]["encryptedData"] |= {"bad": "***", "number": 5, "last": None}

    reading = read_sealed(yaml_of(content), path="x.yaml")

    assert [(each.rule, each.message) for each in reading.findings] == [
        (BASE64, "`bad` is not base64"),
        (BASE64, "`number` is not a text"),
        (BASE64, "`last` is not a text"),
    ]
    assert [*reading.parts[0].sealed.encrypted_data] == ["password", "token"]
    assert reading.findings[0].subject == "SealedSecret/shop/db"
    assert reading.findings[0].line < reading.findings[1].line


def test_a_key_that_may_be_a_value_is_not_quoted() -> None:
    content = sealed_content()
    content["spec"]["encryptedData"] |= {"hunter 2": "***"}

    (finding,) = read_sealed(yaml_of(content), path="x.yaml").findings

    assert finding.message == "item 3 is not base64"


def test_items_and_structure_are_told_together() -> None:
    content = sealed_content()
    content["spec"]["encryptedData"] |= {"bad": "***"}
    del content["metadata"]["name"]

    reading = read_sealed(yaml_of(content), path="x.yaml")

    assert [each.rule for each in reading.findings] == [STRUCTURE, BASE64]
    assert reading.parts == ()


def test_base64_may_be_wrapped_into_lines() -> None:
    content = sealed_content()
    items = content["spec"]["encryptedData"]
    text = items["password"]
    items["password"] = "\n".join(text[at : at + 64] for at in range(0, len(text), 64)) + "\n"

    assert read_sealed(yaml_of(content), path="x.yaml").findings == ()


def test_lists_are_taken_apart_and_other_kinds_left_out() -> None:
    listing = {"apiVersion": "v1", "kind": "List", "items": [sealed_content(), {"kind": "Pod"}]}
    data = yaml_of(listing) + b"---\n- just\n- texts\n---\nkind: ConfigMap\n"

    reading = read_sealed(data, path="x.yaml")

    assert reading.findings == ()
    assert [part.sealed.name for part in reading.parts] == ["db"]
    assert reading.documents == 1


def test_a_list_of_something_else_hides_no_other_document() -> None:
    data = b"kind: List\nitems: [text]\n---\n" + yaml_of(sealed_content())

    reading = read_sealed(data, path="x.yaml")

    assert [(each.rule, each.line) for each in reading.findings] == [(MALFORMED, 2)]
    assert [part.sealed.name for part in reading.parts] == ["db"]

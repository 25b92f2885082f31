"""Templated items: what they see, what they become, and what is told where they fail."""

from __future__ import annotations

import pytest

from gitopskit.errors import TemplateFailed, TemplateRefused
from gitopskit.redaction import Plaintext
from gitopskit.sealing.template import render_template
from gitopskit.sealing.unseal import UnsealedSecret

_CANARY = "canary-7d03"


def _unsealed(data: dict[str, bytes], template: dict[str, str | None]) -> UnsealedSecret:
    return UnsealedSecret(
        name="db",
        namespace="shop",
        metadata={},
        type="Opaque",
        immutable=None,
        data={key: Plaintext(value) for key, value in data.items()},
        template_data=template,
    )


def _values(unsealed: UnsealedSecret) -> dict[str, bytes]:
    return {key: value.reveal() for key, value in unsealed.data.items()}


@pytest.mark.parametrize(
    ("data", "template", "expected"),
    [
        pytest.param(
            {"user": b"root", "password": b"a b"},
            {"dsn": "db://{{ .user }}:{{ .password | urlquery }}@host"},
            {"user": b"root", "password": b"a b", "dsn": b"db://root:a+b@host"},
            id="sealed values",
        ),
        pytest.param(
            {},
            {"host": "db.{{ .zone }}", "zone": "eu", "url": "{{ .host }}/{{ .zone }}"},
            {"host": b"db.eu", "zone": b"eu", "url": b"db.{{ .zone }}/eu"},
            id="its siblings as they are written",
        ),
        pytest.param(
            {"user": b"sealed"},
            {"user": "plain", "who": "{{ .user }}"},
            {"user": b"sealed", "who": b"sealed"},
            id="a sealed value before a text of the same key",
        ),
        pytest.param(
            {"user": b"root", "password": b"s"},
            {"password": None, "line": "{{ .user }}:{{ .password }}", "other": None},
            {"user": b"root", "line": b"root:s"},
            id="null drops a key, and its value is seen",
        ),
        pytest.param({"a": b"1"}, {"b": "{{ .c }}"}, {"a": b"1", "b": b"<no value>"}, id="nothing"),
        pytest.param(
            {"a": b"\xff\x00"},
            {"b": "<{{ .a }}>{{ len .a }}"},
            {"a": b"\xff\x00", "b": b"<\xff\x00>2"},
            id="bytes that are no text",
        ),
        pytest.param(
            {},
            {"me": '{{ define "me" }}inner{{ end }}'},
            {"me": b"inner"},
            id="a template is called by its key",
        ),
    ],
)
def test_a_template_sees(
    data: dict[str, bytes], template: dict[str, str | None], expected: dict[str, bytes]
) -> None:
    rendered = render_template(_unsealed(data, template))

    assert _values(rendered) == expected
    assert rendered.template_data == {}


def test_a_secret_without_templates_stays_as_it_is() -> None:
    unsealed = _unsealed({"a": b"1"}, {})

    assert render_template(unsealed) == unsealed


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        pytest.param(
            "{{ .a }}\n{{ now }}",
            TemplateRefused,
            "template `b`, 2:4: `now` is refused: its result depends on the clock or the time zone",
            id="a function that is refused",
        ),
        pytest.param(
            "{{ index .a 1000 }}",
            TemplateFailed,
            "template `b`, 1:4: `index`: an index is out of range",
            id="a call that fails",
        ),
        pytest.param(
            "\ud800",
            TemplateFailed,
            "template `b`, 1:1: the template is no Unicode text",
            id="no text",
        ),
    ],
)
def test_a_failure_names_key_and_place(text: str, error: type[TemplateFailed], told: str) -> None:
    with pytest.raises(error) as caught:
        render_template(_unsealed({"a": _CANARY.encode()}, {"b": text}))

    assert (caught.value.what, caught.value.where) == (told, "SealedSecret/shop/db")
    assert _CANARY not in str(caught.value)


def test_a_failure_is_told_where_the_caller_says() -> None:
    with pytest.raises(TemplateFailed) as caught:
        render_template(_unsealed({}, {"b": "{{"}), where="db.yaml:3:1")

    assert caught.value.where == "db.yaml:3:1"


def test_a_key_that_no_secret_can_have_is_told_by_its_number() -> None:
    with pytest.raises(TemplateFailed, match="template number 2, 1:1:"):
        render_template(_unsealed({}, {"a": "", "hunter 2": "{{"}))


def test_a_template_fails_though_its_result_would_not_be_used() -> None:
    with pytest.raises(TemplateFailed, match="template `a`"):
        render_template(_unsealed({"a": b"1"}, {"a": "{{ nope }}"}))


def test_the_templates_of_a_secret_share_one_mebibyte() -> None:
    half = '{{ repeat 600000 "x" }}'
    assert len(render_template(_unsealed({}, {"a": half})).data["a"]) == 600000

    with pytest.raises(TemplateRefused, match="template `b`, 1:4: the output is larger than 1 MiB"):
        render_template(_unsealed({}, {"a": half, "b": half}))

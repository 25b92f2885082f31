from __future__ import annotations

import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gitopskit.manifests.documents import read_values
from gitopskit.manifests.write import dump_documents, dump_json, is_plain_safe
from gitopskit.redaction import Plaintext
from tests.support.kubectl import read_with_kubectl

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer())
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_documents_are_block_style_in_the_given_order() -> None:
    content = {"kind": "A", "b": {"z": 1, "a": []}, "list": [{"x": 1, "q": None}], "t": "a\nb\n"}

    text = dump_documents([content, {"kind": "B"}])

    assert text == (
        "kind: A\nb:\n  z: 1\n  a: []\nlist:\n- x: 1\n  q: null\nt: |\n  a\n  b\n---\nkind: B\n"
    )


MISREAD = """
yes No on y n ~ null 0644 0o17 1_000 1e3 1.5 .5 12:30:45 2001-01-01 2001-01-01T00:00:00Z 1.2.3
= << 5e526 -7E846 0x1F +1 .inf .nan true False 0b1 1. 190:20:30.5 0b_ -0x_
""".split()  # noqa: SIM905 -- as a list it would fill a page


@pytest.mark.parametrize("text", MISREAD)
def test_what_somebody_misreads_is_quoted(text: str) -> None:
    assert not is_plain_safe(text)
    assert dump_documents([{"v": text}]) == f'v: "{text}"\n'


@pytest.mark.parametrize(
    "text", ["web", "100m", "64Mi", "web:1.2", "a b", "1a", "/metrics", "nginx@sha256:0e1"]
)
def test_what_nobody_misreads_is_plain(text: str) -> None:
    assert dump_documents([{"v": text}]) == f"v: {text}\n"


@pytest.mark.parametrize(
    "text",
    [
        "a\nb",
        "a\nb\n",
        "a\n\n\n",
        "\na\n",
        "  a\nb\n",
        "a \nb\n",
        "a\tb\nc\n",
        "\n",
        "a\r\nb\n",
        "#\n-\n",
    ],
)
def test_text_of_several_lines_stays_exact_for_kubectl(text: str) -> None:
    content = {"v": text, "w": {"x": text}, "z": [text]}

    assert read_with_kubectl(dump_documents([content])) == content


def test_several_lines_are_written_as_lines() -> None:
    assert dump_documents([{"v": "a\n\nb\n\n"}]) == "v: |+\n  a\n\n  b\n\n"


def test_a_text_that_ends_like_a_document_stays() -> None:
    assert dump_documents([{"v": "a\n...\n"}]) == "v: |\n  a\n  ...\n"


def test_repeated_values_are_written_out() -> None:
    shared = {"a": 1}

    assert dump_documents([{"x": shared, "z": shared}]) == "x:\n  a: 1\nz:\n  a: 1\n"


@given(st.lists(st.dictionaries(st.text(), _JSON, max_size=4), min_size=1, max_size=3))
def test_what_is_written_is_read_back(contents: list[dict[str, object]]) -> None:
    read = [document.content for document in read_values(dump_documents(contents), path="x")]

    assert read == contents


@given(st.dictionaries(st.text(alphabet="abyn1:.-+_ eE0~"), st.text(alphabet="abyn1:.-+_ eE0~\n")))
def test_a_reader_of_yaml_1_2_gets_the_same_strings(content: dict[str, str]) -> None:
    read = YAML(typ="safe", pure=True).load(io.StringIO(dump_documents([content])))

    assert dict(read) == content


def test_json_is_indented_and_keeps_letters() -> None:
    assert dump_json({"b": ["é"], "a": {}}) == '{\n  "b": [\n    "é"\n  ],\n  "a": {}\n}\n'


def test_plaintext_is_never_written() -> None:
    secret = Plaintext(b"hunter2")

    with pytest.raises(TypeError):
        dump_json({"a": secret})
    with pytest.raises(Exception, match="Plaintext") as caught:
        dump_documents([{"a": secret}])

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("number", [math.inf, math.nan])
def test_json_has_no_infinity(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        dump_json(number)


@given(_JSON)
def test_json_is_read_back(content: object) -> None:
    assert json.loads(dump_json(content)) == content

"""What peers post, read within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import InputError, MalformedDocument
from gitopskit.unsealer.posted import is_large, is_too_costly, read_posted


@pytest.mark.parametrize(
    "text",
    [b'{"kind":"SealedSecret"}', b"kind: SealedSecret\n", b"---\nkind: SealedSecret\n...\n"],
    ids=["JSON", "YAML", "YAML with markers"],
)
def test_json_and_yaml_are_read(text: bytes) -> None:
    assert read_posted(text) == {"kind": "SealedSecret"}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"3",
        b"hunter2",
        b"{",
        b"\xff\xfe",
        b"a: 1\n---\na: 2\n",
        b'{"a":1}{"a":2}',
        b'{"a":1,"a":2}',
        b"a: &x [*x]",
        b"[" * 200 + b"]" * 200,
        b"{a: " * 200 + b"}" * 200,
        b"- " * 200 + b"a",
    ],
)
def test_anything_but_one_object_is_an_input_error(text: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_posted(text)

    assert "hunter2" not in str(caught.value)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]

    with pytest.raises(MalformedDocument):
        read_posted("\n".join(lines).encode())


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":[' + b"1," * 100_001,
        b"[" * 100_001,
        b'{"a":' * 60_000,
        b"- a\n" * 60_000,
        b"- - " * 60_000,
        b"? ? " * 60_000,
        b"a\r" * 100_001,
    ],
    ids=["list", "nested lists", "objects", "lines", "one line of lists", "keys", "returns"],
)
def test_more_parts_than_any_sealed_secret_has_are_seen_at_once(text: bytes) -> None:
    assert is_too_costly(text)


def test_a_large_sealed_secret_has_few_parts() -> None:
    items = ",".join(f'"item-{number}":"{"A" * 700}"' for number in range(2000))

    assert not is_too_costly(f'{{"spec":{{"encryptedData":{{{items}}}}}}}'.encode())


@pytest.mark.parametrize(
    ("text", "is_refused"),
    [
        (b"a" * 3_000_000, False),
        (b"a" * 3_000_000 + "\N{GRINNING FACE}".encode(), True),
        ("\N{GRINNING FACE}".encode() * 1000, False),
    ],
    ids=["large", "large and wide", "wide"],
)
def test_large_texts_are_taken_in_ascii_only(text: bytes, *, is_refused: bool) -> None:
    assert is_too_costly(text) == is_refused


def test_what_a_cluster_can_store_is_not_large() -> None:
    assert not is_large(b"a" * 1536 * 1024)
    assert is_large(b"a" * 3 * 1024 * 1024)


@given(st.binary(max_size=300))
def test_no_bytes_do_anything_but_be_read_or_refused(text: bytes) -> None:
    try:
        content = read_posted(text)
    except InputError:
        return

    assert isinstance(content, dict)

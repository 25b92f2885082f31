"""Secrets that are made of values alone."""

from __future__ import annotations

import base64

import pytest

from gitopskit.errors import InputError
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles.new_secret import build_secret, require_items_of_type
from gitopskit.sealing.secret_values import read_secret_values


def test_a_secret_has_its_name_its_type_and_its_values() -> None:
    values = {"password": Plaintext(b"hunter2"), "blob": Plaintext(b"\x00\xff")}

    secret = build_secret("db", secret_type="Opaque", values=values)  # noqa: S106 -- no password

    assert (secret.kind, secret.name, secret.namespace) == ("Secret", "db", "")
    assert secret.content["type"] == "Opaque"
    assert read_secret_values(secret.content, where="") == values


def test_a_secret_does_not_show_its_values() -> None:
    secret = build_secret("db", secret_type="", values={"p": Plaintext(b"hunter2")})

    assert base64.b64encode(b"hunter2").decode() not in repr(secret)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("Db", {"a": b""}, "the name of the Secret 'Db' is not a DNS name"),
        ("db", {"a b": b""}, "item 1 of 1 has a key that a Secret cannot have"),
        ("db", {"a": b"x" * 1024 * 1025}, "larger than 1 MiB"),
    ],
    ids=["name", "key", "size"],
)
def test_what_no_secret_can_be_is_refused(name: str, values: dict[str, bytes], said: str) -> None:
    wrapped = {key: Plaintext(value) for key, value in values.items()}

    with pytest.raises(InputError, match=said):
        build_secret(name, secret_type="", values=wrapped)


@pytest.mark.parametrize(
    ("secret_type", "items"),
    [
        ("", ["a"]),
        ("Opaque", []),
        ("example.com/own", ["a"]),
        ("kubernetes.io/tls", ["tls.crt", "tls.key", "ca.crt"]),
        ("kubernetes.io/ssh-auth", ["ssh-privatekey"]),
        ("kubernetes.io/basic-auth", ["password"]),
        ("kubernetes.io/basic-auth", ["username", "other"]),
        ("kubernetes.io/dockerconfigjson", [".dockerconfigjson"]),
    ],
)
def test_a_type_is_content_with_its_items(secret_type: str, items: list[str]) -> None:
    require_items_of_type(secret_type, items, where="")


@pytest.mark.parametrize(
    ("secret_type", "items", "missing"),
    [
        ("kubernetes.io/tls", ["tls.crt"], "tls.key"),
        ("kubernetes.io/tls", ["a"], "tls.crt and tls.key"),
        ("kubernetes.io/ssh-auth", ["key"], "ssh-privatekey"),
        ("kubernetes.io/basic-auth", ["user"], "username or password"),
        ("kubernetes.io/dockercfg", [".dockerconfigjson"], ".dockercfg"),
    ],
)
def test_an_item_that_a_type_needs_is_missed(
    secret_type: str, items: list[str], missing: str
) -> None:
    with pytest.raises(InputError) as caught:
        require_items_of_type(secret_type, items, where="Secret/db")

    assert str(caught.value) == f"a Secret of type {secret_type} needs {missing} - Secret/db"

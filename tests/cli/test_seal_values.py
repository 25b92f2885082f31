"""Values of a new Secret, from files, standard input and generators."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli.seal_values import collect_values, named_items
from gitopskit.errors import InputError
from gitopskit.generators.spec import Generated
from gitopskit.redaction import Plaintext
from tests.support.sealing import BORN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitopskit.cli.seal_values import CollectedValues

_VALUE: Final = "correct-horse-battery"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a file of two lines."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ca.pem").write_text("a\nb\n")
    return tmp_path


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


def _collect(*from_file: str, generate: tuple[str, ...] = ()) -> CollectedValues:
    return collect_values(from_file, generate, now=BORN)


def _texts(collected: CollectedValues) -> dict[str, str]:
    return {key: value.reveal().decode() for key, value in collected.values.items()}


def test_values_come_from_files_standard_input_and_generators(
    type_in: Callable[[str], None],
) -> None:
    type_in(_VALUE)

    collected = _collect("ca=ca.pem", "password=-", "ca.pem", generate=("id=uuid",))

    texts = _texts(collected)
    assert len(texts.pop("id")) == 36
    assert texts == {"ca": "a\nb\n", "password": _VALUE, "ca.pem": "a\nb\n"}
    assert (collected.secret_type, collected.notes) == ("Opaque", ())


def test_a_path_may_hold_an_equals_sign(folder: Path) -> None:
    (folder / "a=b").write_text("x")

    assert _texts(_collect("key=a=b")) == {"key": "x"}


def test_a_line_break_that_echo_left_is_told(folder: Path) -> None:
    (folder / "password").write_text(f"{_VALUE}\n")

    collected = _collect("password")

    assert _texts(collected) == {"password": f"{_VALUE}\n"}
    assert collected.notes == ("the value of password ends with a line break, which is kept",)


def test_the_values_do_not_show(folder: Path) -> None:
    (folder / "password").write_text(_VALUE)

    assert _VALUE not in repr(_collect("password"))


@pytest.mark.parametrize(
    ("generate", "keys", "secret_type"),
    [
        (("p=password",), {"p"}, "Opaque"),
        (("ssh",), {"ssh-privatekey"}, "kubernetes.io/ssh-auth"),
        (("ssh-privatekey=ssh",), {"ssh-privatekey"}, "kubernetes.io/ssh-auth"),
        (("deploy=ssh:comment=a=b",), {"deploy"}, "Opaque"),
        (("tls:host=a.example.com",), {"tls.crt", "tls.key"}, "kubernetes.io/tls"),
        (("tls:host=a.example.com", "p=token"), {"tls.crt", "tls.key", "p"}, "kubernetes.io/tls"),
        (("tls:host=a.example.com", "ssh"), {"tls.crt", "tls.key", "ssh-privatekey"}, "Opaque"),
        (("htpasswd:user=ann,cost=10",), {"auth", "password"}, "Opaque"),
    ],
    ids=[
        "a key",
        "its own name",
        "its own name as the key",
        "another name",
        "several items",
        "and one more",
        "two types",
        "two of no type",
    ],
)
def test_generators_name_items_and_suggest_the_type(
    generate: tuple[str, ...], keys: set[str], secret_type: str
) -> None:
    collected = _collect(generate=generate)

    assert collected.values.keys() == keys
    assert collected.secret_type == secret_type


def test_what_a_generator_makes_public_is_told() -> None:
    (note,) = _collect(generate=("ssh:comment=deploy",)).notes

    assert note.startswith("ssh-ed25519 ")


def test_an_empty_value_has_to_be_meant(type_in: Callable[[str], None]) -> None:
    type_in("")

    with pytest.raises(InputError, match="the value of p is empty"):
        _collect("p=-")

    assert collect_values(["p=-"], [], now=BORN, allows_empty=True).values == {"p": Plaintext(b"")}


@pytest.mark.parametrize(
    ("from_file", "generate", "said"),
    [
        (("p=-", "q=-"), (), "standard input can be one value only"),
        (("-",), (), "not of the form KEY=FILE"),
        (("p=",), (), "not of the form KEY=FILE"),
        (("",), (), "not of the form KEY=FILE"),
        (("a b=ca.pem",), (), "a key that a Secret cannot have - --from-file"),
        ((), ("a b=uuid",), "a key that a Secret cannot have - --generate"),
        (("p=ca.pem", "p=ca.pem"), (), "the item p is given twice"),
        (("password=ca.pem",), ("htpasswd:user=ann,cost=10",), "password is given twice"),
        ((), ("uuid",), "the generator makes one value, for no KEY"),
        ((), ("k=tls:host=a.example.com",), "names its items itself: tls.crt, tls.key"),
        ((), ("p=magic",), "there is no such generator"),
        (("p=no-such-file",), (), "No such file or directory - --from-file p"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    from_file: tuple[str, ...], generate: tuple[str, ...], said: str, type_in: Callable[[str], None]
) -> None:
    type_in(_VALUE)

    with pytest.raises(InputError) as caught:
        _collect(*from_file, generate=generate)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("from_file", "generate"),
    [
        ((f"password={_VALUE}",), ()),
        ((f"{_VALUE}!=x",), ()),
        ((), (f"password={_VALUE}",)),
        ((), (f"password:{_VALUE}",)),
        ((), (f"p=password:value={_VALUE}",)),
    ],
    ids=["as a file", "as a key", "as a generator", "as an option", "as an option's value"],
)
def test_a_value_in_the_wrong_place_is_not_quoted(
    from_file: tuple[str, ...], generate: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as caught:
        _collect(*from_file, generate=generate)

    assert _VALUE not in f"{caught.value} {caught.value.hint}"
    assert caught.value.__cause__ is None


def test_a_value_that_no_secret_can_hold_is_refused(folder: Path) -> None:
    (folder / "large").write_bytes(b"x" * (1024 * 1024 + 1))

    with pytest.raises(InputError, match="larger than 1 MiB"):
        _collect("large")


def test_the_key_that_is_given_wins_over_the_generators_name() -> None:
    made = Generated(items={"auth": Plaintext(b"x")})

    assert named_items(made, "users") == {"users": Plaintext(b"x")}
    assert named_items(made, "") == {"auth": Plaintext(b"x")}

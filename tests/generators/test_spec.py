"""Generators named by a text, and what they make."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import bcrypt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key
from cryptography.hazmat.primitives.serialization.ssh import load_ssh_public_key
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import InputError
from gitopskit.generators.known import KNOWN, GeneratorHelp
from gitopskit.generators.password import PasswordPolicy
from gitopskit.generators.spec import (
    Generator,
    HtpasswdGenerator,
    PasswordGenerator,
    SshGenerator,
    TlsGenerator,
    TokenGenerator,
    UuidGenerator,
    generate,
    parse_generator,
)
from gitopskit.redaction import Plaintext

_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_CANARY = "canary-4f1d"

_NAMES = st.sampled_from([generator.name for generator in KNOWN])
_OPTIONS = st.sampled_from([option.name for generator in KNOWN for option in generator.options])
_VALUES = st.sampled_from(["", "8", "24", "99999", "1e3", "yes", "no", "hex", "a.example", "admin"])
_ALMOST = st.builds(
    lambda name, parts: f"{name}:{','.join('='.join(part) for part in parts)}",
    _NAMES,
    st.lists(st.tuples(_OPTIONS, _VALUES | st.text(max_size=5)), max_size=5),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password", PasswordGenerator()),
        (
            "password:length=24,symbols=!%+=:",
            PasswordGenerator(policy=PasswordPolicy(length=24, symbols="!%+=:")),
        ),
        (
            "password:lower=no,upper=false,digits=true,ambiguous=no",
            PasswordGenerator(
                policy=PasswordPolicy(lower=False, upper=False, excludes_ambiguous=True)
            ),
        ),
        ("token", TokenGenerator()),
        ("token:bytes=48,encoding=hex", TokenGenerator(size_bytes=48, encoding="hex")),
        ("uuid", UuidGenerator()),
        ("htpasswd:user=admin", HtpasswdGenerator(user="admin")),
        (
            "htpasswd:cost=10,user=admin,length=72",
            HtpasswdGenerator(user="admin", length=72, cost=10),
        ),
        ("tls:host=a.example", TlsGenerator(hosts=("a.example",))),
        (
            "tls:host=A.example,days=90,host=2001:DB8::1,key=rsa-2048",
            TlsGenerator(hosts=("a.example", "2001:db8::1"), days=90, key_type="rsa-2048"),
        ),
        ("ssh", SshGenerator()),
        ("ssh:comment=deploy of shop", SshGenerator(comment="deploy of shop")),
    ],
)
def test_a_text_names_a_generator(text: str, expected: Generator) -> None:
    assert parse_generator(text) == expected


@given(st.text() | _ALMOST)
def test_any_text_names_a_generator_or_is_refused_with_a_hint(text: str) -> None:
    refusal = _refusal_of(text)

    assert refusal is None or refusal.hint


def _refusal_of(text: str) -> InputError | None:
    try:
        parse_generator(text)
    except InputError as error:
        return error
    return None


@given(
    st.sampled_from([f"{_CANARY}", f"{_CANARY}:length=9", f"password:{_CANARY}"])
    | st.builds("{}:{}={}{}".format, _NAMES, _OPTIONS, st.just(_CANARY), st.text())
    | st.builds("{}:{}{}={}".format, _NAMES, st.text(), st.just(_CANARY), st.text())
)
def test_no_refusal_quotes_the_text(text: str) -> None:
    refusal = _refusal_of(text)

    assert refusal is None or _CANARY not in f"{refusal} {refusal.hint}"


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        (
            "pasword",
            "there is no such generator",
            "known are password, token, uuid, htpasswd, tls, ssh",
        ),
        (
            "",
            "there is no such generator",
            "known are password, token, uuid, htpasswd, tls, ssh",
        ),
        (
            "token:bytes=32,size=4",
            "option 2 of the generator `token` is not known",
            "its options are bytes=16-1024, encoding=base64url|hex|base64",
        ),
        ("uuid:version=4", "option 1 of the generator `uuid` is not known", "it has no options"),
        (
            "ssh:",
            "option 1 of the generator `ssh` is not of the form NAME=VALUE",
            "its options are comment=TEXT; a comma ends a value",
        ),
        (
            "ssh:comment=",
            "option 1 of the generator `ssh` is not of the form NAME=VALUE",
            "its options are comment=TEXT; a comma ends a value",
        ),
        (
            "ssh:comment=a,b",
            "option 2 of the generator `ssh` is not of the form NAME=VALUE",
            "its options are comment=TEXT; a comma ends a value",
        ),
        (
            "token:bytes=16,bytes=17",
            "option 2 of the generator `token` was given before",
            "give `bytes` once",
        ),
        (
            "htpasswd",
            "the generator `htpasswd` needs the option `user`",
            "write htpasswd:user=NAME",
        ),
        ("tls:days=3", "the generator `tls` needs the option `host`", "write tls:host=HOST"),
        (
            "password:length=-9",
            "the option `length` of the generator `password` is not a whole number",
            "use digits, six at most",
        ),
        (
            "password:length=٣٢",
            "the option `length` of the generator `password` is not a whole number",
            "use digits, six at most",
        ),
        (
            "password:lower=maybe",
            "the option `lower` of the generator `password` is none of the choices",
            "use yes, true, no, false",
        ),
        (
            "tls:host=a,key=dsa",
            "the option `key` of the generator `tls` is none of the choices",
            "use ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, rsa-4096",
        ),
    ],
)
def test_a_refusal_says_what_is_known(text: str, what: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_generator(text)

    assert (str(caught.value), caught.value.hint) == (what, hint)


@pytest.mark.parametrize(
    "text",
    [
        "password:length=7",
        "password:symbols=abc",
        "password:symbols=|,ambiguous=no",
        "token:bytes=8",
        "htpasswd:user=a:b",
        "htpasswd:user=a,cost=4",
        "htpasswd:user=a,length=4",
        "htpasswd:user=a,length=73",
        "tls:host=a:443",
        "tls:host=a,days=0",
        "ssh:comment=a\nb",
    ],
)
def test_what_could_not_be_made_is_refused_before_anything_is(text: str) -> None:
    with pytest.raises(InputError):
        parse_generator(text)


@pytest.mark.parametrize("generator", [known.name for known in KNOWN])
@pytest.mark.parametrize("option", ["value", "password", "Passwd", " secret"])
def test_an_option_that_would_hold_the_secret_is_refused(generator: str, option: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_generator(f"{generator}:{option}={_CANARY}")

    what = f"option 1 of the generator `{generator}` would hold a secret value, where others can"
    assert str(caught.value) == f"{what} read it"
    assert caught.value.hint == "a value belongs on standard input or at a hidden prompt"


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("password:length=24", 24), ("token:bytes=16,encoding=hex", 32), ("uuid", 36)],
)
def test_a_generator_of_one_value_has_it_under_the_empty_name(text: str, size_bytes: int) -> None:
    generated = generate(parse_generator(text), now=_NOW)

    assert {item: len(value) for item, value in generated.items.items()} == {"": size_bytes}
    assert generated.notes == ()


def test_tls_makes_a_certificate_and_its_key() -> None:
    generated = generate(parse_generator("tls:host=a.example,days=1"), now=_NOW)

    key = load_pem_private_key(generated.items["tls.key"].reveal(), None)
    certificate = x509.load_pem_x509_certificate(generated.items["tls.crt"].reveal())
    assert certificate.public_key() == key.public_key()
    note = "the certificate is self-signed and ends at 2026-06-02T12:00:00Z"
    assert generated.notes == (note,)


def test_ssh_notes_the_public_line_of_its_key() -> None:
    generated = generate(parse_generator("ssh:comment=deploy"), now=_NOW)

    private = load_ssh_private_key(generated.items["ssh-privatekey"].reveal(), None)
    (line,) = generated.notes
    assert line.endswith(" deploy")
    assert load_ssh_public_key(line.encode()) == private.public_key()


def test_htpasswd_makes_a_password_that_opens_its_line() -> None:
    generated = generate(parse_generator("htpasswd:user=admin,length=20,cost=10"), now=_NOW)

    password = generated.items["password"]
    hashed = generated.items["auth"].reveal().strip().removeprefix(b"admin:")
    assert len(password) == 20
    assert hashed.startswith(b"$2y$10$")
    assert bcrypt.checkpw(password.reveal(), hashed)


def test_htpasswd_takes_a_password_and_keeps_it_to_itself() -> None:
    given_password = Plaintext(b"of their own")

    generated = generate(
        parse_generator("htpasswd:user=admin,cost=10"), now=_NOW, password=given_password
    )

    assert set(generated.items) == {"auth"}
    hashed = generated.items["auth"].reveal().strip().removeprefix(b"admin:")
    assert bcrypt.checkpw(given_password.reveal(), hashed)


def test_an_empty_password_is_not_replaced_by_one_made_up() -> None:
    generator = HtpasswdGenerator(user="admin")

    with pytest.raises(InputError, match="is empty"):
        generate(generator, now=_NOW, password=Plaintext(b""))


@pytest.mark.parametrize("text", ["password", "token", "uuid", "tls:host=a", "ssh"])
def test_other_generators_take_no_password(text: str) -> None:
    generator = parse_generator(text)

    with pytest.raises(InputError) as caught:
        generate(generator, now=_NOW, password=Plaintext(b"x"))

    assert str(caught.value) == "this generator makes its value and takes none"
    assert caught.value.hint == "leave out the value"


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_each_generator_makes_what_the_table_says(known: GeneratorHelp) -> None:
    required = {"htpasswd": ":user=a,cost=10", "tls": ":host=a"}
    generator = parse_generator(known.name + required.get(known.name, ""))

    generated = generate(generator, now=_NOW)

    assert set(generated.items) == set(known.items)
    assert generated.secret_type == known.secret_type


def test_what_was_generated_prints_no_value(capfd: pytest.CaptureFixture[str]) -> None:
    texts = ["password", "token", "uuid", "tls:host=a", "ssh", "htpasswd:user=a,cost=10"]

    made = [generate(parse_generator(text), now=_NOW) for text in texts]

    values = [value.reveal().decode() for each in made for value in each.items.values()]
    assert [value for value in values if value in repr(made)] == []
    assert capfd.readouterr() == ("", "")


def test_naming_a_generator_loads_no_cryptography() -> None:
    program = (
        "import sys; from gitopskit.generators.spec import parse_generator;"
        "parse_generator('tls:host=a'); parse_generator('ssh');"
        "parse_generator('htpasswd:user=a');"
        "print([name for name in ('cryptography', 'bcrypt') if name in sys.modules])"
    )

    completed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert completed.stdout == "[]\n"

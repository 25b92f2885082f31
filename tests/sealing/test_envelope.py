"""The bytes of one sealed value."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitopskit.errors import Undecryptable
from gitopskit.redaction import Plaintext
from gitopskit.sealing.envelope import _seal_with, open_and_tell, open_value, seal_value
from gitopskit.sealing.keys import PrivateKey
from tests.support.sealing import rsa_of

_MORE_TIME = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_MORE_TIME
@given(value=st.binary(max_size=4096), label=st.binary(max_size=80))
def test_what_is_sealed_opens_again(private_key: PrivateKey, value: bytes, label: bytes) -> None:
    sealed = seal_value(Plaintext(value), public_key=private_key.key.public_key(), label=label)

    opened = open_value(sealed, private_keys=[private_key.key], label=label)

    assert opened.reveal() == value
    assert len(sealed) == 2 + 256 + len(value) + 16


@_MORE_TIME
@given(blob=st.binary(max_size=600))
def test_arbitrary_bytes_are_refused_and_never_crash(private_key: PrivateKey, blob: bytes) -> None:
    with pytest.raises(Undecryptable):
        open_value(blob, private_keys=[private_key.key], label=b"")


@_MORE_TIME
@given(body=st.binary(min_size=272, max_size=400))
def test_arbitrary_bytes_behind_a_right_prefix_are_refused(
    private_key: PrivateKey, body: bytes
) -> None:
    with pytest.raises(Undecryptable):
        open_value(b"\x01\x00" + body, private_keys=[private_key.key], label=b"")


def test_a_session_key_of_another_size_is_refused(private_key: PrivateKey) -> None:
    public_key = rsa_of(private_key).public_key()
    sealed = _seal_with(bytes(16), Plaintext(b"x"), public_key=public_key, label=b"")

    with pytest.raises(Undecryptable):
        open_value(sealed, private_keys=[private_key.key], label=b"")


def test_two_envelopes_of_one_value_differ(private_key: PrivateKey) -> None:
    public_key = private_key.key.public_key()
    value = Plaintext(b"same")

    first, second = (seal_value(value, public_key=public_key, label=b"") for _ in range(2))

    assert first[2:258] != second[2:258]
    assert first[258:] != second[258:]


def test_the_key_that_opened_is_told(private_key: PrivateKey, other_key: PrivateKey) -> None:
    sealed = seal_value(Plaintext(b"x"), public_key=private_key.key.public_key(), label=b"")

    opened = open_and_tell(sealed, private_keys=[other_key.key, private_key.key], label=b"")

    assert opened == (Plaintext(b"x"), 1)


def test_every_refusal_reads_the_same(private_key: PrivateKey, other_key: PrivateKey) -> None:
    sealed = seal_value(Plaintext(b"x"), public_key=private_key.key.public_key(), label=b"a")
    attempts = (
        (sealed, other_key, b"a"),
        (sealed, private_key, b"b"),
        (sealed[:-1], private_key, b"a"),
        (b"", private_key, b"a"),
    )

    said = set()
    for blob, key, label in attempts:
        with pytest.raises(Undecryptable) as caught:
            open_value(blob, private_keys=[key.key], label=label)
        said.add((str(caught.value), caught.value.hint, caught.value.__context__))

    assert said == {("no key opens the sealed value", "", None)}

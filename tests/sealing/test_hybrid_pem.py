"""Our PEM encoding of hybrid keys: what comes back, and what is refused."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.errors import UnusableKey
from gitopskit.redaction import Plaintext
from gitopskit.sealing.hybrid import new_seed
from gitopskit.sealing.hybrid_pem import dump_private, dump_public, load_private, load_public
from gitopskit.sealing.pem_text import mentions_private_key
from tests.support.hybrid import hybrid_key, hybrid_seed
from tests.support.sealing import BORN

if TYPE_CHECKING:
    from collections.abc import Callable

_UNTIL: Final = BORN + timedelta(days=3650)
_PUBLIC: Final = dump_public(hybrid_key().public_key(), made=BORN, until=_UNTIL)
_PRIVATE: Final = dump_private(hybrid_seed()).reveal()
_MORE_TIME: Final = settings(deadline=None)
_OTHER_SUITE: Final = bytes.fromhex("005000010002")


def _body(pem: bytes) -> bytes:
    return base64.b64decode(b"".join(pem.split(b"\n")[1:-2]))


def _with_body(pem: bytes, body: bytes) -> bytes:
    first, *_, last, _ = pem.split(b"\n")
    return b"\n".join([first, base64.b64encode(body), last, b""])


def _digested(body: bytes) -> bytes:
    return body[:-32] + hashlib.sha256(body[:-32]).digest()


def test_a_public_block_gives_back_the_key_and_its_dates() -> None:
    assert load_public(_PUBLIC, where="hybrid.pub") == (hybrid_key().public_key(), BORN, _UNTIL)
    assert len(_body(_PUBLIC)) == 1270


def test_a_private_block_gives_back_the_key() -> None:
    assert load_private(_PRIVATE, where="hybrid.key") == hybrid_key()
    assert len(_body(_PRIVATE)) == 70


@_MORE_TIME
@given(
    made=st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- the strategy adds the zone
    until=st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- the same
)
def test_every_date_comes_back_in_whole_seconds(made: datetime, until: datetime) -> None:
    pem = dump_public(hybrid_key().public_key(), made=made, until=until)

    _, *dates = load_public(pem, where="hybrid.pub")

    assert dates == [made.replace(microsecond=0), until.replace(microsecond=0)]


def test_every_seed_comes_back() -> None:
    seed = new_seed()

    key = load_private(dump_private(seed).reveal(), where="hybrid.key")

    assert key.public_key().fingerprint.startswith("SHA256:")
    assert dump_private(seed).reveal() == dump_private(Plaintext(seed.reveal())).reveal()


def test_lines_are_those_of_pem() -> None:
    first, *lines, last, end = _PUBLIC.decode().split("\n")

    assert (first, last) == (
        "-----BEGIN GITOPSKIT HYBRID PUBLIC KEY-----",
        "-----END GITOPSKIT HYBRID PUBLIC KEY-----",
    )
    assert {len(line) for line in lines[:-1]} == {64}
    assert end == ""


def test_line_ends_of_other_systems_are_read() -> None:
    assert load_private(_PRIVATE.replace(b"\n", b"\r\n"), where="hybrid.key") == hybrid_key()


def test_a_private_block_is_found_by_whoever_looks_for_private_keys() -> None:
    assert mentions_private_key(_PRIVATE)
    assert not mentions_private_key(_PUBLIC)


@_MORE_TIME
@given(data=st.data())
def test_no_bit_of_a_block_can_be_damaged(data: st.DataObject) -> None:
    pem, load = data.draw(st.sampled_from([(_PUBLIC, load_public), (_PRIVATE, load_private)]))
    body = bytearray(_body(pem))
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(UnusableKey):
        load(_with_body(pem, bytes(body)), where="key")


@pytest.mark.parametrize("load", [load_public, load_private])
@pytest.mark.parametrize("change", [lambda b: b[:-1], lambda b: b + b"\0", lambda _: b""])
def test_a_block_of_another_size_is_refused(
    load: Callable[..., object], change: Callable[[bytes], bytes]
) -> None:
    pem = _PUBLIC if load is load_public else _PRIVATE

    with pytest.raises(UnusableKey, match="the hybrid key cannot be read"):
        load(_with_body(pem, change(_body(pem))), where="key")


@pytest.mark.parametrize("load", [load_public, load_private])
def test_what_is_no_base64_is_refused(load: Callable[..., object]) -> None:
    pem = b"-----BEGIN X-----\n!!!!\n-----END X-----\n"

    with pytest.raises(UnusableKey, match="the hybrid key cannot be read"):
        load(pem, where="key")


@pytest.mark.parametrize(("pem", "load"), [(_PUBLIC, load_public), (_PRIVATE, load_private)])
def test_another_suite_is_named(pem: bytes, load: Callable[..., object]) -> None:
    body = _OTHER_SUITE + _body(pem)[6:] + b"more"

    with pytest.raises(UnusableKey, match="of the suite 005000010002, which is not known") as error:
        load(_with_body(pem, body), where="key")

    assert error.value.hint == "use the version of gitopskit that made it, or a newer one"


def test_a_key_that_nothing_can_be_sealed_to_is_refused() -> None:
    body = bytearray(_body(_PUBLIC))
    body[22 + 1184 : 22 + 1216] = bytes(32)

    with pytest.raises(UnusableKey, match="the hybrid key cannot be read"):
        load_public(_with_body(_PUBLIC, _digested(bytes(body))), where="hybrid.pub")


def test_a_date_beyond_all_calendars_is_refused() -> None:
    body = bytearray(_body(_PUBLIC))
    body[6:14] = b"\xff" * 8

    with pytest.raises(UnusableKey, match="the hybrid key cannot be read"):
        load_public(_with_body(_PUBLIC, _digested(bytes(body))), where="hybrid.pub")


def test_a_seed_of_another_key_is_refused() -> None:
    body = _body(_PRIVATE)
    other = _body(dump_private(hybrid_seed(1)).reveal())

    with pytest.raises(UnusableKey, match="the hybrid key cannot be read") as error:
        load_private(_with_body(_PRIVATE, body[:38] + other[38:]), where="hybrid.key")

    assert error.value.where == "hybrid.key"


def test_no_error_shows_a_part_of_the_seed() -> None:
    seed = hybrid_seed().reveal()
    broken = _with_body(_PRIVATE, _body(_PRIVATE)[:-1])

    with pytest.raises(UnusableKey) as error:
        load_private(broken, where="hybrid.key")

    said = repr(error.value) + str(error.value) + str(error.value.__context__)
    assert base64.b64encode(seed).decode()[:12] not in said
    assert seed.hex() not in said

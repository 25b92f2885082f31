"""RSA private keys: which are read, and which only look like one."""

import base64
import time
from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.errors import UnusableKey
from gitopskit.sealing.private_key import load_private_key


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The numbers of an RSA key in their order on the wire. Source: RFC 8017 appendix A.1.2."""

    version: int = 0
    n: int
    e: int
    d: int
    p: int
    q: int
    dp: int
    dq: int
    qi: int

    @property
    def pem(self) -> bytes:
        numbers = (self.n, self.e, self.d, self.p, self.q, self.dp, self.dq, self.qi)
        body = b"".join(_tagged(b"\x02", _signed(number)) for number in (self.version, *numbers))
        text = base64.encodebytes(_tagged(b"\x30", body))
        return b"-----BEGIN RSA PRIVATE KEY-----\n" + text + b"-----END RSA PRIVATE KEY-----\n"


def _signed(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _tagged(tag: bytes, content: bytes) -> bytes:
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    short = len(content) < 0x80
    return tag + (size if short else bytes([0x80 | len(size)]) + size) + content


def _parts_of(p: int, q: int, e: int = 65537) -> _Parts:
    """Return the numbers that fit two factors, prime or not."""
    d = pow(e, -1, (p - 1) * (q - 1))
    return _Parts(n=p * q, e=e, d=d, p=p, q=q, dp=d % (p - 1), dq=d % (q - 1), qi=pow(q, -1, p))


def _generated(bits: int) -> _Parts:
    numbers = rsa.generate_private_key(65537, bits).private_numbers()
    return _parts_of(numbers.p, numbers.q)


_GOOD = _generated(2048)
_OTHER = _generated(2048)


@pytest.mark.parametrize("bits", [1024, 2048, 3072])
@pytest.mark.parametrize("kind", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_key_of_any_size_and_form_is_read(bits: int, kind: PrivateFormat) -> None:
    key = rsa.generate_private_key(65537, bits)

    read = load_private_key(key.private_bytes(Encoding.PEM, kind, NoEncryption()), where="tls.key")

    assert read.private_numbers() == key.private_numbers()


def test_a_key_made_of_numbers_is_read() -> None:
    assert load_private_key(_GOOD.pem, where="tls.key").key_size == 2048


@pytest.mark.parametrize(
    "broken",
    [
        replace(_GOOD, n=_GOOD.n + 2),
        replace(_GOOD, n=1),
        replace(_GOOD, n=0),
        replace(_GOOD, e=2),
        replace(_GOOD, e=_GOOD.e + 2),
        replace(_GOOD, d=_GOOD.d + 2),
        replace(_GOOD, d=0),
        replace(_GOOD, d=_OTHER.d),
        replace(_GOOD, p=1, q=_GOOD.n),
        replace(_GOOD, q=_GOOD.q + 2),
        replace(_GOOD, q=0),
        replace(_GOOD, dp=_GOOD.dp + 2),
        replace(_GOOD, dq=0),
        replace(_GOOD, qi=_GOOD.qi + 1),
        replace(_OTHER, n=_GOOD.n),
        replace(_GOOD, d=_GOOD.d + (_GOOD.p - 1) * (_GOOD.q - 1) * 2**2048),
    ],
    ids=[
        "another modulus",
        "modulus one",
        "modulus zero",
        "even exponent",
        "another exponent",
        "another private exponent",
        "no private exponent",
        "private exponent of another key",
        "one factor",
        "another factor",
        "factor zero",
        "another first exponent",
        "no second exponent",
        "another coefficient",
        "modulus of another key",
        "private exponent out of range",
    ],
)
def test_numbers_that_do_not_fit_are_refused(broken: _Parts) -> None:
    with pytest.raises(UnusableKey) as caught:
        load_private_key(broken.pem, where="tls.key")

    assert str(caught.value) == "the private key is damaged - tls.key"


def test_factors_that_are_not_prime_are_refused() -> None:
    """Every equation holds for them, but what is encrypted does not come back."""
    composite = _parts_of(_GOOD.p * _OTHER.p, _GOOD.q * _OTHER.q)

    with pytest.raises(UnusableKey, match="damaged"):
        load_private_key(composite.pem, where="tls.key")


def test_a_key_too_small_for_an_envelope_is_refused() -> None:
    small = _parts_of(*(0xF7E75FDC469067FFDC4E847C51F452DF, 0xE85CED54AF57E53E092113E62F436F4F))

    with pytest.raises(UnusableKey, match="damaged"):
        load_private_key(small.pem, where="tls.key")


def test_an_enormous_number_costs_nothing() -> None:
    huge = replace(_GOOD, n=_GOOD.n << 3_000_000 | 1, d=_GOOD.d << 3_000_000)
    begun = time.process_time()

    with pytest.raises(UnusableKey):
        load_private_key(huge.pem, where="tls.key")

    assert time.process_time() - begun < 0.5


@settings(deadline=None, max_examples=50)
@given(
    name=st.sampled_from(["version", "n", "e", "d", "p", "q", "dp", "dq", "qi"]),
    value=st.integers(min_value=0, max_value=2**2050) | st.integers(min_value=0, max_value=9),
)
def test_no_number_but_the_right_one_makes_a_key(name: str, value: int) -> None:
    changed = replace(_GOOD, **{name: value})

    if changed == _GOOD:
        load_private_key(changed.pem, where="tls.key")
    else:
        with pytest.raises(UnusableKey):
            load_private_key(changed.pem, where="tls.key")

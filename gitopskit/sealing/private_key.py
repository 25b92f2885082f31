"""An RSA private key from its PEM block, and whether its parts belong together.

The library's own check of a loaded key proves that the primes are prime and holds Python's lock
meanwhile, in whatever thread: 0.25 s for 4096 bits, 4 s for 8192. It is left out. Sound is a key
here whose numbers fit each other, and which opens what was encrypted to it: that is Fermat's test
of both primes, to a random base. It takes 2 ms for 4096 bits and leaves other threads alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from gitopskit.errors import UnusableKey
from gitopskit.sealing.pem_text import PRIVATE_KEY_HINT, UNREADABLE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers

_LARGEST_KEY_BITS: Final = 16384
"""What OpenSSL computes with. Source: openssl, include/openssl/rsa.h."""

_PROBE: Final = b"a value"


def load_private_key(block: bytes, *, where: str) -> RSAPrivateKey:
    """Return the RSA key in a PEM block, PKCS#1 or PKCS#8, of any size.

    Raises:
        UnusableKey: it is encrypted, cannot be read, is no RSA key, or its parts do not belong
            together.
    """
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 -- sealing goes without
        load_pem_private_key,
    )

    try:
        key = load_pem_private_key(block, password=None, unsafe_skip_rsa_key_validation=True)
    except TypeError as error:
        raise UnusableKey(
            "the private key is encrypted",
            where=where,
            hint="decrypt it first, for example with `openssl rsa`",
        ) from error
    except UNREADABLE as error:
        raise UnusableKey(
            "the private key cannot be read", where=where, hint=PRIVATE_KEY_HINT
        ) from error
    if not isinstance(key, RSAPrivateKey):
        raise UnusableKey("the private key is not an RSA key", where=where, hint=PRIVATE_KEY_HINT)
    if not _is_sound(key):
        raise UnusableKey("the private key is damaged", where=where, hint=PRIVATE_KEY_HINT)
    return key


def _is_sound(key: RSAPrivateKey) -> bool:
    numbers = key.private_numbers()
    return _has_sizes(numbers) and _fits_together(numbers) and _opens_what_it_seals(key)


def _has_sizes(numbers: RSAPrivateNumbers) -> bool:
    """Whether the numbers are in their ranges, so that computing with them is quick and defined.

    Source: RFC 8017 section 3.2.
    """
    public = numbers.public_numbers
    odd = (public.n, public.e, numbers.p, numbers.q)
    ranges = (
        (public.e, public.n),
        (numbers.d, public.n),
        (numbers.p, public.n),
        (numbers.q, public.n),
        (numbers.dmp1, numbers.p),
        (numbers.dmq1, numbers.q),
        (numbers.iqmp, numbers.p),
    )
    return (
        public.n.bit_length() <= _LARGEST_KEY_BITS
        and all(number % 2 for number in odd)
        and all(0 < number < limit for number, limit in ranges)
    )


def _fits_together(numbers: RSAPrivateNumbers) -> bool:
    """Whether the equations of a key with two primes hold. Source: RFC 8017 section 3.2."""
    p, q, d = numbers.p, numbers.q, numbers.d
    product = d * numbers.public_numbers.e
    return (
        numbers.public_numbers.n == p * q
        and product % (p - 1) == product % (q - 1) == 1
        and numbers.dmp1 == d % (p - 1)
        and numbers.dmq1 == d % (q - 1)
        and numbers.iqmp * q % p == 1
    )


def _opens_what_it_seals(key: RSAPrivateKey) -> bool:
    padding = OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=None)
    try:
        return key.decrypt(key.public_key().encrypt(_PROBE, padding), padding) == _PROBE
    except UNREADABLE:
        return False

"""Generators by the text that names them, such as ``password:length=24``, and what they make.

Start at ``parse_generator``. The text is an argument of a program, so it holds no secret value.
Libraries with cryptography in them are loaded when a generator runs: naming one needs none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from gitopskit.errors import InputError
from gitopskit.generators import known
from gitopskit.generators.htpasswd import (
    DEFAULT_COST,
    LONGEST_PASSWORD_BYTES,
    htpasswd_line,
    require_cost,
    require_user,
)
from gitopskit.generators.lines import require_line
from gitopskit.generators.options import read_options
from gitopskit.generators.password import PasswordPolicy, new_password, require_possible
from gitopskit.generators.tls_terms import DEFAULT_DAYS, KEY_TYPES, read_hosts, require_days
from gitopskit.generators.token import ENCODINGS, new_token, new_uuid, require_token_size
from gitopskit.redaction import Plaintext
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from gitopskit.generators.options import Options
    from gitopskit.generators.tls_terms import KeyType
    from gitopskit.generators.token import TokenEncoding


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordGenerator:
    """Makes a password."""

    policy: PasswordPolicy = field(default_factory=PasswordPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenGenerator:
    """Makes random bytes as a text."""

    size_bytes: int = 32
    encoding: TokenEncoding = "base64url"


@dataclass(frozen=True, slots=True, kw_only=True)
class UuidGenerator:
    """Makes a random UUID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HtpasswdGenerator:
    """Makes a line of an htpasswd file, and its password unless one is given."""

    user: str
    length: int = 32
    cost: int = DEFAULT_COST


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsGenerator:
    """Makes a server's key and self-signed certificate."""

    hosts: tuple[str, ...]
    days: int = DEFAULT_DAYS
    key_type: KeyType = "ecdsa-p256"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshGenerator:
    """Makes an SSH key."""

    comment: str = "gitopskit"


Generator: TypeAlias = (
    PasswordGenerator
    | TokenGenerator
    | UuidGenerator
    | HtpasswdGenerator
    | TlsGenerator
    | SshGenerator
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """Values by item of the Secret, notes that hold nothing secret, and the Secret's type.

    A generator of one value has it under the empty name, ``known.WHOLE``.
    """

    items: Mapping[str, Plaintext]
    notes: tuple[str, ...] = ()
    secret_type: str = known.OPAQUE_TYPE


def parse_generator(text: str) -> Generator:
    """Return the generator that ``NAME`` or ``NAME:OPTION=VALUE,…`` names; nothing is made yet.

    Raises:
        InputError: there is no such generator or option, a value cannot be used, or an option
            would hold a secret value. The text is not quoted, the hint says what is known.
    """
    name, colon, options = text.partition(":")
    for generator in known.KNOWN:
        if generator.name == name:
            return _BUILDERS[name](read_options(options if colon else None, generator=generator))
    names = ", ".join(generator.name for generator in known.KNOWN)
    raise InputError("there is no such generator", hint=f"known are {names}")


def _password(options: Options) -> PasswordGenerator:
    policy = PasswordPolicy(
        length=options.number("length"),
        lower=options.truth("lower"),
        upper=options.truth("upper"),
        digits=options.truth("digits"),
        symbols=options.text("symbols"),
        excludes_ambiguous=not options.truth("ambiguous"),
    )
    require_possible(policy)
    return PasswordGenerator(policy=policy)


def _token(options: Options) -> TokenGenerator:
    size_bytes = require_token_size(options.number("bytes"))
    return TokenGenerator(size_bytes=size_bytes, encoding=options.choice("encoding", ENCODINGS))


def _uuid(_options: Options) -> UuidGenerator:
    return UuidGenerator()


def _htpasswd(options: Options) -> HtpasswdGenerator:
    length = options.number("length")
    require_possible(PasswordPolicy(length=length))
    if length > LONGEST_PASSWORD_BYTES:
        raise InputError(
            "the password of a htpasswd line cannot have this length",
            hint=f"choose at most {LONGEST_PASSWORD_BYTES} characters",
        )
    user, cost = require_user(options.text("user")), require_cost(options.number("cost"))
    return HtpasswdGenerator(user=user, length=length, cost=cost)


def _tls(options: Options) -> TlsGenerator:
    return TlsGenerator(
        hosts=tuple(map(str, read_hosts(options.texts("host")))),
        days=require_days(options.number("days")),
        key_type=options.choice("key", KEY_TYPES),
    )


def _ssh(options: Options) -> SshGenerator:
    return SshGenerator(comment=require_line(options.text("comment"), what="comment of an SSH key"))


_BUILDERS: Final[Mapping[str, Callable[[Options], Generator]]] = {
    "password": _password,
    "token": _token,
    "uuid": _uuid,
    "htpasswd": _htpasswd,
    "tls": _tls,
    "ssh": _ssh,
}


def generate(
    generator: Generator, *, now: datetime, password: Plaintext | None = None
) -> Generated:
    """Return new values; a password is taken by htpasswd only, in place of one of its making.

    Raises:
        InputError: the generator cannot be run so, or takes no password.
    """
    if isinstance(generator, HtpasswdGenerator):
        return _new_htpasswd(generator, password)
    if password is not None:
        raise InputError(
            "this generator makes its value and takes none", hint="leave out the value"
        )
    if isinstance(generator, TlsGenerator):
        return _new_tls(generator, now=now)
    if isinstance(generator, SshGenerator):
        return _new_ssh(generator)
    return Generated(items={known.WHOLE: _new_value(generator)})


def _new_value(generator: PasswordGenerator | TokenGenerator | UuidGenerator) -> Plaintext:
    if isinstance(generator, PasswordGenerator):
        return new_password(generator.policy)
    if isinstance(generator, TokenGenerator):
        return new_token(generator.size_bytes, generator.encoding)
    return new_uuid()


def _new_htpasswd(generator: HtpasswdGenerator, given: Plaintext | None) -> Generated:
    password = new_password(PasswordPolicy(length=generator.length)) if given is None else given
    line = htpasswd_line(generator.user, password, cost=generator.cost)
    made = {known.PASSWORD_ITEM: password} if given is None else {}
    return Generated(items={known.HTPASSWD_ITEM: line, **made})


def _new_tls(generator: TlsGenerator, *, now: datetime) -> Generated:
    from gitopskit.generators.tls import new_tls_pair  # noqa: PLC0415 -- x509 costs 130 ms

    pair = new_tls_pair(generator.hosts, now=now, days=generator.days, key_type=generator.key_type)
    items = {
        known.CERTIFICATE_ITEM: Plaintext(pair.certificate),
        known.PRIVATE_KEY_ITEM: pair.private_key,
    }
    note = f"the certificate is self-signed and ends at {rfc3339(pair.not_after_utc)}"
    return Generated(items=items, notes=(note,), secret_type=known.TLS_TYPE)


def _new_ssh(generator: SshGenerator) -> Generated:
    from gitopskit.generators.ssh import new_ssh_key  # noqa: PLC0415 -- the library costs 70 ms

    pair = new_ssh_key(generator.comment)
    return Generated(
        items={known.SSH_ITEM: pair.private_key},
        notes=(pair.public_line,),
        secret_type=known.SSH_TYPE,
    )

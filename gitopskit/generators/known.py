"""The generators there are, as data: for the parser, the help, the wizard and the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gitopskit.generators import htpasswd, password, tls_terms, token

WHOLE: Final = ""
"""The item of a generator that makes one value; the caller knows the key that it is for."""

OPAQUE_TYPE: Final = "Opaque"
TLS_TYPE: Final = "kubernetes.io/tls"
SSH_TYPE: Final = "kubernetes.io/ssh-auth"
"""Types of Secrets. Source: kubernetes.io/docs, "Types of Secret"."""

CERTIFICATE_ITEM: Final = "tls.crt"
PRIVATE_KEY_ITEM: Final = "tls.key"
SSH_ITEM: Final = "ssh-privatekey"
"""Items that those types ask for. Source: as above."""

HTPASSWD_ITEM: Final = "auth"
"""Source: kubernetes.github.io/ingress-nginx, "Basic Authentication"."""

PASSWORD_ITEM: Final = "password"  # noqa: S105 -- the name of an item


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionHelp:
    """An option as ``name=form``; without a default it must be given."""

    name: str
    form: str
    summary: str
    default: str | None = None
    is_repeatable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorHelp:
    """A generator, what it makes, and its options."""

    name: str
    summary: str
    options: tuple[OptionHelp, ...] = ()
    items: tuple[str, ...] = (WHOLE,)
    secret_type: str = OPAQUE_TYPE


_YES_OR_NO: Final = "yes|no"


def _length(longest: int) -> OptionHelp:
    form = f"{password.SHORTEST}-{longest}"
    return OptionHelp(name="length", form=form, summary="characters", default="32")


_PASSWORD: Final = GeneratorHelp(
    name="password",
    summary="a password with at least one character of each class",
    options=(
        _length(password.LONGEST),
        OptionHelp(
            name="symbols", form="MARKS", summary="marks to use too, but no comma", default=""
        ),
        OptionHelp(name="lower", form=_YES_OR_NO, summary="lower-case letters", default="yes"),
        OptionHelp(name="upper", form=_YES_OR_NO, summary="upper-case letters", default="yes"),
        OptionHelp(name="digits", form=_YES_OR_NO, summary="digits", default="yes"),
        OptionHelp(
            name="ambiguous",
            form=_YES_OR_NO,
            summary=f"characters that look alike: {''.join(sorted(password.AMBIGUOUS))}",
            default="yes",
        ),
    ),
)

_TOKEN: Final = GeneratorHelp(
    name="token",
    summary="random bytes as a text",
    options=(
        OptionHelp(
            name="bytes",
            form=f"{token.SMALLEST_BYTES}-{token.LARGEST_BYTES}",
            summary="bytes before they are encoded",
            default="32",
        ),
        OptionHelp(
            name="encoding",
            form="|".join(token.ENCODINGS),
            summary="how they are written",
            default="base64url",
        ),
    ),
)

_UUID: Final = GeneratorHelp(name="uuid", summary="a random UUID")

_HTPASSWD: Final = GeneratorHelp(
    name="htpasswd",
    summary="a user for basic authentication, with a password given or made",
    options=(
        OptionHelp(name="user", form="NAME", summary="who logs in"),
        _length(htpasswd.LONGEST_PASSWORD_BYTES),
        OptionHelp(
            name="cost",
            form=f"{htpasswd.CHEAPEST}-{htpasswd.DEAREST}",
            summary="cost of bcrypt; each step doubles the time of a login",
            default=str(htpasswd.DEFAULT_COST),
        ),
    ),
    items=(HTPASSWD_ITEM, PASSWORD_ITEM),
)

_TLS: Final = GeneratorHelp(
    name="tls",
    summary="a server's private key and self-signed certificate",
    options=(
        OptionHelp(
            name="host", form="HOST", summary="a DNS name or an address", is_repeatable=True
        ),
        OptionHelp(
            name="days",
            form=f"1-{tls_terms.MOST_DAYS}",
            summary="how long the certificate is valid",
            default=str(tls_terms.DEFAULT_DAYS),
        ),
        OptionHelp(
            name="key",
            form="|".join(tls_terms.KEY_TYPES),
            summary="the kind of key",
            default="ecdsa-p256",
        ),
    ),
    items=(CERTIFICATE_ITEM, PRIVATE_KEY_ITEM),
    secret_type=TLS_TYPE,
)

_SSH: Final = GeneratorHelp(
    name="ssh",
    summary="an Ed25519 key for SSH; the public line is shown",
    options=(
        OptionHelp(
            name="comment", form="TEXT", summary="the end of the public line", default="gitopskit"
        ),
    ),
    items=(SSH_ITEM,),
    secret_type=SSH_TYPE,
)

KNOWN: Final[tuple[GeneratorHelp, ...]] = (_PASSWORD, _TOKEN, _UUID, _HTPASSWD, _TLS, _SSH)

"""Where a repository is and how it is reached: https, ssh, or a local path where allowed.

Pure. Refuses what could run a program, read a file or carry a secret in its text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from gitopskit.errors import InputError, UnsupportedField
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from gitopskit.redaction import Plaintext

Scheme = Literal["https", "ssh", "file"]

_LONGEST_URL: Final = 2048
_UNSAFE_TEXT: Final = re.compile(r"[\x00-\x20\x7f-\x9f\\]|%(?:[01][0-9a-fA-F]|7[fF])")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*")
_USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_SCP_LIKE: Final = re.compile(
    r"(?:(?P<user>[^@/:]+)@)?(?P<host>\[[0-9a-fA-F:.]+\]|[^@/:\[\]]+):(?P<path>[^:].*)"
)
"""``user@host:path``, which git takes for ssh. Source: git-fetch(1), "Git URLs"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsCredential:
    """A user name with a password or token, sent to one host only."""

    username: str
    password: Plaintext


@dataclass(frozen=True, slots=True, kw_only=True)
class SshCredential:
    """A private key in the form that ``ssh-add`` reads, without a passphrase."""

    private_key: Plaintext


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A repository's address, taken apart, with what is needed to be let in and to trust it.

    ``host`` is lower case and without brackets, ``port`` is 0 for the scheme's own. ``ca_pem``
    (https) replaces the system's authorities, ``known_hosts`` (ssh) is text as in
    ``~/.ssh/known_hosts``; both are public data. ``is_scp_like`` says that the path counts from
    the user's home on the server.
    """

    url: str
    scheme: Scheme
    path: str
    user: str = ""
    host: str = ""
    port: int = 0
    is_scp_like: bool = False
    credential: HttpsCredential | SshCredential | None = None
    ca_pem: str = ""
    known_hosts: str = ""


def parse_remote(url: str, *, allow_local: bool = False) -> Remote:
    """Return the address of a repository, without any credential.

    Raises:
        InputError: the URL is malformed, or carries a password, a query or a fragment.
        UnsupportedField: it is reached by other means than https and ssh, or lies on this machine
            and ``allow_local`` is not set.
    """
    _require_plain_text(url)
    if url.startswith("/"):
        return _local(url, url, allow_local=allow_local)
    if "://" not in url:
        return _scp_like(url)
    parts = _split(url)
    if parts.scheme == "file":
        return _local(url, parts.path if not parts.netloc else "", allow_local=allow_local)
    if parts.scheme not in {"https", "ssh"}:
        raise UnsupportedField(
            f"repositories are not read by {parts.scheme}",
            where=scrub(url),
            hint="use an https:// or ssh:// URL",
        )
    return _networked(url, parts)


def server_of(url: str) -> str:
    """Return the name of the server that a URL leads to; empty if it is none, or this machine."""
    try:
        return parse_remote(url, allow_local=True).host
    except (InputError, UnsupportedField):
        return ""


def _require_plain_text(url: str) -> None:
    if not url:
        raise InputError("the repository's URL is empty", hint="give it as repoURL")
    if len(url) > _LONGEST_URL:
        raise InputError(f"the repository's URL is longer than {_LONGEST_URL} characters")
    if url.startswith("-") or "::" in url.partition("[")[0] or _UNSAFE_TEXT.search(url):
        raise InputError(
            "the repository's URL has characters that no repository needs",
            where=scrub(url),
            hint="use a plain https:// or ssh:// URL",
        )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise _malformed(url) from error
    return parts


def _networked(url: str, parts: SplitResult) -> Remote:
    has_user = parts.username is not None
    if parts.password is not None or (has_user and parts.scheme == "https"):
        raise InputError(
            "the repository's URL carries a user name or password",
            where=scrub(url),
            hint="put the URL without them in Git and the credential in a repository Secret",
        )
    if "?" in url or "#" in url:
        raise InputError(
            "the repository's URL has a query or a fragment",
            where=scrub(url.partition("?")[0].partition("#")[0]),
            hint="end the URL with the repository's path",
        )
    host, user, port = parts.hostname or "", parts.username or "", parts.port or 0
    if not _HOST.fullmatch(host) or (has_user and not _USER.fullmatch(user)):
        raise _malformed(url)
    if _climbs(parts.path):
        raise _malformed(url)
    scheme: Scheme = "ssh" if parts.scheme == "ssh" else "https"
    return Remote(url=url, scheme=scheme, user=user, host=host, port=port, path=parts.path)


def _scp_like(url: str) -> Remote:
    match = _SCP_LIKE.fullmatch(url)
    if match is None:
        raise InputError(
            "this is not the URL of a repository",
            where=scrub(url),
            hint="use https://host/path, ssh://user@host/path or user@host:path",
        )
    user, path = match["user"] or "", match["path"]
    host = match["host"].strip("[]").lower()
    if not _HOST.fullmatch(host) or (user and not _USER.fullmatch(user)) or path.startswith("-"):
        raise _malformed(url)
    if _climbs(path):
        raise _malformed(url)
    return Remote(url=url, scheme="ssh", user=user, host=host, path=path, is_scp_like=True)


def _climbs(path: str) -> bool:
    """Tell whether a path leads to another place than it seems to, which patterns would miss."""
    return not {".", ".."}.isdisjoint(unquote(path).split("/"))


def _local(url: str, path: str, *, allow_local: bool) -> Remote:
    if not allow_local:
        raise UnsupportedField(
            "repositories on this machine are not read",
            where=url,
            hint="use an https:// or ssh:// URL, or run with --allow-local-repositories",
            is_local=True,
        )
    if not PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise _malformed(url)
    return Remote(url=url, scheme="file", path=path)


def _malformed(url: str) -> InputError:
    return InputError(
        "the repository's URL is malformed",
        where=scrub(url),
        hint="use https://host/path, ssh://user@host/path or user@host:path",
    )

"""Argo CD's repository Secrets as values: which one belongs to a URL, and what it holds.

Pure. Source: Argo CD, operator-manual/declarative-setup, "Repositories" and "Repository
Credentials".
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import InputError, UnsupportedField
from gitopskit.git.addresses import address_of
from gitopskit.git.app_tokens import PUBLIC_API, GitHubApp, require_app
from gitopskit.git.remotes import HttpsCredential, Remote, SshCredential
from gitopskit.manifests import settled_names
from gitopskit.manifests.settled_names import KNOWN_HOSTS_KEY, SECRET_TYPE_LABEL
from gitopskit.redaction import Plaintext

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitopskit.manifests.json_types import JsonObject

KNOWN_HOSTS_CONFIG_MAP: Final = settled_names.KNOWN_HOSTS_CONFIG_MAP
TLS_CERTIFICATES_CONFIG_MAP: Final = settled_names.TLS_CERTIFICATES_CONFIG_MAP

LARGEST_CREDENTIAL_BYTES: Final = 32 * 1024
"""Half of what a pipe holds on Linux, so that writing one never waits for its reader."""

CredentialType = Literal["repository", "repo-creds"]

_SSH_KEY: Final = "sshPrivateKey"
_APP_ID: Final = "githubAppID"
_APP_INSTALLATION: Final = "githubAppInstallationID"
_APP_KEY: Final = "githubAppPrivateKey"
_APP_API: Final = "githubAppEnterpriseBaseUrl"
_HONOURED: Final = frozenset(
    {"type", "url", "name", "project", "username", "password"}
    | {_SSH_KEY, _APP_ID, _APP_INSTALLATION, _APP_KEY, _APP_API}
)
_DEFAULT_USER: Final = "git"
"""The user name that goes with a lone token: forges read the token and ignore the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryCredential:
    """One repository Secret: for one URL (repository) or for all below a prefix (repo-creds).

    ``source`` is the Secret as kind/namespace/name. An empty ``project`` means every project.
    """

    source: str
    type: CredentialType
    url: str
    project: str = ""
    username: str = ""
    password: Plaintext | None = None
    ssh_private_key: Plaintext | None = None
    app: GitHubApp | None = None

    @property
    def has_secret(self) -> bool:
        """Tell whether it lets anybody in, or only registers a URL."""
        return any(it is not None for it in (self.password, self.ssh_private_key, self.app))


def parse_repository_secret(content: JsonObject) -> RepositoryCredential:
    """Return what a repository Secret holds.

    Raises:
        UnsupportedField: it has a field that is not honoured; the message names it.
        InputError: it is no repository Secret, has no URL, or holds what cannot be used.
    """
    source = _source(content)
    kind = _secret_type(content)
    if kind is None:
        raise InputError(f"the label {SECRET_TYPE_LABEL} names no repository", where=source)
    fields = _decode(content, source)
    _refuse_unsupported(fields, source)
    url = _text(fields, "url", source)
    if not url:
        raise InputError("the repository Secret has no url", where=source, hint="add it")
    password = fields.get("password", b"")
    key = fields.get(_SSH_KEY, b"")
    return RepositoryCredential(
        source=source,
        type=kind,
        url=url,
        project=_text(fields, "project", source),
        username=_text(fields, "username", source),
        password=Plaintext(password) if password else None,
        ssh_private_key=Plaintext(key) if key else None,
        app=_app(fields, source),
    )


def choose_credential(
    secrets: Iterable[JsonObject], url: str, *, project: str = ""
) -> RepositoryCredential | None:
    """Return the credential for a URL, or None where no Secret is for it.

    A ``repository`` Secret of the same URL comes first, one of the own project before one for
    all; without a password or key of its own it takes those of the ``repo-creds`` Secret with the
    longest matching prefix, counted in whole parts of the path. Secrets for other URLs are not
    looked into: a broken one among them disturbs nobody.

    Raises:
        InputError: the chosen Secret cannot be used, see ``parse_repository_secret``.
    """
    wanted = address_of(url)
    exact: list[tuple[bool, str, JsonObject]] = []
    prefixes: list[tuple[int, bool, str, JsonObject]] = []
    for secret in secrets:
        kind, owner = _secret_type(secret), _peek(secret, "project")
        if kind is None or owner not in {"", project}:
            continue
        other = address_of(_peek(secret, "url"), is_prefix=kind == "repo-creds")
        if other is None or wanted is None:
            continue
        rank = (bool(owner), _source(secret), secret)
        if kind == "repository" and other == wanted:
            exact.append(rank)
        elif kind == "repo-creds" and other.is_prefix_of(wanted):
            prefixes.append((len(other.path), *rank))
    chosen = _first(exact)
    if chosen is not None and chosen.has_secret:
        return chosen
    return _first(
        [(is_own, source, secret) for _, is_own, source, secret in _longest(prefixes)]
    ) or (chosen)


def prepare_remote(
    remote: Remote,
    *,
    credential: RepositoryCredential | None,
    known_hosts: JsonObject | None = None,
    tls_certificates: JsonObject | None = None,
) -> Remote:
    """Return the remote with its credential, and with whom to trust from Argo CD's ConfigMaps.

    Raises:
        InputError: the credential is not of the kind that the URL needs, or is malformed.
    """
    certificates = (tls_certificates or {}).get("data") or {}
    hosts = (known_hosts or {}).get("data") or {}
    return replace(
        remote,
        credential=_login(remote, credential) if credential else None,
        ca_pem=str(certificates.get(remote.host) or "") if remote.scheme == "https" else "",
        known_hosts=str(hosts.get(KNOWN_HOSTS_KEY) or "") if remote.scheme == "ssh" else "",
    )


def _login(
    remote: Remote, credential: RepositoryCredential
) -> HttpsCredential | SshCredential | None:
    if not credential.has_secret or remote.scheme == "file":
        return None
    if remote.scheme == "ssh":
        if credential.ssh_private_key is None:
            raise _wrong_kind(credential, "an ssh URL needs an sshPrivateKey")
        key = credential.ssh_private_key.reveal()
        return SshCredential(private_key=Plaintext(key if key.endswith(b"\n") else key + b"\n"))
    if credential.password is None:
        raise _wrong_kind(credential, "an https URL needs a password or token")
    username = credential.username or _DEFAULT_USER
    secret = credential.password.reveal()
    if any(mark in secret + username.encode() for mark in (b"\n", b"\r", b"\0")):
        raise _wrong_kind(credential, "the user name or password has a line end in it")
    return HttpsCredential(username=username, password=credential.password)


def _app(fields: Mapping[str, bytes], source: str) -> GitHubApp | None:
    key = fields.get(_APP_KEY, b"")
    texts = [_text(fields, name, source) for name in (_APP_ID, _APP_INSTALLATION, _APP_API)]
    if not key and not any(texts):
        return None
    return require_app(
        GitHubApp(
            source=source,
            app_id=texts[0],
            installation_id=texts[1],
            private_key=Plaintext(key),
            api_url=texts[2] or PUBLIC_API,
        )
    )


def _wrong_kind(credential: RepositoryCredential, what: str) -> InputError:
    return InputError(what, where=credential.source, hint="correct the repository Secret")


def _longest(
    prefixes: list[tuple[int, bool, str, JsonObject]],
) -> list[tuple[int, bool, str, JsonObject]]:
    length = max((prefix[0] for prefix in prefixes), default=0)
    return [prefix for prefix in prefixes if prefix[0] == length]


def _first(ranked: list[tuple[bool, str, JsonObject]]) -> RepositoryCredential | None:
    """Parse the one of the own project, else the first by name."""
    if not ranked:
        return None
    _, _, secret = min(ranked, key=lambda rank: (not rank[0], rank[1]))
    return parse_repository_secret(secret)


def _secret_type(content: JsonObject) -> CredentialType | None:
    labels = (content.get("metadata") or {}).get("labels") or {}
    kind = labels.get(SECRET_TYPE_LABEL)
    return kind if kind in {"repository", "repo-creds"} else None


def _source(content: JsonObject) -> str:
    metadata = content.get("metadata") or {}
    return f"Secret/{metadata.get('namespace', '')}/{metadata.get('name', '')}"


def _peek(content: JsonObject, field: str) -> str:
    try:
        return _text(_decode(content, ""), field, "")
    except InputError:
        return ""


def _decode(content: JsonObject, source: str) -> dict[str, bytes]:
    data: Mapping[str, str] = content.get("data") or {}
    fields: dict[str, bytes] = {}
    for name, value in data.items():
        try:
            fields[name] = base64.b64decode(value or "", validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise InputError(f"the value of {name} is not base64", where=source) from None
    if sum(map(len, fields.values())) > LARGEST_CREDENTIAL_BYTES:
        raise InputError(
            f"the repository Secret holds more than {LARGEST_CREDENTIAL_BYTES} bytes", where=source
        )
    return fields


def _text(fields: Mapping[str, bytes], name: str, source: str) -> str:
    try:
        return fields.get(name, b"").decode().strip()
    except UnicodeDecodeError:
        raise InputError(f"the value of {name} is not text", where=source) from None


def _refuse_unsupported(fields: Mapping[str, bytes], source: str) -> None:
    is_known = fields.get("type", b"").strip() in {b"", b"git", b"helm"}
    refused = [] if is_known else ["type"]
    refused += [
        name
        for name, value in fields.items()
        if name not in _HONOURED and value.strip().lower() not in {b"", b"false"}
    ]
    if refused:
        raise UnsupportedField(
            f"the repository Secret has fields that are not honoured: {', '.join(sorted(refused))}",
            where=source,
            hint="remove them; honoured are url, type git or helm, username, password, "
            "sshPrivateKey, the githubApp fields, name and project",
        )

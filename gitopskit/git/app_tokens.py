"""GitHub Apps as values: what proves an app, where it asks for a token, and what it is answered.

Pure. Source: GitHub, "Generating a JSON Web Token for a GitHub App" and "Generating an installation
access token"; RFC 7519; RFC 7518 section 3.3 for RS256.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gitopskit.errors import GitFailed, InputError
from gitopskit.git.remotes import parse_remote
from gitopskit.redaction import Plaintext
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.git.remotes import Remote

TOKEN_USER: Final = "x-access-token"  # noqa: S105 -- the user name that goes with a token
PUBLIC_API: Final = "https://api.github.com"

_ID: Final = re.compile(r"[0-9]{1,20}")
_SKEW_SECONDS: Final = 60
_LIFETIME_SECONDS: Final = 540
"""GitHub takes ten minutes at most, and a clock that is a minute ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubApp:
    """An app, where it is installed, and the key that proves it; ``source`` is its Secret."""

    source: str
    app_id: str
    installation_id: str
    private_key: Plaintext
    api_url: str = PUBLIC_API


@dataclass(frozen=True, slots=True, kw_only=True)
class AppToken:
    """A password for some time."""

    value: Plaintext
    expires_at: datetime


def require_app(app: GitHubApp) -> GitHubApp:
    """Return the app if it can be one.

    Raises:
        InputError: an id is no number, or the API's address is none of https.
    """
    if not _ID.fullmatch(app.app_id) or not _ID.fullmatch(app.installation_id):
        raise InputError(
            "githubAppID and githubAppInstallationID must be numbers",
            where=app.source,
            hint="they stand in the app's settings and in the address of its installation",
        )
    api_of(app)
    return app


def api_of(app: GitHubApp) -> Remote:
    """Return the address of the API, taken apart.

    Raises:
        InputError: it is none of https.
    """
    address = parse_remote(app.api_url)
    if address.scheme != "https":
        raise InputError("githubAppEnterpriseBaseUrl must begin with https://", where=app.source)
    return address


def token_path(app: GitHubApp) -> str:
    """Return the path at which a token is asked for."""
    return f"{api_of(app).path.rstrip('/')}/app/installations/{app.installation_id}/access_tokens"


def proof(app: GitHubApp, *, now: datetime) -> Plaintext:
    """Return the signed token that proves the app for some minutes.

    Raises:
        InputError: the private key is none of RSA, or has a passphrase.
    """
    issued = int(now.timestamp()) - _SKEW_SECONDS
    claims = {
        "exp": issued + _SKEW_SECONDS + _LIFETIME_SECONDS,
        "iat": issued,
        "iss": app.app_id,
    }
    parts = [_encoded(json.dumps(it).encode()) for it in ({"alg": "RS256", "typ": "JWT"}, claims)]
    text = b".".join(parts)
    signature = _key(app).sign(text, padding.PKCS1v15(), hashes.SHA256())
    return Plaintext(text + b"." + _encoded(signature))


def read_token(body: bytes, *, where: str) -> AppToken:
    """Return the token in an answer.

    Raises:
        GitFailed: there is none; nothing of the answer is told.
    """
    try:
        content = json.loads(body)
        value, expires = str(content["token"]), parse_rfc3339(str(content["expires_at"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        value, expires = "", None
    if not value.isascii() or not value.isprintable() or not value or expires is None:
        raise GitFailed(
            "the answer of GitHub's API has no token in it",
            where=where,
            hint="check githubAppEnterpriseBaseUrl; it ends in /api/v3 for most servers",
        )
    return AppToken(value=Plaintext(value.encode()), expires_at=expires)


def _key(app: GitHubApp) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(app.private_key.reveal(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise InputError(
            "githubAppPrivateKey is no RSA key in PEM form",
            where=app.source,
            hint="give the file that GitHub made for the app, as it is",
        )
    return key


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")

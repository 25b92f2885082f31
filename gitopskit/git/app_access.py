"""AppTokens: tokens of GitHub Apps, asked for when needed and kept until shortly before they end.

Blocking; call it from a thread. A token and what proves the app are in memory alone.
"""

from __future__ import annotations

import hashlib
import http.client
import ssl
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gitopskit.authorities import trusting
from gitopskit.errors import GitFailed
from gitopskit.git.app_tokens import TOKEN_USER, api_of, proof, read_token, token_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.clock import Clock
    from gitopskit.git.app_tokens import AppToken, GitHubApp
    from gitopskit.git.credentials import RepositoryCredential
    from gitopskit.git.remotes import Remote

_CREATED: Final = 201
_REFUSALS: Final = frozenset({401, 403, 404})
_LONGEST_ANSWER_BYTES: Final = 64 * 1024
_TIMEOUT_SECONDS: Final = 15.0
_BEFORE_END: Final = timedelta(minutes=5)
_MOST_TOKENS: Final = 1000


class AppTokens:
    """Gives repository credentials of apps the token of the hour."""

    def __init__(self, clock: Clock) -> None:
        """Begin without a token."""
        self._clock = clock
        self._locks: dict[tuple[str, ...], threading.Lock] = {}
        self._tokens: dict[tuple[str, ...], AppToken] = {}

    def with_token(
        self, credential: RepositoryCredential, *, authorities: Mapping[str, str]
    ) -> RepositoryCredential:
        """Return a credential with a password in place of its app, if it has one.

        ``authorities`` are certificates in PEM form by host; others are the system's.

        Raises:
            InputError: the app's key cannot be used.
            GitFailed: GitHub's API cannot be reached, or gives no token.
        """
        if credential.app is None or credential.password is not None:
            return credential
        token = self._token(credential.app, authorities)
        return replace(credential, username=TOKEN_USER, password=token.value)

    def _token(self, app: GitHubApp, authorities: Mapping[str, str]) -> AppToken:
        digest = hashlib.sha256(app.private_key.reveal()).hexdigest()
        key = (app.api_url, app.app_id, app.installation_id, digest)
        with self._locks.setdefault(key, threading.Lock()):
            held = self._tokens.get(key)
            if held is not None and self._clock.now_utc() < held.expires_at - _BEFORE_END:
                return held
            if len(self._tokens) >= _MOST_TOKENS:
                self._tokens.clear()
            asked = self._tokens[key] = self._ask(app, authorities)
            return asked

    def _ask(self, app: GitHubApp, authorities: Mapping[str, str]) -> AppToken:
        address = api_of(app)
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {proof(app, now=self._clock.now_utc()).reveal().decode()}",
            "User-Agent": "gitopskit",
            "Content-Length": "0",
        }
        status, body = _post(
            address, token_path(app), headers=headers, ca_pem=authorities.get(address.host, "")
        )
        if status != _CREATED:
            raise _refused(status, where=address.url)
        return read_token(body, where=address.url)


def _post(address: Remote, path: str, *, headers: dict[str, str], ca_pem: str) -> tuple[int, bytes]:
    """Return status and body of one request; no redirect is followed and no proxy used."""
    try:
        context = trusting(ca_pem)
        connection = http.client.HTTPSConnection(
            address.host, address.port or None, timeout=_TIMEOUT_SECONDS, context=context
        )
        try:
            connection.request("POST", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(_LONGEST_ANSWER_BYTES)
        finally:
            connection.close()
    except ssl.SSLError as error:
        raise GitFailed(
            "the server's certificate is not trusted",
            where=address.url,
            hint="add its authority under the host's name to the ConfigMap argocd-tls-certs-cm",
        ) from error
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        raise GitFailed(
            "the server cannot be reached",
            where=address.url,
            hint="check the host name, the port, and the network's policies",
        ) from error


def _refused(status: int, *, where: str) -> GitFailed:
    what = "does not let the app in" if status in _REFUSALS else f"answered {status}"
    return GitFailed(
        f"GitHub's API {what}",
        where=where,
        hint="check githubAppID, githubAppInstallationID, githubAppPrivateKey and the clock",
    )

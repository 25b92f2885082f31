"""RepositoryAccess: how repositories are reached: who lets us in, and whom we trust.

Blocking where a GitHub App needs a token; call ``remote`` from a thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.git.app_access import AppTokens
from gitopskit.git.credentials import (
    KNOWN_HOSTS_CONFIG_MAP,
    TLS_CERTIFICATES_CONFIG_MAP,
    choose_credential,
    prepare_remote,
)
from gitopskit.git.remotes import parse_remote
from gitopskit.git.signatures import Trust
from gitopskit.manifests.settled_names import GPG_KEYS_CONFIG_MAP
from gitopskit.reconciler.signers import gpg_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.clock import Clock
    from gitopskit.git.remotes import Remote
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Follow
    from gitopskit.reconciler.signers import Signers


class RepositoryAccess:
    """Knows the repository Secrets and the ConfigMaps beside them."""

    def __init__(self, *, allows_local: bool, clock: Clock) -> None:
        """Begin without any."""
        self._allows_local = allows_local
        self._tokens = AppTokens(clock)
        self._secrets: dict[str, JsonObject] = {}
        self._config_maps: dict[str, JsonObject] = {}

    def set_secrets(self, secrets: Iterable[JsonObject]) -> None:
        """Take in the repository Secrets as they are now."""
        self._secrets = {secret["metadata"]["name"]: secret for secret in secrets}

    def set_config_maps(self, config_maps: Iterable[JsonObject]) -> None:
        """Take in the ConfigMaps that say whom to trust."""
        self._config_maps = {item["metadata"]["name"]: item for item in config_maps}

    def remote(self, follow: Follow) -> Remote:
        """Return the address of a repository with the credential that its project may use.

        Raises:
            GitopskitError: it is no address, its Secret cannot be used, or gives no token.
        """
        remote = parse_remote(follow.url, allow_local=self._allows_local)
        credential = choose_credential(self._secrets.values(), follow.url, project=follow.project)
        certificates = self._config_maps.get(TLS_CERTIFICATES_CONFIG_MAP)
        if credential is not None:
            authorities = (certificates or {}).get("data") or {}
            credential = self._tokens.with_token(credential, authorities=authorities)
        return prepare_remote(
            remote,
            credential=credential,
            known_hosts=self._config_maps.get(KNOWN_HOSTS_CONFIG_MAP),
            tls_certificates=certificates,
        )

    def trust(self, signers: Signers) -> Trust:
        """Return the keys of those who may sign."""
        keys = gpg_keys(self._config_maps.get(GPG_KEYS_CONFIG_MAP)) if signers.gpg_key_ids else ()
        return Trust(ssh_keys=signers.ssh_keys, gpg_key_ids=signers.gpg_key_ids, gpg_keys=keys)

"""The sealing keys of the cluster, as last seen: what opens values, and what seals new ones.

State of one process without I/O. A key Secret that cannot be used is told and passed over: the
others still open what was sealed to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import UnusableKey
from gitopskit.manifests.identity import ObjectRef
from gitopskit.sealing.keys import KEY_LABEL, KEY_LABEL_ACTIVE, read_key_secret
from gitopskit.sealing.unseal import Keyring

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.keys import PrivateKey

SELECTOR: Final = f"{KEY_LABEL}={KEY_LABEL_ACTIVE}"


class SealingKeys:
    """The keys by the name of their Secret, and the keyring that they make.

    ``keyring`` stays the same object for as long as nothing changes in it.
    """

    def __init__(self) -> None:
        """Start without keys."""
        self._keys: dict[str, PrivateKey] = {}
        self.keyring = Keyring(())

    @property
    def fingerprints(self) -> frozenset[str]:
        """Return which keys there are."""
        return frozenset(key.fingerprint for key in self.keyring.keys)

    @property
    def newest_certificate(self) -> bytes:
        """Return the PEM of the certificate that new values are sealed to, empty for none."""
        certificates = (key.certificate_pem for key in self.keyring.keys)
        return next((pem for pem in certificates if pem), b"")

    def see_all(self, contents: Iterable[JsonObject]) -> list[UnusableKey]:
        """Replace the keys by those of a fresh list; return what cannot be used, and why."""
        self._keys.clear()
        problems = [self._read(content) for content in contents]
        self._order()
        return [problem for problem in problems if problem is not None]

    def see(self, content: JsonObject) -> UnusableKey | None:
        """Take in a key Secret that came or changed; return why it cannot be used, if so."""
        problem = self._read(content)
        self._order()
        return problem

    def lose(self, content: JsonObject) -> None:
        """Drop the key of a Secret that was deleted or lost its label."""
        self._keys.pop(_name(content), None)
        self._order()

    def _read(self, content: JsonObject) -> UnusableKey | None:
        self._keys.pop(_name(content), None)
        try:
            key = read_key_secret(content, where=str(ObjectRef.of(content)))
        except UnusableKey as error:
            return error
        self._keys[_name(content)] = key
        return None

    def _order(self) -> None:
        keyring = Keyring(tuple(self._keys.values()))
        if _identity(keyring) != _identity(self.keyring):
            self.keyring = keyring


def _identity(keyring: Keyring) -> list[tuple[str, bytes]]:
    return [(key.fingerprint, key.certificate_pem) for key in keyring.keys]


def _name(content: JsonObject) -> str:
    return str(content["metadata"]["name"])

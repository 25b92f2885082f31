"""Unseal: a SealedSecret and a keyring become a Secret.

Owns what the Secret looks like that a SealedSecret stands for. Remembers nothing between calls.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError, Undecryptable, UnsupportedField
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.envelope import open_and_tell
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.whole_secret import (
    has_whole_secret,
    read_whole,
    whole_envelope,
    without_whole_secret,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.redaction import Plaintext
    from gitopskit.sealing.key_memory import KeyMemory
    from gitopskit.sealing.keys import PrivateKey
    from gitopskit.sealing.sealed_secret import PlaceOf, SealedSecret

DEFAULT_TYPE: Final = "Opaque"
"""The type of a Secret that says none. Source: k8s.io/api core/v1, SecretTypeOpaque."""

_OF_THE_SEALED_SECRET: Final = frozenset({"name", "namespace"})
_CLOSED_HINT: Final = "seal it again, or add the private key it was sealed to"
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Keyring:
    """Private keys in the order in which they are tried: the newest first, undated ones last."""

    keys: Sequence[PrivateKey]

    def __post_init__(self) -> None:
        """Order the keys and drop repeated ones."""
        unique: dict[str, PrivateKey] = {}
        for key in sorted(self.keys, key=lambda key: key.not_before_utc or _NEVER, reverse=True):
            unique.setdefault(key.fingerprint, key)
        object.__setattr__(self, "keys", tuple(unique.values()))

    def first(self, fingerprint: str) -> list[PrivateKey]:
        """Return the keys, the one of that fingerprint before all others if it is here."""
        return sorted(self.keys, key=lambda key: key.fingerprint != fingerprint)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsealedSecret:
    """A Secret whose values are still wrapped; ``to_content()`` is the only way to the object.

    ``template_data`` holds the texts of templates, which sealing/template.py renders: by key, None
    for a key to drop.
    ``opened_by`` has the fingerprints of the keys that opened it, each once.
    """

    name: str
    namespace: str
    metadata: JsonObject
    type: str
    immutable: bool | None
    data: Mapping[str, Plaintext]
    template_data: Mapping[str, str | None] = field(default_factory=dict)
    opened_by: tuple[str, ...] = ()

    def to_content(self) -> JsonObject:
        """Return the Secret as an object, its values in base64.

        Raises:
            UnsupportedField: the Secret has templated items that nobody rendered.
        """
        if self.template_data:
            raise UnsupportedField(
                "`spec.template.data` is not rendered",
                where=f"{sealed_secret.KIND}/{self.namespace}/{self.name}",
            )
        content: JsonObject = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": self.metadata,
            "type": self.type,
            "data": {
                key: base64.b64encode(value.reveal()).decode()
                for key, value in sorted(self.data.items())
            },
        }
        return content if self.immutable is None else content | {"immutable": self.immutable}


def unseal_secret(
    content: JsonObject,
    *,
    keyring: Keyring,
    where: str = "",
    place_of: PlaceOf | None = None,
    memory: KeyMemory | None = None,
) -> UnsealedSecret:
    """Return the Secret that a SealedSecret stands for.

    Owner references are not part of it: they belong to whoever writes the Secret into a cluster.
    ``where`` is the place named in errors, by default ``kind/namespace/name``; ``place_of`` gives
    that of an item that cannot be read. ``memory`` is asked which key to try first, and told.

    Raises:
        InputError: it is no SealedSecret, or lacks the namespace that its scope binds it to.
        Undecryptable: no key opens one of its items; the error names the items and no cause.
    """
    is_whole = has_whole_secret(content)
    sealed = sealed_secret.parse(
        without_whole_secret(content) if is_whole else content, where=where, place_of=place_of
    )
    place = where or str(sealed.ref)
    require_namespace(sealed, where=place)
    opener = _Opener(sealed, keyring, memory)
    if is_whole:
        return _whole(sealed, opener, whole_envelope(content, where=place), where=place)
    return UnsealedSecret(
        name=sealed.name,
        namespace=sealed.namespace,
        metadata=_metadata(sealed, sealed.template_metadata),
        type=sealed.type or DEFAULT_TYPE,
        immutable=sealed.immutable,
        data=_open_all(sealed, opener, where=place),
        template_data=sealed.template_data,
        opened_by=opener.used,
    )


def require_namespace(
    sealed: SealedSecret,
    *,
    where: str,
    hint: str = "add the `metadata.namespace` for which it was sealed",
) -> None:
    """Check that a SealedSecret says what its scope binds it to; ``hint`` is for where it does not.

    Raises:
        InputError: it has no namespace, and its scope needs one.
    """
    if sealed.scope is not Scope.CLUSTER_WIDE and not sealed.namespace:
        raise InputError(
            f"the SealedSecret has no namespace, which the scope {sealed.scope.value} binds it to",
            where=where,
            hint=hint,
        )


def _metadata(sealed: SealedSecret, template_metadata: JsonObject) -> JsonObject:
    own = {"name": sealed.name}
    if sealed.namespace:
        own["namespace"] = sealed.namespace
    return own | {
        key: value
        for key, value in template_metadata.items()
        if key not in _OF_THE_SEALED_SECRET and value
    }


class _Opener:
    """Opens envelopes of one SealedSecret, trying first the key that is most likely the one.

    That is the one that opened this envelope before, or else the one that opened the last one.
    """

    def __init__(self, sealed: SealedSecret, keyring: Keyring, memory: KeyMemory | None) -> None:
        self._label = sealed.binding.label
        self._keyring = keyring
        self._memory = memory
        self._last = ""
        self._used: dict[str, None] = {}

    @property
    def used(self) -> tuple[str, ...]:
        return tuple(self._used)

    def open(self, blob: bytes) -> Plaintext:
        known = "" if self._memory is None else self._memory.recall(blob)
        keys = self._keyring.first(known or self._last)
        private_keys = [key.key for key in keys]
        value, index = open_and_tell(blob, private_keys=private_keys, label=self._label)
        self._last = keys[index].fingerprint
        self._used[self._last] = None
        if self._memory is not None:
            self._memory.remember(blob, self._last)
        return value


def _open_all(sealed: SealedSecret, opener: _Opener, *, where: str) -> dict[str, Plaintext]:
    values: dict[str, Plaintext] = {}
    closed: list[str] = []
    for item, blob in sealed.encrypted_data.items():
        try:
            values[item] = opener.open(blob)
        except Undecryptable:
            closed.append(item)
    if closed:
        raise Undecryptable(
            "no key opens " + ", ".join(f"`{item}`" for item in sorted(closed)),
            where=where,
            hint=_CLOSED_HINT,
            items=sorted(closed),
        )
    return values


def _whole(sealed: SealedSecret, opener: _Opener, blob: bytes, *, where: str) -> UnsealedSecret:
    """Return the Secret of a SealedSecret in the form before 2019."""
    try:
        opened = opener.open(blob)
    except Undecryptable as error:
        raise Undecryptable("no key opens `spec.data`", where=where, hint=_CLOSED_HINT) from error
    parts, values = read_whole(opened, where=where)
    return UnsealedSecret(
        name=sealed.name,
        namespace=sealed.namespace,
        metadata=_metadata(sealed, parts["metadata"]),
        type=parts["type"] or DEFAULT_TYPE,
        immutable=parts["immutable"],
        data=values,
        opened_by=opener.used,
    )

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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.redaction import Plaintext
    from gitopskit.sealing.keys import PrivateKey
    from gitopskit.sealing.sealed_secret import PlaceOf, SealedSecret

DEFAULT_TYPE: Final = "Opaque"
"""The type of a Secret that says none. Source: k8s.io/api core/v1, SecretTypeOpaque."""

_OF_THE_SEALED_SECRET: Final = frozenset({"name", "namespace"})
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

    ``template_data`` holds texts that a template would be rendered from; nothing renders them.
    """

    name: str
    namespace: str
    metadata: JsonObject
    type: str
    immutable: bool | None
    data: Mapping[str, Plaintext]
    template_data: Mapping[str, str | None] = field(default_factory=dict)

    def to_content(self) -> JsonObject:
        """Return the Secret as an object, its values in base64.

        Raises:
            UnsupportedField: the Secret has templated items, which are not rendered.
        """
        if self.template_data:
            raise UnsupportedField(
                "`spec.template.data` is not rendered",
                where=f"{sealed_secret.KIND}/{self.namespace}/{self.name}",
                hint="seal the finished texts as items instead",
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
    content: JsonObject, *, keyring: Keyring, where: str = "", place_of: PlaceOf | None = None
) -> UnsealedSecret:
    """Return the Secret that a SealedSecret stands for.

    Owner references are not part of it: they belong to whoever writes the Secret into a cluster.
    ``where`` is the place named in errors, by default ``kind/namespace/name``; ``place_of`` gives
    that of an item that cannot be read.

    Raises:
        InputError: it is no SealedSecret, or lacks the namespace that its scope binds it to.
        Undecryptable: no key opens one of its items; the error names the items and no cause.
    """
    sealed = sealed_secret.parse(content, where=where, place_of=place_of)
    place = where or str(sealed.ref)
    require_namespace(sealed, where=place)
    return UnsealedSecret(
        name=sealed.name,
        namespace=sealed.namespace,
        metadata=_metadata(sealed),
        type=sealed.type or DEFAULT_TYPE,
        immutable=sealed.immutable,
        data=_open_all(sealed, keyring, where=place),
        template_data=sealed.template_data,
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


def _metadata(sealed: SealedSecret) -> JsonObject:
    own = {"name": sealed.name}
    if sealed.namespace:
        own["namespace"] = sealed.namespace
    return own | {
        key: value
        for key, value in sealed.template_metadata.items()
        if key not in _OF_THE_SEALED_SECRET and value
    }


def _open_all(sealed: SealedSecret, keyring: Keyring, *, where: str) -> dict[str, Plaintext]:
    """Open the items, trying first for each the key that opened the one before."""
    label = sealed.binding.label
    keys = [key.key for key in keyring.keys]
    values: dict[str, Plaintext] = {}
    closed: list[str] = []
    for item, blob in sealed.encrypted_data.items():
        try:
            values[item], index = open_and_tell(blob, private_keys=keys, label=label)
        except Undecryptable:
            closed.append(item)
        else:
            keys.insert(0, keys.pop(index))
    if closed:
        raise Undecryptable(
            "no key opens " + ", ".join(f"`{item}`" for item in sorted(closed)),
            where=where,
            hint="seal it again, or add the private key it was sealed to",
            items=sorted(closed),
        )
    return values

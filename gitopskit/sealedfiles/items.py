"""Single items of a SealedSecret: set, replaced and removed, everything else byte for byte.

Owns what is checked before a text is given back. Where values come from is the caller's. Start at
``set_items`` and ``remove_items``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.sealedfiles.sealed_text import NewEnvelope, PartChange
from gitopskit.sealing.envelope import measure, seal_value
from gitopskit.sealing.secret_values import require_item_keys, require_sizes_fit
from gitopskit.sealing.unchanged import Comparison, unchanged_envelopes
from gitopskit.sealing.unseal import require_namespace

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gitopskit.redaction import Plaintext
    from gitopskit.sealedfiles.sealed_text import SealedPart, SealedText
    from gitopskit.sealing.keys import SealingCertificate
    from gitopskit.sealing.unseal import Keyring

_NAMESPACE_HINT: Final = "add `metadata.namespace`, or give --namespace if it is set in rendering"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOptions:
    """What to seal with; a keyring tells which values are what the item holds already.

    Key records are kept up where the manifest has them, and begun if ``begins_records``.
    """

    certificate: SealingCertificate
    keyring: Keyring | None = None
    begins_records: bool = False
    allows_empty_data: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsChanged:
    """A text after a change, and by name what became of the items that the change was about.

    ``unchanged`` items hold the new value already, under the certificate's key; their envelopes
    stay. Where nothing but those were meant, the text is the old one.
    """

    text: str = field(repr=False)
    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    @property
    def is_change(self) -> bool:
        """Whether the text is another one than before."""
        return bool(self.added or self.replaced or self.removed)


def placed(sealed: SealedText, namespace: str) -> SealedText:
    """Return a text whose SealedSecrets without a namespace count as being in this one.

    Kustomize and Helm set it when they render, and what is sealed is bound to it all the same. The
    text itself is not changed by that.
    """
    return replace(
        sealed,
        parts=tuple(
            part
            if part.sealed.namespace
            else replace(part, sealed=replace(part.sealed, namespace=namespace))
            for part in sealed.parts
        ),
    )


def set_items(
    sealed: SealedText,
    part: SealedPart,
    *,
    values: Mapping[str, Plaintext],
    removed: Collection[str] = (),
    options: SetOptions,
) -> ItemsChanged:
    """Return the text with values sealed into one of its SealedSecrets, and items removed.

    Scope, name and namespace are the manifest's. That it has the items to remove is not checked.

    Raises:
        InputError: a key is none that a Secret can have, nothing would be left, the values or the
            manifest become too large, its scope needs a namespace that it does not have, or a
            place cannot be edited.
    """
    require_item_keys(values, where=part.manifest.where)
    require_namespace(part.sealed, where=part.manifest.where, hint=_NAMESPACE_HINT)
    present = part.sealed.encrypted_data
    kept = unchanged_envelopes(
        part.sealed,
        values,
        fingerprint=options.certificate.fingerprint,
        comparison=Comparison(keyring=options.keyring),
    )
    new = {item: value for item, value in values.items() if item not in kept}
    change = PartChange(
        part=part,
        items=dict.fromkeys(removed) | _seal(part, new, options.certificate),
        begins_records=options.begins_records,
    )
    return ItemsChanged(
        text=_edited(sealed, change, allows_empty_data=options.allows_empty_data),
        added=tuple(item for item in new if item not in present),
        replaced=tuple(item for item in new if item in present),
        removed=tuple(removed),
        unchanged=tuple(kept),
    )


def remove_items(
    sealed: SealedText,
    part: SealedPart,
    *,
    items: Collection[str],
    allows_empty_data: bool = False,
) -> ItemsChanged:
    """Return the text without some items of one of its SealedSecrets.

    Raises:
        InputError: there is no such item, nothing would be left, or a place cannot be edited. The
            name is not quoted: a value put in its place is still a value.
    """
    present = part.sealed.encrypted_data
    if not present.keys() >= set(items):
        raise InputError(
            f"there is no such item in {part.sealed.ref}",
            where=part.manifest.where,
            hint=f"it has {', '.join(present) or 'none'}",
        )
    change = PartChange(part=part, items=dict.fromkeys(items))
    text = _edited(sealed, change, allows_empty_data=allows_empty_data)
    return ItemsChanged(text=text, removed=tuple(change.items))


def _seal(
    part: SealedPart, values: Mapping[str, Plaintext], certificate: SealingCertificate
) -> dict[str, NewEnvelope]:
    public_key, label = certificate.public_key, part.sealed.binding.label
    return {
        item: NewEnvelope(
            envelope=seal_value(value, public_key=public_key, label=label),
            fingerprint=certificate.fingerprint,
        )
        for item, value in values.items()
    }


def _edited(sealed: SealedText, change: PartChange, *, allows_empty_data: bool) -> str:
    if not change.items:
        return sealed.text
    where = change.part.manifest.where
    kept = {k: v for k, v in change.part.sealed.encrypted_data.items() if k not in change.items}
    left = [*kept.values(), *(new.envelope for new in change.items.values() if new is not None)]
    if not left and not allows_empty_data:
        raise InputError(
            "no item would be left",
            where=where,
            hint="remove the whole SealedSecret, or give --allow-empty-data if it is meant",
        )
    require_sizes_fit((max(measure(blob).value_size_bytes, 0) for blob in left), where=where)
    return sealed.changed([change])

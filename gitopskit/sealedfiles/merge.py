"""Merging: the items of Secrets sealed into SealedSecrets that exist, all else left as it is.

The target's name, namespace and scope bind the values, whatever the Secret says of itself: sealed
for another place they would not open. Labels and annotations of the Secret go into the template.

Source: github.com/bitnami-labs/sealed-secrets, pkg/kubeseal, SealMergingInto.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.sealedfiles.sealed_text import NewEnvelope, PartChange
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.key_records import read_records
from gitopskit.sealing.scope import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION
from gitopskit.sealing.seal import SealOptions, seal_secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.edit import Pointer
    from gitopskit.manifests.json_types import JsonValue
    from gitopskit.sealedfiles.sealed_text import SealedPart, SealedText
    from gitopskit.sealing.sealed_secret import SealedSecret

_SCOPES: Final = frozenset({CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION})
_TEMPLATE: Final = ("spec", "template", "metadata")


def merge_into(target: SealedText, secrets: Iterable[Manifest], options: SealOptions) -> str:
    """Return the target's text with the items of the Secrets sealed into it.

    If the target holds one SealedSecret, every Secret goes into that one; otherwise each goes to
    the one of its name and namespace.

    Raises:
        InputError: a Secret cannot be sealed, no target or several fit, or the result is too large.
    """
    changes: dict[int, PartChange] = {}
    for secret in secrets:
        part = _target(target, secret)
        index = target.parts.index(part)
        changes[index] = _merged(changes.get(index), _change(part, secret, options))
    return target.changed(list(changes.values()))


def _target(target: SealedText, secret: Manifest) -> SealedPart:
    if len(target.parts) < 2:  # noqa: PLR2004 -- one, and so the one that is meant
        return target.part()
    return target.part(name=secret.name, namespace=secret.namespace)


def _change(part: SealedPart, secret: Manifest, options: SealOptions) -> PartChange:
    own = part.sealed
    _require_same_place(own, secret, options)
    place = replace(options, scope=own.scope, name=own.name, namespace=own.namespace)
    content = seal_secret(secret.content, place, where=secret.where, earlier=own)
    sealed = sealed_secret.parse(content, where=secret.where)
    records = read_records(sealed.annotations)
    return PartChange(
        part=part,
        items={
            item: NewEnvelope(
                envelope=blob,
                fingerprint=options.certificate.fingerprint,
                value_digest=records[item].value_digest if item in records else "",
            )
            for item, blob in sealed.encrypted_data.items()
            if blob != own.encrypted_data.get(item)
        },
        fields=_template_fields(own, sealed),
        begins_records=options.records_keys,
    )


def _require_same_place(own: SealedSecret, secret: Manifest, options: SealOptions) -> None:
    """Check that nothing asks for another place than the target's, in which alone values open."""
    if own.namespace and secret.namespace not in ("", own.namespace):
        raise InputError(
            f'namespace mismatch: input secret is in namespace "{secret.namespace}" but the '
            f'SealedSecret is in "{own.namespace}"',
            where=secret.where,
            hint="leave the namespace out of the Secret",
        )
    if own.namespace and options.namespace not in ("", own.namespace):
        raise InputError(
            f'namespace mismatch: the SealedSecret is in namespace "{own.namespace}" but '
            f'"{options.namespace}" was specified',
            where=secret.where,
            hint="leave out --namespace",
        )
    if options.scope not in (None, own.scope):
        raise InputError(
            f"the SealedSecret is sealed {own.scope.value}, and another scope was specified",
            where=secret.where,
            hint="leave out --scope; sealing the whole Secret again changes its scope",
        )


def _template_fields(own: SealedSecret, sealed: SealedSecret) -> dict[Pointer, JsonValue]:
    """Return the labels and annotations that the Secret adds to the target's template."""
    return {
        (*_TEMPLATE, kind, name): value
        for kind in ("labels", "annotations")
        for name, value in (sealed.template_metadata.get(kind) or {}).items()
        if name not in _SCOPES and (own.template_metadata.get(kind) or {}).get(name) != value
    }


def _merged(one: PartChange | None, other: PartChange) -> PartChange:
    """Return both changes of one SealedSecret as one; the later wins."""
    if one is None:
        return other
    return replace(other, items={**one.items, **other.items}, fields={**one.fields, **other.fields})

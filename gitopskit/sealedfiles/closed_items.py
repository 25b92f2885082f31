"""Findings about items that no key opens; for the person who holds the private keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.manifests.findings import Finding
from gitopskit.sealing.explain import explain
from gitopskit.sealing.scope import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.sealedfiles.sealed_text import SealedPart
    from gitopskit.sealing.unseal import Keyring

CLOSED: Final = "sealed-closed"
"""The rule that such a finding is about; exit codes go by it."""


def closed_item(
    part: SealedPart, item: str, *, keyring: Keyring, elsewhere: Iterable[Binding] = ()
) -> Finding:
    """Return the finding about an item that no key of the keyring opens, with the reason.

    ``elsewhere`` are places that it may have been sealed for; the name and namespace that the
    template gives to the Secret are tried in any case, since a renamed file often kept them.
    """
    explanation = explain(
        part.sealed.encrypted_data[item],
        keys=keyring.keys,
        binding=part.sealed.binding,
        recorded_key=part.keys[item],
        elsewhere=(*_of_template(part), *elsewhere),
    )
    return finding_at(
        part,
        item,
        rule=CLOSED,
        message=f"no key opens `{item}`: {explanation.sentence}",
        hint=explanation.hint,
    )


def unopened_by_controller(part: SealedPart) -> Finding:
    """Return the finding about a SealedSecret that a controller cannot open; it says no reason."""
    position = part.manifest.locate(("spec", "encryptedData"))
    return Finding(
        path=part.manifest.path,
        line=position.line,
        column=position.column,
        rule=CLOSED,
        message="the controller cannot open it",
        hint="`gitopskit seal verify --private-key FILE` says why, with the keys in hand",
        subject=str(part.sealed.ref),
    )


def finding_at(part: SealedPart, item: str, *, rule: str, message: str, hint: str = "") -> Finding:
    """Return an error about one item of a SealedSecret, at its place in the text."""
    position = part.manifest.locate(("spec", "encryptedData", item))
    return Finding(
        path=part.manifest.path,
        line=position.line,
        column=position.column,
        rule=rule,
        message=message,
        hint=hint,
        subject=str(part.sealed.ref),
    )


def _of_template(part: SealedPart) -> tuple[Binding, ...]:
    metadata, own = part.sealed.template_metadata, part.sealed.binding
    name, namespace = metadata.get("name"), metadata.get("namespace")
    place = (str(namespace or own.namespace), str(name or own.name))
    if place == (own.namespace, own.name):
        return ()
    return (Binding(scope=own.scope, namespace=place[0], name=place[1]),)

"""Findings about items that no key opens; for the person who holds the private keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import Undecryptable
from gitopskit.sealedfiles.part_findings import finding_at, named_in
from gitopskit.sealing.explain import Cause, Explanation, explain
from gitopskit.sealing.scope import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitopskit.manifests.findings import Finding
    from gitopskit.sealedfiles.sealed_text import SealedPart
    from gitopskit.sealing.unseal import Keyring

CLOSED: Final = "sealed-closed"
"""The rule that such a finding is about; exit codes go by it."""

_ITEMS: Final = ("spec", "encryptedData")
_MOST_PLACES: Final = 200
_MOST_VAIN_SEARCHES: Final = 10
"""How many items may be looked for in vain: each costs an RSA operation a place and key."""


def closed_item(
    part: SealedPart, item: str, *, keyring: Keyring, elsewhere: Iterable[Binding] = ()
) -> Finding:
    """Return the finding about an item that no key of the keyring opens, with the reason.

    ``elsewhere`` are places that it may have been sealed for; the name and namespace that the
    template gives to the Secret are tried in any case, since a renamed file often kept them.
    """
    return _told(part, item, _explain(part, item, keyring, elsewhere))


def closed_items(
    closed: Iterable[tuple[SealedPart, str]], *, keyring: Keyring, places: Sequence[Binding]
) -> Iterator[Finding]:
    """Yield the finding about each item, which is looked for in the other places, near ones first.

    An item whose recorded key is not here is not looked for, and after ten vain searches none is:
    the same wrong key for a whole tree must not cost the square of its size.
    """
    vain = 0
    for part, item in closed:
        recorded = part.keys[item]
        is_here = not recorded or any(key.fingerprint == recorded for key in keyring.keys)
        searches = is_here and vain < _MOST_VAIN_SEARCHES
        elsewhere = _near(part.sealed.binding, places) if searches else ()
        explanation = _explain(part, item, keyring, elsewhere)
        vain += searches and explanation.cause in (Cause.UNKNOWN, Cause.PLACE_UNKNOWN)
        yield _told(part, item, explanation)


def closed_error(part: SealedPart, items: Sequence[str], *, keyring: Keyring) -> Undecryptable:
    """Return the error about items that no key of the keyring opens; the first one is explained."""
    first = closed_item(part, items[0], keyring=keyring)
    others = ", ".join(named_in(part, item) for item in items[1:])
    return Undecryptable(
        f"{first.message}; nor {others}" if others else first.message,
        where=first.where,
        hint=first.hint,
    )


def unopened_by_controller(part: SealedPart) -> Finding:
    """Return the finding about a SealedSecret that a controller cannot open; it says no reason."""
    return finding_at(
        part,
        _ITEMS,
        rule=CLOSED,
        message="the controller cannot open it",
        hint="`gitopskit seal verify --private-key FILE` says why, with the keys in hand",
    )


def _explain(
    part: SealedPart, item: str, keyring: Keyring, elsewhere: Iterable[Binding]
) -> Explanation:
    unreadable = part.unreadable.get(item)
    if unreadable:
        return Explanation(
            cause=Cause.ALTERED,
            sentence=f"it is {unreadable}",
            hint="take the value from Git's history, or seal it again",
        )
    return explain(
        part.sealed.encrypted_data[item],
        keys=keyring.keys,
        binding=part.sealed.binding,
        recorded_key=part.keys[item],
        elsewhere=(*_of_template(part), *elsewhere),
    )


def _told(part: SealedPart, item: str, explanation: Explanation) -> Finding:
    return finding_at(
        part,
        (*_ITEMS, item),
        rule=CLOSED,
        message=f"no key opens {named_in(part, item)}: {explanation.sentence}",
        hint=explanation.hint,
    )


def _near(binding: Binding, places: Sequence[Binding]) -> list[Binding]:
    """Return at most 200 places, those first that share the name or the namespace."""
    return sorted(
        places,
        key=lambda place: place.name != binding.name and place.namespace != binding.namespace,
    )[:_MOST_PLACES]


def _of_template(part: SealedPart) -> tuple[Binding, ...]:
    metadata, own = part.sealed.template_metadata, part.sealed.binding
    name, namespace = metadata.get("name"), metadata.get("namespace")
    place = (str(namespace or own.namespace), str(name or own.name))
    if place == (own.namespace, own.name):
        return ()
    return (Binding(scope=own.scope, namespace=place[0], name=place[1]),)

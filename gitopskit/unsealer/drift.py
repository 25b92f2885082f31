"""Drift: what differs between a Secret and what is sealed, and what is done where it is only told.

Pure. Names items, labels and annotations; never a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.unsealer.decide import Create, Recreate, Replace, Tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.sealing.unseal import UnsealedSecret
    from gitopskit.unsealer.claim import Claim
    from gitopskit.unsealer.decide import Decision
    from gitopskit.unsealer.live_secret import LiveSecret

_MOST_NAMED: Final = 8


def is_drift(decision: Decision, claim: Claim) -> bool:
    """Tell whether a Secret has to be written although nothing new is sealed."""
    return claim.is_written and isinstance(decision, Create | Replace | Recreate)


def only_told(decision: Decision, claim: Claim, live: LiveSecret | None) -> Decision:
    """Return the decision where drift is reported and not healed.

    What a new or changed SealedSecret asks for is written all the same.
    """
    if not is_drift(decision, claim) or not isinstance(decision, Create | Replace | Recreate):
        return decision
    if live is None:
        return Tell(("there is none",))
    found = sorted(_differences(decision.secret, live))
    more = len(found) - _MOST_NAMED
    return Tell((*found[:_MOST_NAMED], *([f"{more} more"] if more > 0 else [])))


def _differences(wanted: UnsealedSecret, live: LiveSecret) -> Iterator[str]:
    yield from _of_mappings("item", wanted.data, live.data)
    for part, word in (("labels", "label"), ("annotations", "annotation")):
        yield from _of_mappings(word, wanted.metadata.get(part) or {}, live.mapping(part))
    if (wanted.metadata.get("ownerReferences") or []) != live.owner_references:
        yield "owner references"
    if wanted.type != live.type:
        yield "type"
    if bool(wanted.immutable) != live.is_immutable:
        yield "immutable"


def _of_mappings(
    word: str, wanted: Mapping[str, object], found: Mapping[str, object]
) -> Iterator[str]:
    for key in wanted.keys() | found.keys():
        if key not in found:
            yield f"{word} `{key}` is missing"
        elif key not in wanted:
            yield f"{word} `{key}` was added"
        elif wanted[key] != found[key]:
            yield f"{word} `{key}` was changed"

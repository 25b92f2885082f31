"""Whose Secret it is: the rules by which one that exists may be written, or is left alone. Pure.

A Secret is ours if its controller is this very SealedSecret, by UID; if somebody annotated it
``managed`` (it is taken over whole) or ``patch`` (our parts are laid over it); or if it lost its
owner and both its status and the record of who wrote it say that we made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import OwnershipConflict
from gitopskit.sealing import sealed_secret

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.unsealer.claim import Claim
    from gitopskit.unsealer.live_secret import LiveSecret

FIELD_MANAGER: Final = "gitopskit-unsealer"

MANAGED: Final = "sealedsecrets.bitnami.com/managed"
PATCH: Final = "sealedsecrets.bitnami.com/patch"
SKIP_OWNER: Final = "sealedsecrets.bitnami.com/skip-set-owner-references"
"""Annotations of a Secret (the last one of a template) that count where they say ``true``.

Source: github.com/bitnami-labs/sealed-secrets, README, "Managing existing secrets" and "Patching
existing secrets".
"""


def obstacle(claim: Claim, live: LiveSecret) -> OwnershipConflict | None:
    """Return why a Secret is not ours to write, or None if it is."""
    if live.is_being_deleted:
        return OwnershipConflict(
            "the Secret is being deleted",
            hint="nothing is to be done, unless a finalizer keeps it: then remove that",
        )
    controller = live.controller
    if controller is not None and controller.get("uid") != claim.uid:
        return None if _is_only_patched(live) else _controlled(claim, controller)
    if controller is not None or _is_offered(live) or _is_our_work(claim, live):
        return None
    return OwnershipConflict(
        "a Secret of this name exists and is not managed by this SealedSecret",
        hint=f'delete the Secret, or annotate it {MANAGED}: "true" to have it taken over',
    )


def says(live: LiveSecret, annotation: str) -> bool:
    """Tell whether an annotation of a Secret is ``true``."""
    return live.annotations.get(annotation) == "true"


def _is_offered(live: LiveSecret) -> bool:
    return says(live, MANAGED) or says(live, PATCH)


def _is_only_patched(live: LiveSecret) -> bool:
    """Tell whether our parts may be laid over a Secret whoever owns it."""
    return says(live, PATCH) and not says(live, MANAGED)


def _is_our_work(claim: Claim, live: LiveSecret) -> bool:
    """Tell whether we made a Secret that has no controller any more.

    Somebody else's Secret of the name was not written by our field manager; ours of an earlier
    SealedSecret of the name is not what this one's status speaks of.
    """
    return claim.has_written and live.was_made_by(FIELD_MANAGER)


def _controlled(claim: Claim, controller: JsonObject) -> OwnershipConflict:
    kind, name = controller.get("kind"), controller.get("name")
    if kind == sealed_secret.KIND and name == claim.name:
        return OwnershipConflict(
            "the Secret of an earlier SealedSecret of this name is still there",
            hint="nothing is to be done: the cluster's garbage collection removes it",
        )
    return OwnershipConflict(
        f"the Secret is controlled by {kind} {name}", hint="rename or remove one of the two"
    )

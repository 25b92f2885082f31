"""What happens to the Secret of one SealedSecret: created, replaced, kept, or left alone.

Pure: values in, one decision out. Owns what a Secret looks like that is as it should be; whose it
is, is settled in ownership.py. Knows no API server and no keys.

Type and data of our Secret are ours whole. Labels and annotations of the template are enforced;
those that others add stay; those that we set and that the template no longer has go away. On a
Secret annotated ``patch`` our items, labels and annotations are laid over what is there, and
nothing is ever taken away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gitopskit.errors import OwnershipConflict
from gitopskit.sealing.unseal import DEFAULT_TYPE
from gitopskit.unsealer.claim import RECREATE_IMMUTABLE
from gitopskit.unsealer.ownership import (
    FIELD_MANAGER,
    MANAGED,
    PATCH,
    SKIP_OWNER,
    obstacle,
    says,
)

if TYPE_CHECKING:
    from gitopskit.errors import GitopskitError
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.unseal import UnsealedSecret
    from gitopskit.unsealer.claim import Claim
    from gitopskit.unsealer.live_secret import LiveSecret

TOKEN_TYPE: Final = "kubernetes.io/service-account-token"  # noqa: S105 -- the name of a type

_ADDED_BY_SERVER: Final = frozenset({"token", "ca.crt", "namespace"})
"""Items that Kubernetes itself adds to a Secret of that type.

Source: kubernetes.io/docs, "Configure Service Accounts for Pods", long-lived tokens.
"""


_HOW_TO_RECREATE: Final = (
    "delete the Secret, it is created again at once; "
    f'or annotate the SealedSecret {RECREATE_IMMUTABLE}: "true"'
)


@dataclass(frozen=True, slots=True)
class Create:
    """Write a Secret that does not exist."""

    secret: UnsealedSecret


@dataclass(frozen=True, slots=True)
class Replace:
    """Write over our own Secret; ``uid`` and ``resourceVersion`` are in its metadata."""

    secret: UnsealedSecret


@dataclass(frozen=True, slots=True)
class Recreate:
    """Delete our own Secret, which cannot be changed in place, exactly as read; create it anew."""

    secret: UnsealedSecret
    uid: str
    resource_version: str
    reason: OwnershipConflict


@dataclass(frozen=True, slots=True)
class Keep:
    """Write nothing: the Secret is as it should be."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Write nothing: the Secret drifted, and that is only told; ``differences`` say where."""

    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Write nothing: the error says why, for the person who must act."""

    error: GitopskitError


Decision = Create | Replace | Recreate | Keep | Tell | Refuse


def decide(claim: Claim, unsealed: UnsealedSecret, live: LiveSecret | None) -> Decision:
    """Return what to do about a Secret; ``live`` is None if there is none."""
    if live is None:
        return Create(_new(claim, unsealed))
    problem = obstacle(claim, live)
    if problem is not None:
        return Refuse(problem)
    merged = (
        _patched(claim, unsealed, live) if says(live, PATCH) else _merged(claim, unsealed, live)
    )
    if _is_up_to_date(merged, live):
        return Keep()
    problem = _unchangeable(merged, live)
    if problem is None:
        return Replace(merged)
    if claim.may_recreate and not says(live, PATCH):
        return Recreate(_anew(merged, unsealed), live.uid, live.resource_version, problem)
    return Refuse(problem)


def _new(claim: Claim, unsealed: UnsealedSecret) -> UnsealedSecret:
    """Return the Secret as it is created."""
    metadata = {
        "name": unsealed.name,
        "namespace": unsealed.namespace,
        "labels": dict(unsealed.metadata.get("labels") or {}),
        "annotations": _own_annotations(unsealed),
        "finalizers": list(unsealed.metadata.get("finalizers") or []),
        "ownerReferences": [claim.owner_reference] if _wants_owner(unsealed) else [],
    }
    return replace(unsealed, metadata=_without_empty(metadata))


def _wants_owner(unsealed: UnsealedSecret) -> bool:
    return (unsealed.metadata.get("annotations") or {}).get(SKIP_OWNER) != "true"


def _own_annotations(unsealed: UnsealedSecret) -> dict[str, str]:
    """Return the annotations of a Secret that is ours whole.

    Without an owner reference ``managed`` marks it as ours, or the next look at it would take it
    for somebody else's.
    """
    annotations = dict(unsealed.metadata.get("annotations") or {})
    return annotations if _wants_owner(unsealed) else {**annotations, MANAGED: "true"}


def _merged(claim: Claim, unsealed: UnsealedSecret, live: LiveSecret) -> UnsealedSecret:
    """Return our Secret with what others may add to it, as a replacement of the live one."""
    labels = dict(unsealed.metadata.get("labels") or {})
    return replace(
        unsealed,
        metadata=_without_empty(
            {
                **_identity(live),
                "labels": _overlaid("labels", labels, live),
                "annotations": _overlaid("annotations", _own_annotations(unsealed), live),
                "ownerReferences": _owner_references(claim, unsealed, live),
            }
        ),
        immutable=_immutable(unsealed, live),
        data={**_added_by_server(unsealed, live), **unsealed.data},
    )


def _anew(merged: UnsealedSecret, unsealed: UnsealedSecret) -> UnsealedSecret:
    """Return a replacement as a Secret of its own, with all that others added."""
    of_the_old_one = ("uid", "resourceVersion", "finalizers")
    kept = {key: value for key, value in merged.metadata.items() if key not in of_the_old_one}
    finalizers = list(unsealed.metadata.get("finalizers") or [])
    return replace(merged, metadata=_without_empty({**kept, "finalizers": finalizers}))


def _patched(claim: Claim, unsealed: UnsealedSecret, live: LiveSecret) -> UnsealedSecret:
    """Return somebody's Secret with our parts laid over it, as a replacement of the live one.

    What others offer, to patch or to take over, is theirs to say: no template changes it.
    """
    is_ours = _has_our_reference(claim, live)
    owners = live.owner_references
    if says(live, MANAGED):
        owners = _owner_references(claim, unsealed, live)
    return replace(
        unsealed,
        metadata=_without_empty(
            {
                **_identity(live),
                "labels": live.mapping("labels") | (unsealed.metadata.get("labels") or {}),
                "annotations": live.annotations | _laid_over(unsealed, is_ours=is_ours),
                "ownerReferences": owners,
            }
        ),
        type=live.type if unsealed.type == DEFAULT_TYPE else unsealed.type,
        immutable=live.is_immutable or None,
        data={**live.data, **unsealed.data},
    )


def _laid_over(unsealed: UnsealedSecret, *, is_ours: bool) -> dict[str, str]:
    annotations = unsealed.metadata.get("annotations") or {}
    offers = frozenset() if is_ours else {MANAGED, PATCH}
    return {key: text for key, text in annotations.items() if key not in offers}


def _has_our_reference(claim: Claim, live: LiveSecret) -> bool:
    return live.controller is not None and live.controller.get("uid") == claim.uid


def _identity(live: LiveSecret) -> JsonObject:
    return {
        "name": live.metadata["name"],
        "namespace": live.metadata["namespace"],
        "uid": live.uid,
        "resourceVersion": live.resource_version,
        "finalizers": live.metadata.get("finalizers"),
    }


def _overlaid(part: str, wanted: dict[str, str], live: LiveSecret) -> dict[str, str]:
    ours = live.keys_set_by(FIELD_MANAGER, part)
    kept = {key: value for key, value in live.mapping(part).items() if key not in ours}
    return kept | wanted


def _owner_references(claim: Claim, unsealed: UnsealedSecret, live: LiveSecret) -> list[JsonObject]:
    """Return the live references with ours among them exactly if it is wanted.

    A reference that is ours already stays as it is: another controller may have written it with
    more fields.
    """
    wants_owner = _wants_owner(unsealed)
    if wants_owner and _has_our_reference(claim, live):
        return live.owner_references
    others = [ref for ref in live.owner_references if ref.get("uid") != claim.uid]
    return [*others, claim.owner_reference] if wants_owner else others


def _immutable(unsealed: UnsealedSecret, live: LiveSecret) -> bool | None:
    """Return what the template says; where it says nothing, what is."""
    return (live.is_immutable or None) if unsealed.immutable is None else unsealed.immutable


def _added_by_server(unsealed: UnsealedSecret, live: LiveSecret) -> dict[str, Any]:
    if unsealed.type != TOKEN_TYPE:
        return {}
    return {key: value for key, value in live.data.items() if key in _ADDED_BY_SERVER}


def _is_up_to_date(merged: UnsealedSecret, live: LiveSecret) -> bool:
    parts = ("labels", "annotations", "ownerReferences")
    return (
        merged.type == live.type
        and merged.data == live.data
        and bool(merged.immutable) == live.is_immutable
        and all((merged.metadata.get(part) or None) == live.part(part) for part in parts)
    )


def _unchangeable(merged: UnsealedSecret, live: LiveSecret) -> OwnershipConflict | None:
    """Return why the API server would refuse the change, or None if it would not."""
    if live.type != merged.type:
        return OwnershipConflict(
            f"the Secret has the type {live.type}, not {merged.type}, and a type never changes",
            hint=_HOW_TO_RECREATE,
        )
    if live.is_immutable and live.data != merged.data:
        return OwnershipConflict(
            "the Secret is immutable and holds other values", hint=_HOW_TO_RECREATE
        )
    if live.is_immutable and not merged.immutable:
        return OwnershipConflict(
            "the Secret is immutable, which the template says it is not", hint=_HOW_TO_RECREATE
        )
    return None


def _without_empty(metadata: dict[str, Any]) -> JsonObject:
    return {key: value for key, value in metadata.items() if value}

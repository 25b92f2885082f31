"""What happens to the Secret of one SealedSecret: created, replaced, kept, or left alone.

Pure: values in, one decision out. Owns the rules of ownership and of drift. Knows no API server
and no keys.

A Secret is ours if its controller is this very SealedSecret, by UID, or if somebody annotated it
``managed: "true"``. Its type and data are ours whole. Labels and annotations of the template are
enforced; those that others add stay; those that we set and that left the template go away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gitopskit.errors import OwnershipConflict, UnsupportedField
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.keys import KEY_LABEL

if TYPE_CHECKING:
    from gitopskit.errors import GitopskitError
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.sealed_secret import SealedSecret
    from gitopskit.sealing.unseal import UnsealedSecret
    from gitopskit.unsealer.live_secret import LiveSecret

FIELD_MANAGER: Final = "gitopskit-unsealer"

MANAGED: Final = "sealedsecrets.bitnami.com/managed"
PATCH: Final = "sealedsecrets.bitnami.com/patch"
SKIP_OWNER: Final = "sealedsecrets.bitnami.com/skip-set-owner-references"
"""Annotations of a Secret (the last one of a template) that count where they say ``true``.

Source: github.com/bitnami-labs/sealed-secrets, README, "Managing existing secrets".
"""

TOKEN_TYPE: Final = "kubernetes.io/service-account-token"  # noqa: S105 -- the name of a type


@dataclass(frozen=True, slots=True)
class Create:
    """Write a Secret that does not exist."""

    secret: UnsealedSecret


@dataclass(frozen=True, slots=True)
class Replace:
    """Write over our own Secret; ``uid`` and ``resourceVersion`` are in its metadata."""

    secret: UnsealedSecret


@dataclass(frozen=True, slots=True)
class Keep:
    """Write nothing: the Secret is as it should be."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Write nothing: the error says why, for the person who must act."""

    error: GitopskitError


Decision = Create | Replace | Keep | Refuse


def require_supported(sealed: SealedSecret, *, key_namespace: str) -> None:
    """Check that a SealedSecret asks for nothing that this controller does not do.

    Raises:
        UnsupportedField: it has templated items, asks for a token of a ServiceAccount, or would
            plant a sealing key among ours.
    """
    labels = sealed.template_metadata.get("labels") or {}
    if sealed.template_data:
        raise UnsupportedField(
            "`spec.template.data` is not rendered by this version",
            hint="seal the finished texts as items of `spec.encryptedData`",
        )
    if sealed.type == TOKEN_TYPE:
        raise UnsupportedField(
            f"`spec.template.type` may not be {TOKEN_TYPE}",
            hint="let a pod mount a projected token instead",
        )
    if sealed.namespace == key_namespace and KEY_LABEL in labels:
        raise UnsupportedField(
            f"`spec.template.metadata.labels` may not hold {KEY_LABEL}",
            hint="create sealing keys with `gitopskit keys new`",
        )


def decide(sealed: JsonObject, unsealed: UnsealedSecret, live: LiveSecret | None) -> Decision:
    """Return what to do; ``sealed`` is the SealedSecret's metadata, ``live`` None if absent."""
    desired = _with_owner(sealed, unsealed)
    if live is None:
        return Create(desired)
    obstacle = _foreign(sealed, live) or _unchangeable(desired, live)
    if obstacle is not None:
        return Refuse(obstacle)
    merged = _merged(sealed, desired, live)
    return Keep() if _is_up_to_date(merged, live) else Replace(merged)


def _with_owner(sealed: JsonObject, unsealed: UnsealedSecret) -> UnsealedSecret:
    """Return the Secret as it is created.

    Without an owner reference the annotation ``managed`` marks it as ours, or the next look at it
    would take it for somebody else's.
    """
    template = unsealed.metadata
    annotations = dict(template.get("annotations") or {})
    metadata = {
        "name": unsealed.name,
        "namespace": unsealed.namespace,
        "labels": dict(template.get("labels") or {}),
        "annotations": annotations,
        "finalizers": list(template.get("finalizers") or []),
        "ownerReferences": [],
    }
    if annotations.get(SKIP_OWNER) == "true":
        annotations[MANAGED] = "true"
    else:
        metadata["ownerReferences"] = [_owner_reference(sealed)]
    return replace(unsealed, metadata=_without_empty(metadata))


def _owner_reference(sealed: JsonObject) -> JsonObject:
    return {
        "apiVersion": sealed_secret.API_VERSION,
        "kind": sealed_secret.KIND,
        "name": sealed["name"],
        "uid": sealed["uid"],
        "controller": True,
    }


def _foreign(sealed: JsonObject, live: LiveSecret) -> GitopskitError | None:
    """Return why a Secret is not ours to write, or None if it is."""
    controller = live.controller
    if live.is_being_deleted:
        return OwnershipConflict(
            "the Secret is being deleted",
            hint="nothing is to be done, unless a finalizer keeps it: then remove that",
        )
    if live.annotations.get(PATCH) == "true":
        return UnsupportedField(
            f"the Secret is annotated {PATCH}, which this version does not honour",
            hint=f'annotate it {MANAGED}: "true" to have it replaced whole',
        )
    if controller is not None:
        return None if controller.get("uid") == sealed["uid"] else _controlled(sealed, controller)
    if live.annotations.get(MANAGED) == "true":
        return None
    return OwnershipConflict(
        "a Secret of this name exists and is not managed by this SealedSecret",
        hint=f'delete the Secret, or annotate it {MANAGED}: "true" to have it taken over',
    )


def _controlled(sealed: JsonObject, controller: JsonObject) -> OwnershipConflict:
    kind, name = controller.get("kind"), controller.get("name")
    if kind == sealed_secret.KIND and name == sealed["name"]:
        return OwnershipConflict(
            "the Secret of an earlier SealedSecret of this name is still there",
            hint="nothing is to be done: the cluster's garbage collection removes it",
        )
    return OwnershipConflict(
        f"the Secret is controlled by {kind} {name}", hint="rename or remove one of the two"
    )


def _unchangeable(desired: UnsealedSecret, live: LiveSecret) -> GitopskitError | None:
    """Return why the API server would refuse the change, or None if it would not."""
    if live.type != desired.type:
        return OwnershipConflict(
            f"the Secret has the type {live.type}, not {desired.type}, and a type never changes",
            hint="delete the Secret; it is created again at once",
        )
    if live.is_immutable and live.data != desired.data:
        return OwnershipConflict(
            "the Secret is immutable and holds other values",
            hint="delete the Secret; it is created again at once",
        )
    return None


def _merged(sealed: JsonObject, desired: UnsealedSecret, live: LiveSecret) -> UnsealedSecret:
    """Return the desired Secret with what others may add to it, as a replacement of the live."""
    metadata = {
        "name": live.metadata["name"],
        "namespace": live.metadata["namespace"],
        "uid": live.uid,
        "resourceVersion": live.resource_version,
        "labels": _overlaid("labels", desired, live),
        "annotations": _overlaid("annotations", desired, live),
        "finalizers": live.metadata.get("finalizers"),
        "ownerReferences": _owner_references(sealed, desired, live),
    }
    return replace(
        desired,
        metadata=_without_empty(metadata),
        immutable=True if live.is_immutable else desired.immutable,
    )


def _overlaid(part: str, desired: UnsealedSecret, live: LiveSecret) -> dict[str, str]:
    ours = live.keys_set_by(FIELD_MANAGER, part)
    wanted = desired.metadata.get(part) or {}
    kept = {key: value for key, value in live.mapping(part).items() if key not in ours}
    return kept | wanted


def _owner_references(
    sealed: JsonObject, desired: UnsealedSecret, live: LiveSecret
) -> list[JsonObject]:
    """Return the live references with ours among them exactly if it is wanted.

    A reference that is ours already stays as it is: another controller may have written it with
    more fields.
    """
    wanted = desired.metadata.get("ownerReferences") or []
    has_ours = live.controller is not None and live.controller.get("uid") == sealed["uid"]
    if wanted and has_ours:
        return live.owner_references
    others = [ref for ref in live.owner_references if ref.get("uid") != sealed["uid"]]
    return others + wanted


def _is_up_to_date(merged: UnsealedSecret, live: LiveSecret) -> bool:
    parts = ("labels", "annotations", "ownerReferences")
    return (
        merged.data == live.data
        and bool(merged.immutable) == live.is_immutable
        and all((merged.metadata.get(part) or None) == live.part(part) for part in parts)
    )


def _without_empty(metadata: dict[str, Any]) -> JsonObject:
    return {key: value for key, value in metadata.items() if value}

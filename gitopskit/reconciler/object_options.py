"""What an object itself asks of a sync, in its annotations: phase, wave, options, order.

Pure. The rule: what is asked for and not acted upon is refused by name. What is read but not acted
upon yet is in ``NOT_YET``; whoever acts upon it takes it out of there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.manifests.json_types import JsonValue

Phase = Literal["PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete"]

PHASES: Final[Mapping[str, Phase]] = {
    "PreSync": "PreSync",
    "Sync": "Sync",
    "PostSync": "PostSync",
    "SyncFail": "SyncFail",
    "PreDelete": "PreDelete",
    "PostDelete": "PostDelete",
}
DELETION_PHASES: Final[tuple[Phase, ...]] = ("PreDelete", "PostDelete")
"""The phases of an Application's end, which are no part of any sync."""
_HELM_PHASES: Final[Mapping[str, Phase]] = {
    "crd-install": "PreSync",
    "pre-install": "PreSync",
    "pre-upgrade": "PreSync",
    "post-install": "PostSync",
    "post-upgrade": "PostSync",
    "pre-delete": "PreDelete",
    "post-delete": "PostDelete",
}
_HELM_NEVER: Final = frozenset(
    {"test", "test-success", "test-failure", "pre-rollback", "post-rollback"}
)
"""Hooks of charts for what never happens here; so they are left out.

Source: Argo CD's table of the hooks of charts.
"""

_HELM_DELETE_POLICIES: Final[Mapping[str, str]] = {
    "before-hook-creation": "BeforeHookCreation",
    "hook-succeeded": "HookSucceeded",
    "hook-failed": "HookFailed",
}
_DELETE_POLICIES: Final = frozenset(_HELM_DELETE_POLICIES.values())
_DEFAULT_DELETE_POLICY: Final = "BeforeHookCreation"

_KEPT: Final = ("Prune=false", "Delete=false")

OPTIONS: Final = (
    "Delete=confirm",
    "Delete=false",
    "Delete=true",
    "Force=true",
    "Prune=confirm",
    "Prune=false",
    "Prune=true",
    "PruneLast=true",
    "Replace=true",
    "RespectIgnoreDifferences=false",
    "RespectIgnoreDifferences=true",
    "ServerSideApply=false",
    "ServerSideApply=true",
    "SkipDryRunOnMissingResource=true",
    "Validate=false",
)
"""The options of Argo CD that an object may ask for; others are refused as unknown."""

COMPARE_OPTIONS: Final = ("IgnoreExtraneous", "IncludeMutationWebhook=true", "ServerSideDiff=true")

ANNOTATIONS: Final = (
    names.SYNC_OPTIONS_ANNOTATION,
    names.COMPARE_OPTIONS_ANNOTATION,
    names.HOOK_ANNOTATION,
    names.HOOK_DELETE_ANNOTATION,
    names.WAVE_ANNOTATION,
    names.HELM_HOOK_ANNOTATION,
    names.HELM_HOOK_DELETE_ANNOTATION,
    names.HELM_WEIGHT_ANNOTATION,
    names.HELM_POLICY_ANNOTATION,
    names.IGNORE_HEALTH_ANNOTATION,
    names.OBJECT_DEPENDS_ON_ANNOTATION,
)
"""The annotations that are read here."""

NOT_YET: Final[frozenset[str]] = frozenset()
"""What is read and not acted upon."""

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,9}")
_NAMESPACED: Final = 5
_CLUSTER_SCOPED: Final = 3
_SKIP: Final = "Skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectOptions:
    """What one object asks for; ``is_left_out`` says that it is for something that never happens.

    ``has_no_say``: its health does not count for that of its Application. ``problems`` names what
    is asked for and cannot be had.
    """

    phase: Phase = "Sync"
    is_hook: bool = False
    is_left_out: bool = False
    has_no_say: bool = False
    wave: int = 0
    hook_delete_policies: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    compare_options: frozenset[str] = frozenset()
    depends_on: tuple[ObjectRef, ...] = ()
    problems: tuple[str, ...] = ()


def read_options(annotations: Mapping[str, JsonValue]) -> ObjectOptions:
    """Return what an object's annotations ask for, problems included."""
    given = {name: str(annotations[name]) for name in ANNOTATIONS if annotations.get(name)}
    hooks = _words(given.get(names.HOOK_ANNOTATION, ""))
    helm_hooks = _words(given.get(names.HELM_HOOK_ANNOTATION, "")) if not hooks else frozenset()
    phases = _phases(hooks, helm_hooks)
    is_left_out = _SKIP in hooks or (bool(helm_hooks) and helm_hooks <= _HELM_NEVER)
    is_hook = bool(hooks or helm_hooks)
    return ObjectOptions(
        phase=min(phases, default="Sync"),
        is_hook=is_hook and not is_left_out,
        is_left_out=is_left_out,
        has_no_say=given.get(names.IGNORE_HEALTH_ANNOTATION) == "true",
        wave=_wave(given),
        hook_delete_policies=_delete_policies(given) if is_hook else frozenset(),
        options=_words(given.get(names.SYNC_OPTIONS_ANNOTATION, "")),
        compare_options=_words(given.get(names.COMPARE_OPTIONS_ANNOTATION, "")),
        depends_on=tuple(
            ref
            for text in _listed(given.get(names.OBJECT_DEPENDS_ON_ANNOTATION, ""))
            if (ref := _dependency(text)) is not None
        ),
        problems=() if is_left_out else tuple(sorted(_problems(given, hooks, helm_hooks, phases))),
    )


def deletion_options(annotations: Mapping[str, JsonValue]) -> str:
    """Return the options of a live object, with what a chart says of its end in Argo CD's words.

    Source: Helm's docs, "Tell Helm not to uninstall a resource"; only ``keep`` means something.
    """
    options = str(annotations.get(names.SYNC_OPTIONS_ANNOTATION) or "")
    is_kept = str(annotations.get(names.HELM_POLICY_ANNOTATION) or "").strip().lower() == "keep"
    return ",".join(filter(None, [options, *(_KEPT if is_kept else ())]))


def _problems(
    given: Mapping[str, str],
    hooks: frozenset[str],
    helm_hooks: frozenset[str],
    phases: frozenset[Phase],
) -> Iterator[str]:
    yield from (told for name in given if (told := f"the annotation {name}") in NOT_YET)
    options = _words(given.get(names.SYNC_OPTIONS_ANNOTATION, ""))
    compare_options = _words(given.get(names.COMPARE_OPTIONS_ANNOTATION, ""))
    for option in (options - set(OPTIONS)) | (compare_options - set(COMPARE_OPTIONS)):
        yield f"the option {option}"
    for option in options | compare_options:
        if f"the option {option}" in NOT_YET:
            yield f"the option {option}"
    for hook in (hooks - PHASES.keys()) | (helm_hooks - _HELM_PHASES.keys() - _HELM_NEVER):
        yield f"the hook {hook}"
    if len(phases) > 1:
        yield f"a hook of more than one phase ({', '.join(sorted(phases))})"
    yield from _malformed(given)


def _malformed(given: Mapping[str, str]) -> Iterator[str]:
    for name in (names.WAVE_ANNOTATION, names.HELM_WEIGHT_ANNOTATION):
        if name in given and not _NUMBER.fullmatch(given[name].strip()):
            yield f"{name} {given[name]!r}, which is no whole number,"
    for policy in _delete_policies(given) - _DELETE_POLICIES:
        yield f"the delete policy {policy}"
    for text in _listed(given.get(names.OBJECT_DEPENDS_ON_ANNOTATION, "")):
        if _dependency(text) is None:
            yield f"{names.OBJECT_DEPENDS_ON_ANNOTATION} {text!r}, which names no object,"


def _phases(hooks: frozenset[str], helm_hooks: frozenset[str]) -> frozenset[Phase]:
    own = {PHASES[hook] for hook in hooks if hook in PHASES}
    return frozenset(own | {_HELM_PHASES[hook] for hook in helm_hooks if hook in _HELM_PHASES})


def _wave(given: Mapping[str, str]) -> int:
    text = given.get(names.WAVE_ANNOTATION) or given.get(names.HELM_WEIGHT_ANNOTATION, "0")
    return int(text) if _NUMBER.fullmatch(text.strip()) else 0


def _delete_policies(given: Mapping[str, str]) -> frozenset[str]:
    helm = _words(given.get(names.HELM_HOOK_DELETE_ANNOTATION, ""))
    found = _words(given.get(names.HOOK_DELETE_ANNOTATION, "")) or frozenset(
        _HELM_DELETE_POLICIES.get(policy, policy) for policy in helm
    )
    return found or frozenset({_DEFAULT_DELETE_POLICY})


def _dependency(text: str) -> ObjectRef | None:
    """Return the object that ``group/namespaces/namespace/kind/name`` or a shorter form names.

    Source: kubernetes-sigs/cli-utils; without a namespace it is ``group/kind/name``.
    """
    parts = text.split("/")
    if len(parts) == _NAMESPACED and parts[1] == "namespaces" and all(parts[2:]):
        group, _, namespace, kind, name = parts
        return ObjectRef(group, kind, namespace, name)
    if len(parts) == _CLUSTER_SCOPED and all(parts[1:]):
        group, kind, name = parts
        return ObjectRef(group, kind, "", name)
    return None


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _words(text: str) -> frozenset[str]:
    return frozenset(_listed(text))

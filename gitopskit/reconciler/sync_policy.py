"""SyncPolicy: what is done about a difference, with its options and its retries.

Pure. Reads what an Application or an operation says of syncing into values; which of it is acted
upon is decided in application_fields.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import UnsupportedField
from gitopskit.reconciler import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.reconciler.fields import Fields

Propagation = Literal["Foreground", "Background", "Orphan"]

PROPAGATIONS: Final[Mapping[str, Propagation]] = {
    "foreground": "Foreground",
    "background": "Background",
    "orphan": "Orphan",
}
_SWITCH: Final = ("true", "false")
_CONSENT: Final = (*_SWITCH, "confirm")
SYNC_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "ApplyOutOfSyncOnly": _SWITCH,
    "ClientSideApplyMigration": _SWITCH,
    "CreateNamespace": _SWITCH,
    "Delete": _CONSENT,
    "FailOnSharedResource": _SWITCH,
    "Force": _SWITCH,
    "Prune": _CONSENT,
    "PruneLast": _SWITCH,
    "PrunePropagationPolicy": tuple(PROPAGATIONS),
    "Replace": _SWITCH,
    "RespectIgnoreDifferences": _SWITCH,
    "ServerSideApply": _SWITCH,
    "SkipDryRunOnMissingResource": _SWITCH,
    "Validate": _SWITCH,
}
"""Argo CD's options of a sync, with the values that each may have."""

_RESERVED: Final = (names.TRACKING_ANNOTATION, names.OWN_ANNOTATION_PREFIX)
"""What would make a namespace an object of the Application's."""

_LARGEST_EXPONENT: Final = 32
_LARGEST_FACTOR: Final = 1_000_000
"""Beyond these every pause is the longest one, and a power of them would not be a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and how fast a failed sync is tried again; a negative limit means for ever.

    Source: the defaults of Argo CD's automated sync.
    """

    limit: int = 5
    initial_seconds: float = 5.0
    factor: int = 2
    maximum_seconds: float = 180.0
    refreshes: bool = False

    def delay_seconds(self, attempt: int) -> float:
        """Return how long to wait after that attempt, counted from 1."""
        growth = float(min(self.factor, _LARGEST_FACTOR)) ** min(attempt - 1, _LARGEST_EXPONENT)
        return min(self.initial_seconds * growth, self.maximum_seconds)

    def allows(self, attempt: int) -> bool:
        """Tell whether one more attempt may follow that one, counted from 1."""
        return self.limit < 0 or attempt <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions:
    """How objects are written and pruned, for a whole sync."""

    applies_out_of_sync_only: bool = False
    creates_namespace: bool = False
    fails_on_shared: bool = False
    forces: bool = False
    migrates_client_side: bool = True
    propagation: Propagation = "Foreground"
    prune: str = "true"
    prunes_last: bool = False
    replaces: bool = False
    respects_ignored: bool = True
    skips_dry_run_on_missing: bool = False
    validates: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceMetadata:
    """Labels and annotations that a namespace is to have."""

    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.labels or self.annotations)

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        """Yield the part of the metadata, the key and the value of each."""
        for part, pairs in (("labels", self.labels), ("annotations", self.annotations)):
            yield from ((part, key, value) for key, value in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPolicy:
    """What is done about a difference; where not ``is_automated`` it is only reported."""

    is_automated: bool = False
    prunes: bool = False
    heals: bool = False
    allows_empty: bool = False
    creates_namespace: bool = False
    prunes_last: bool = False
    propagation: Propagation = "Foreground"
    retry: Retry = field(default_factory=Retry)
    options: SyncOptions = field(default_factory=SyncOptions)
    namespace_metadata: NamespaceMetadata = field(default_factory=NamespaceMetadata)


def parse_policy(policy: Fields) -> SyncPolicy:
    """Return the policy of an Application.

    Raises:
        UnsupportedField: an option is none of Argo CD's.
        InputError: a field has no usable value.
    """
    automated = policy.child("automated")
    options = parse_options(policy)
    is_off = automated.content.get("enabled") is not None and not automated.flag("enabled")
    return SyncPolicy(
        is_automated=policy.content.get("automated") is not None and not is_off,
        prunes=automated.flag("prune"),
        heals=automated.flag("selfHeal"),
        allows_empty=automated.flag("allowEmpty"),
        creates_namespace=options.creates_namespace,
        prunes_last=options.prunes_last,
        propagation=options.propagation,
        retry=parse_retry(policy.child("retry")),
        options=options,
        namespace_metadata=_namespace_metadata(policy, options),
    )


def _namespace_metadata(policy: Fields, options: SyncOptions) -> NamespaceMetadata:
    """Return what the namespace is to have; nothing is set on one that is not asked for."""
    holder = policy.child("managedNamespaceMetadata")
    found = NamespaceMetadata(
        labels=holder.pairs("labels"), annotations=holder.pairs("annotations")
    )
    if found and not options.creates_namespace:
        raise policy.wrong("managedNamespaceMetadata", "needs the option CreateNamespace=true")
    refused = [
        f"{holder.path}.{part}[{key}]" for part, key, _ in found if key.startswith(_RESERVED)
    ]
    if refused:
        raise UnsupportedField(
            f"this version does not support {', '.join(refused)}",
            where=holder.where,
            hint="this would make the namespace an object of the Application's",
        )
    return found


def parse_options(holder: Fields) -> SyncOptions:
    """Return the ``syncOptions`` of a policy or of an operation.

    Raises:
        UnsupportedField: an option, or the value of one, is none of Argo CD's.
        InputError: they are no list of texts.
    """
    given: dict[str, str] = {}
    for index, option in enumerate(holder.texts("syncOptions")):
        key, _, value = option.partition("=")
        if value not in SYNC_OPTIONS.get(key, ()):
            raise UnsupportedField(
                f"this version does not support {holder.path}.syncOptions[{index}] {option}",
                where=holder.where,
                hint=f"known are {', '.join(SYNC_OPTIONS)}",
            )
        given[key] = value
    return SyncOptions(
        applies_out_of_sync_only=given.get("ApplyOutOfSyncOnly") == "true",
        creates_namespace=given.get("CreateNamespace") == "true",
        fails_on_shared=given.get("FailOnSharedResource") == "true",
        forces=given.get("Force") == "true",
        migrates_client_side=given.get("ClientSideApplyMigration") != "false",
        propagation=PROPAGATIONS[given.get("PrunePropagationPolicy", "foreground")],
        prune=given.get("Prune", "true"),
        prunes_last=given.get("PruneLast") == "true",
        replaces=given.get("Replace") == "true",
        respects_ignored=given.get("RespectIgnoreDifferences") != "false",
        skips_dry_run_on_missing=given.get("SkipDryRunOnMissingResource") == "true",
        validates=given.get("Validate") != "false",
    )


def parse_retry(retry: Fields) -> Retry:
    """Return how a failed sync is retried.

    Raises:
        InputError: a field has no usable value.
    """
    backoff, standard = retry.child("backoff"), Retry()
    return Retry(
        limit=retry.number("limit", standard.limit),
        initial_seconds=backoff.seconds("duration", standard.initial_seconds),
        factor=max(1, backoff.number("factor", standard.factor)),
        maximum_seconds=backoff.seconds("maxDuration", standard.maximum_seconds),
        refreshes=retry.flag("refresh"),
    )

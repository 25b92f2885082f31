"""Application: the resource read into a value, and every field that is not honoured refused.

Pure. Must not know AppProjects, Git or the API server. A field that this version does not honour
is never ignored: ``parse`` names it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import InputError, UnsupportedField
from gitopskit.reconciler import application_fields, names, rollback_request
from gitopskit.reconciler.dependencies import depends_on
from gitopskit.reconciler.fields import Fields, mapping, spec_of
from gitopskit.reconciler.guards import limit_of
from gitopskit.reconciler.operation_request import OperationRequest, parse_operation
from gitopskit.reconciler.source import Source, parse_sources
from gitopskit.reconciler.sync_policy import (
    PROPAGATIONS,
    Propagation,
    Retry,
    SyncOptions,
    SyncPolicy,
    parse_policy,
)

if TYPE_CHECKING:
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.reconciler.guards import DeletionLimit

__all__ = [
    "NOTHING_IGNORED",
    "OWN_CLUSTER",
    "OWN_SERVER",
    "Application",
    "Follow",
    "IgnoreRule",
    "Ignored",
    "Pointer",
    "Propagation",
    "Retry",
    "Source",
    "SyncPolicy",
    "cascade",
    "fingerprint",
    "is_skipped",
    "parse",
    "refresh_of",
]

Pointer = tuple[str, ...]
"""A JSON pointer, decoded into its tokens."""

Refresh = Literal["", "normal", "hard"]

_HISTORY: Final = 10
_TRUE: Final = ("1", "t", "T", "true", "TRUE", "True")
"""Source: Argo CD reads the annotation with Go's strconv.ParseBool."""

OWN_SERVER: Final = "https://kubernetes.default.svc"
OWN_CLUSTER: Final = "in-cluster"
"""The only destination: by its address, and by Argo CD's name for it."""


@dataclass(frozen=True, slots=True, order=True)
class Follow:
    """A revision that somebody follows, with the project whose credentials may be used.

    Of a repository of charts it is a version, or a range of them, of one ``chart``.
    """

    url: str
    revision: str
    project: str
    chart: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Which fields of one object others may set: by where they are, or by who sets them.

    ``spared`` are people's managers that keep what Git does not have; what it has is ours.
    ``found`` is what the ``expressions`` of ``application`` name in the live object, ``wanted``
    what they name in the one that is to be; both are asked of jq when the objects are there.
    """

    pointers: tuple[Pointer, ...] = ()
    managers: frozenset[str] = frozenset()
    spared: frozenset[str] = frozenset()
    application: str = ""
    expressions: tuple[str, ...] = ()
    found: tuple[Pointer, ...] = ()
    wanted: tuple[Pointer, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.pointers or self.managers or self.expressions)

    @property
    def places(self) -> tuple[Pointer, ...]:
        """Return all places in the live object that others may set."""
        return self.pointers + self.found


NOTHING_IGNORED: Final[Ignored] = Ignored()
_NOBODY: Final[frozenset[str]] = frozenset()
_CLIENT_SIDE: Final = frozenset({"kubectl-client-side-apply"})
"""Who applies on the client's side. Source: kubernetes.io/docs, "Server-Side Apply"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRule:
    """Fields of some objects that others may set; an empty name or namespace means any."""

    group: str
    kind: str
    name: str = ""
    namespace: str = ""
    pointers: tuple[Pointer, ...] = ()
    jq_paths: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()

    def matches(self, ref: ObjectRef) -> bool:
        """Tell whether the rule is about that object."""
        return (
            self.group in ("*", ref.group)
            and self.kind in ("*", ref.kind)
            and self.name in ("", ref.name)
            and self.namespace in ("", ref.namespace)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An Application as this version honours it; ``namespace`` is the destination's."""

    name: str
    project: str
    sources: tuple[Source, ...]
    namespace: str
    policy: SyncPolicy = field(default_factory=SyncPolicy)
    ignore_rules: tuple[IgnoreRule, ...] = ()
    operation: OperationRequest | None = None
    refresh: Refresh = ""
    is_skipped: bool = False
    history_limit: int = 10
    deletion_limit: DeletionLimit | None = None
    depends_on: tuple[str, ...] = ()
    rollback_after: float | None = None

    @property
    def source(self) -> Source:
        """Return the first of the sources."""
        return self.sources[0]

    @property
    def only_looks(self) -> bool:
        """Tell whether its objects are compared and could not be written even if asked."""
        return self.namespace in names.CLOSED_NAMESPACES and not self.policy.is_automated

    def ignored(self, ref: ObjectRef) -> Ignored:
        """Return the fields of that object which others may set."""
        rules = [rule for rule in self.ignore_rules if rule.matches(ref)]
        expressions = {text for rule in rules for text in rule.jq_paths}
        return Ignored(
            tuple(pointer for rule in rules for pointer in rule.pointers),
            frozenset(manager for rule in rules for manager in rule.managers),
            _NOBODY if self.policy.options.migrates_client_side else _CLIENT_SIDE,
            application=self.name if expressions else "",
            expressions=tuple(sorted(expressions)),
        )

    def ignores_as(self, other: Application) -> bool:
        """Tell whether another form of it lets others set the same fields."""
        migrates = self.policy.options.migrates_client_side
        is_same = migrates == other.policy.options.migrates_client_side
        return is_same and self.ignore_rules == other.ignore_rules


def parse(content: JsonObject) -> Application:
    """Return the Application of a resource.

    Raises:
        UnsupportedField: fields that are not honoured; the message lists all of them.
        InputError: a field that is honoured has no usable value.
    """
    spec = spec_of(content)
    unsupported = application_fields.refused(content)
    if unsupported:
        raise UnsupportedField(
            f"this version does not support {', '.join(unsupported)}",
            where=spec.where,
            hint="remove these fields; docs/reference/application.md tells which are honoured",
        )
    annotations = application_fields.annotations_that_count(content)
    name = str(content["metadata"]["name"])
    namespace = _destination_namespace(spec.child("destination"))
    operation = parse_operation(content, where=spec.where)
    sources = parse_sources(spec)
    policy = _policy(spec.child("syncPolicy"), operation)
    return Application(
        name=name,
        project=spec.text("project"),
        sources=tuple(replace(source, release=name, namespace=namespace) for source in sources),
        namespace=namespace,
        policy=policy,
        ignore_rules=tuple(_ignore_rule(rule) for rule in spec.children("ignoreDifferences")),
        operation=operation,
        refresh=_refresh(annotations.get(names.REFRESH_ANNOTATION)),
        is_skipped=is_skipped(content),
        history_limit=max(0, spec.number("revisionHistoryLimit", _HISTORY)),
        deletion_limit=limit_of(content, where=spec.where),
        depends_on=depends_on(content, where=spec.where),
        rollback_after=rollback_request.after_of(
            content, sources=sources, is_automated=policy.is_automated, where=spec.where
        ),
    )


def fingerprint(content: JsonObject) -> str:
    """Return a hash of everything that people set in an Application: not the status.

    The status is written to the same resource, so that no generation tells the two apart.
    """
    metadata = content.get("metadata") or {}
    matter = [
        metadata.get("uid"),
        metadata.get("deletionTimestamp"),
        metadata.get("finalizers"),
        application_fields.annotations_that_count(content),
        content.get("spec"),
        content.get("operation"),
    ]
    return hashlib.sha256(json.dumps(matter, sort_keys=True).encode()).hexdigest()


def refresh_of(content: JsonObject) -> Refresh:
    """Return whether an Application asks to be looked at anew."""
    annotations = application_fields.annotations_that_count(content)
    return _refresh(annotations.get(names.REFRESH_ANNOTATION))


def is_skipped(content: JsonObject) -> bool:
    """Tell whether a person wants an Application to be left as it is, deleted or not."""
    annotations = application_fields.annotations_that_count(content)
    return annotations.get(names.SKIP_ANNOTATION) in _TRUE


def cascade(content: JsonObject) -> Propagation | None:
    """Return how the objects of a deleted Application go, or None where they stay.

    Source: Argo CD's finalizer and its variants ``/foreground`` and ``/background``.
    """
    for finalizer in (content.get("metadata") or {}).get("finalizers") or ():
        name, _, mode = str(finalizer).partition("/")
        if name == names.FINALIZER:
            return PROPAGATIONS.get(mode, "Foreground")
    return None


def deletion_option(content: JsonObject) -> str:
    """Return whether the objects of an Application go with it, where they do not say so themselves.

    An Application goes also when the rest of its spec cannot be used.
    """
    policy = mapping(mapping(content.get("spec")).get("syncPolicy"))
    options = policy.get("syncOptions")
    said = [str(it).partition("=") for it in (options if isinstance(options, list) else ())]
    return next((value for name, _, value in reversed(said) if name == "Delete"), "true")


def _policy(policy: Fields, operation: OperationRequest | None) -> SyncPolicy:
    """Return the policy, with the options of a sync that was asked for where it has some."""
    found = parse_policy(policy)
    if operation is None:
        return found
    if operation.options == SyncOptions():
        forces = found.options.forces or operation.forces
        return replace(found, options=replace(found.options, forces=forces))
    return replace(
        found,
        creates_namespace=operation.options.creates_namespace,
        prunes_last=operation.options.prunes_last,
        propagation=operation.options.propagation,
        options=replace(operation.options, forces=operation.options.forces or operation.forces),
    )


def _refresh(value: JsonValue) -> Refresh:
    """Return how fresh the render must be; whatever else is written means ``normal``."""
    if not value:
        return ""
    return "hard" if value == "hard" else "normal"


def _destination_namespace(destination: Fields) -> str:
    server, name = destination.text("server"), destination.text("name")
    if server not in ("", OWN_SERVER) or name not in ("", OWN_CLUSTER):
        raise UnsupportedField(
            f'this version does not support the destination "{server or name}"',
            where=destination.where,
            hint=f"only the own cluster is a destination: server {OWN_SERVER}",
        )
    return destination.text("namespace")


def _ignore_rule(rule: Fields) -> IgnoreRule:
    return IgnoreRule(
        group=rule.text("group"),
        kind=rule.text("kind"),
        name=rule.text("name"),
        namespace=rule.text("namespace"),
        pointers=tuple(_pointer(text, rule) for text in rule.texts("jsonPointers")),
        jq_paths=rule.texts("jqPathExpressions"),
        managers=rule.texts("managedFieldsManagers"),
    )


def _pointer(text: str, rule: Fields) -> Pointer:
    if not text.startswith("/"):
        raise InputError(
            f'{rule.path}.jsonPointers: "{text}" is not a JSON pointer',
            where=rule.where,
            hint="a pointer looks like /spec/replicas",
        )
    # RFC 6901: ~1 is a slash and ~0 a tilde, decoded in this order.
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text[1:].split("/"))

"""Application: the resource read into a value, and every field that is not honoured refused.

Pure. Must not know AppProjects, Git or the API server. A field that this version does not honour
is never ignored: ``parse`` names it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from gitopskit.errors import InputError, UnsupportedField
from gitopskit.reconciler import names
from gitopskit.reconciler.fields import ANY, Fields, spec_of, unknown_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject

Propagation = Literal["Foreground", "Background", "Orphan"]
Pointer = tuple[str, ...]
"""A JSON pointer, decoded into its tokens."""

OWN_SERVER: Final = "https://kubernetes.default.svc"
OWN_CLUSTER: Final = "in-cluster"
"""The only destination: by its address, and by Argo CD's name for it."""

FIELDS: Final[Mapping[str, Any]] = {
    "project": ANY,
    "source": {
        "repoURL": ANY,
        "targetRevision": ANY,
        "path": ANY,
        "directory": {"recurse": ANY},
    },
    "destination": {"server": ANY, "name": ANY, "namespace": ANY},
    "syncPolicy": {
        "automated": {"prune": ANY, "selfHeal": ANY, "allowEmpty": ANY},
        "syncOptions": ANY,
        "retry": {
            "limit": ANY,
            "backoff": {"duration": ANY, "factor": ANY, "maxDuration": ANY},
        },
    },
    "ignoreDifferences": {
        "group": ANY,
        "kind": ANY,
        "name": ANY,
        "namespace": ANY,
        "jsonPointers": ANY,
    },
}
"""The fields of a spec that are honoured; docs/howto/reconciler.md lists them too."""

_SYNC_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "CreateNamespace": ("true", "false"),
    "PruneLast": ("true", "false"),
    "PrunePropagationPolicy": ("foreground", "background", "orphan"),
}
_KNOWN_ANNOTATIONS: Final = (
    names.TRACKING_ANNOTATION,
    names.SYNC_OPTIONS_ANNOTATION,
    names.DELETION_APPROVED_ANNOTATION,
)
_PROPAGATIONS: Final[Mapping[str, Propagation]] = {
    "foreground": "Foreground",
    "background": "Background",
    "orphan": "Orphan",
}
_LARGEST_EXPONENT: Final = 32
_LARGEST_FACTOR: Final = 1_000_000
"""Beyond these every pause is the longest one, and a power of them would not be a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the manifests come from."""

    repo_url: str
    target_revision: str = "HEAD"
    path: str = "."
    is_recursive: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Follow:
    """A revision that somebody follows, with the project whose credentials may be used."""

    url: str
    revision: str
    project: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and how fast a failed sync is tried again; a negative limit means for ever.

    Source: the defaults of Argo CD's automated sync.
    """

    limit: int = 5
    initial_seconds: float = 5.0
    factor: int = 2
    maximum_seconds: float = 180.0

    def delay_seconds(self, attempt: int) -> float:
        """Return how long to wait after that attempt, counted from 1."""
        growth = float(min(self.factor, _LARGEST_FACTOR)) ** min(attempt - 1, _LARGEST_EXPONENT)
        return min(self.initial_seconds * growth, self.maximum_seconds)

    def allows(self, attempt: int) -> bool:
        """Tell whether one more attempt may follow that one, counted from 1."""
        return self.limit < 0 or attempt <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRule:
    """Fields of some objects that others may set; an empty name or namespace means any."""

    group: str
    kind: str
    name: str = ""
    namespace: str = ""
    pointers: tuple[Pointer, ...] = ()

    def matches(self, ref: ObjectRef) -> bool:
        """Tell whether the rule is about that object."""
        return (
            self.group in ("*", ref.group)
            and self.kind in ("*", ref.kind)
            and self.name in ("", ref.name)
            and self.namespace in ("", ref.namespace)
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An Application as this version honours it; ``namespace`` is the destination's."""

    name: str
    project: str
    source: Source
    namespace: str
    policy: SyncPolicy = field(default_factory=SyncPolicy)
    ignore_rules: tuple[IgnoreRule, ...] = ()

    @property
    def only_looks(self) -> bool:
        """Tell whether its objects are compared and could not be written even if asked."""
        return self.namespace in names.CLOSED_NAMESPACES and not self.policy.is_automated

    def ignored(self, ref: ObjectRef) -> tuple[Pointer, ...]:
        """Return the fields of that object which others may set."""
        return tuple(
            pointer for rule in self.ignore_rules if rule.matches(ref) for pointer in rule.pointers
        )


def parse(content: JsonObject) -> Application:
    """Return the Application of a resource.

    Raises:
        UnsupportedField: fields that are not honoured; the message lists all of them.
        InputError: a field that is honoured has no usable value.
    """
    spec = spec_of(content)
    unsupported = sorted(_unsupported(content))
    if unsupported:
        raise UnsupportedField(
            f"this version does not support {', '.join(unsupported)}",
            where=spec.where,
            hint="remove these fields; docs/howto/reconciler.md lists those that are honoured",
        )
    return Application(
        name=str(content["metadata"]["name"]),
        project=spec.text("project"),
        source=_source(spec.child("source")),
        namespace=_destination_namespace(spec.child("destination")),
        policy=_policy(spec.child("syncPolicy")),
        ignore_rules=tuple(_ignore_rule(rule) for rule in spec.children("ignoreDifferences")),
    )


def fingerprint(content: JsonObject) -> str:
    """Return a hash of everything that people set in an Application: not the status.

    The status is written to the same resource, so that no generation tells the two apart.
    """
    metadata = content.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    matter = [
        metadata.get("uid"),
        metadata.get("deletionTimestamp"),
        metadata.get("finalizers"),
        {key: annotations[key] for key in annotations if _is_argo(key)},
        content.get("spec"),
        content.get("operation"),
    ]
    return hashlib.sha256(json.dumps(matter, sort_keys=True).encode()).hexdigest()


def cascade(content: JsonObject) -> Propagation | None:
    """Return how the objects of a deleted Application go, or None where they stay.

    Source: Argo CD's finalizer and its variants ``/foreground`` and ``/background``.
    """
    for finalizer in (content.get("metadata") or {}).get("finalizers") or ():
        name, _, mode = str(finalizer).partition("/")
        if name == names.FINALIZER:
            return _PROPAGATIONS.get(mode, "Foreground")
    return None


def _unsupported(content: JsonObject) -> Iterator[str]:
    spec = content.get("spec") or {}
    yield from unknown_fields(spec, FIELDS, "spec")
    if content.get("operation"):
        yield "operation"
    annotations = (content.get("metadata") or {}).get("annotations") or {}
    for annotation in annotations:
        if _is_argo(annotation) and annotation not in _KNOWN_ANNOTATIONS:
            yield f"metadata.annotations[{annotation}]"


def _is_argo(annotation: str) -> bool:
    return annotation.startswith(names.ARGO_ANNOTATION_PREFIX)


def _source(source: Fields) -> Source:
    if not source.text("repoURL"):
        raise source.wrong("repoURL", "is missing")
    return Source(
        repo_url=source.text("repoURL"),
        target_revision=source.text("targetRevision") or "HEAD",
        path=source.text("path") or ".",
        is_recursive=source.child("directory").flag("recurse"),
    )


def _destination_namespace(destination: Fields) -> str:
    server, name = destination.text("server"), destination.text("name")
    if server not in ("", OWN_SERVER) or name not in ("", OWN_CLUSTER):
        raise UnsupportedField(
            f'this version does not support the destination "{server or name}"',
            where=destination.where,
            hint=f"only the own cluster is a destination: server {OWN_SERVER}",
        )
    return destination.text("namespace")


def _policy(policy: Fields) -> SyncPolicy:
    automated = policy.child("automated")
    options = _sync_options(policy)
    return SyncPolicy(
        is_automated=policy.content.get("automated") is not None,
        prunes=automated.flag("prune"),
        heals=automated.flag("selfHeal"),
        allows_empty=automated.flag("allowEmpty"),
        creates_namespace=options.get("CreateNamespace") == "true",
        prunes_last=options.get("PruneLast") == "true",
        propagation=_PROPAGATIONS[options.get("PrunePropagationPolicy", "foreground")],
        retry=_retry(policy.child("retry")),
    )


def _sync_options(policy: Fields) -> dict[str, str]:
    options = {}
    for index, option in enumerate(policy.texts("syncOptions")):
        key, _, value = option.partition("=")
        if value not in _SYNC_OPTIONS.get(key, ()):
            raise UnsupportedField(
                f"this version does not support {policy.path}.syncOptions[{index}] {option}",
                where=policy.where,
                hint=f"supported are {', '.join(_SYNC_OPTIONS)}",
            )
        options[key] = value
    return options


def _retry(retry: Fields) -> Retry:
    backoff, standard = retry.child("backoff"), Retry()
    return Retry(
        limit=retry.number("limit", standard.limit),
        initial_seconds=backoff.seconds("duration", standard.initial_seconds),
        factor=max(1, backoff.number("factor", standard.factor)),
        maximum_seconds=backoff.seconds("maxDuration", standard.maximum_seconds),
    )


def _ignore_rule(rule: Fields) -> IgnoreRule:
    return IgnoreRule(
        group=rule.text("group"),
        kind=rule.text("kind"),
        name=rule.text("name"),
        namespace=rule.text("namespace"),
        pointers=tuple(_pointer(text, rule) for text in rule.texts("jsonPointers")),
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

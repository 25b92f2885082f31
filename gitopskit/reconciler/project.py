"""AppProject: which sources, destinations and kinds an Application may use, and in whose name.

Pure. Beyond what a project says, some walls hold for every project: namespaces that nobody writes
to, and the registrations that only the root project writes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gitopskit.errors import InputError, UnsupportedField
from gitopskit.reconciler import names
from gitopskit.reconciler.application import OWN_CLUSTER, OWN_SERVER
from gitopskit.reconciler.application_fields import annotations_that_count
from gitopskit.reconciler.fields import ANY, Fields, mapping, spec_of, unknown_fields
from gitopskit.reconciler.guards import limit_of
from gitopskit.reconciler.names import Applier
from gitopskit.reconciler.orphan_rules import parse_orphans
from gitopskit.reconciler.patterns import matches
from gitopskit.reconciler.signers import signers_of
from gitopskit.reconciler.sync_windows import parse_windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.guards import DeletionLimit
    from gitopskit.reconciler.orphan_rules import OrphanRules
    from gitopskit.reconciler.signers import Signers
    from gitopskit.reconciler.sync_windows import SyncWindow

FIELDS: Final[Mapping[str, Any]] = {
    "description": ANY,
    "sourceRepos": ANY,
    "destinations": {"server": ANY, "name": ANY, "namespace": ANY},
    "destinationServiceAccounts": {"server": ANY, "namespace": ANY, "defaultServiceAccount": ANY},
    "clusterResourceWhitelist": {"group": ANY, "kind": ANY},
    "clusterResourceBlacklist": {"group": ANY, "kind": ANY},
    "namespaceResourceWhitelist": {"group": ANY, "kind": ANY},
    "namespaceResourceBlacklist": {"group": ANY, "kind": ANY},
    "signatureKeys": {"keyID": ANY},
    "syncWindows": {
        "kind": ANY,
        "schedule": ANY,
        "duration": ANY,
        "timeZone": ANY,
        "applications": ANY,
        "namespaces": ANY,
        "clusters": ANY,
        "andOperator": ANY,
        "manualSync": ANY,
        "syncOverrun": ANY,
        "description": ANY,
    },
    "orphanedResources": {"warn": ANY, "ignore": {"group": ANY, "kind": ANY, "name": ANY}},
    "roles": ANY,  # who may do what in Argo CD's own API: here the API server decides that
}
"""The fields of a spec that are honoured; docs/reference/application.md lists them too."""

_REGISTRATIONS: Final = ("Application", "AppProject")


@dataclass(frozen=True, slots=True)
class KindRule:
    """A group and a kind, both with wildcards."""

    group: str
    kind: str

    def matches(self, ref: ObjectRef) -> bool:
        """Tell whether the rule is about the kind of that object."""
        return matches(self.group, ref.group) and matches(self.kind, ref.kind)


@dataclass(frozen=True, slots=True)
class Account:
    """The account that writes to the namespaces which a pattern matches."""

    namespace: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """An AppProject as this version honours it; namespaces and repositories are patterns."""

    name: str
    source_repos: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()
    cluster_allowed: tuple[KindRule, ...] = ()
    cluster_denied: tuple[KindRule, ...] = ()
    namespaced_allowed: tuple[KindRule, ...] = ()
    namespaced_denied: tuple[KindRule, ...] = ()
    deletion_limit: DeletionLimit | None = None
    signers: Signers | None = None
    has_submodules: bool = False
    windows: tuple[SyncWindow, ...] = ()
    orphans: OrphanRules | None = None

    @property
    def is_root(self) -> bool:
        """Tell whether this is the one project that registers Applications."""
        return self.name == names.ROOT_PROJECT

    def permits_source(self, url: str) -> bool:
        """Tell whether manifests may come from that repository."""
        patterns = [_plain_url(pattern) for pattern in self.source_repos]
        return _permits(patterns, _plain_url(url), separator="/")

    def permits_namespace(self, namespace: str) -> bool:
        """Tell whether objects may be written to that namespace; some are never written to."""
        if namespace in names.CLOSED_NAMESPACES:
            return False
        if namespace == names.APPLICATIONS_NAMESPACE and not self.is_root:
            return False
        return _permits(self.namespaces, namespace)

    def permits_looking(self, namespace: str) -> bool:
        """Tell whether objects of that namespace may be compared with Git, if not written."""
        return _permits(self.namespaces, namespace)

    def permits_kind(self, ref: ObjectRef) -> bool:
        """Tell whether objects of that kind may be written.

        Cluster-scoped kinds must be listed; of namespaced ones an empty list allows all.
        """
        if _is_registration(ref) and not self.is_root:
            return False
        if not ref.namespace:
            return _any(self.cluster_allowed, ref) and not _any(self.cluster_denied, ref)
        is_allowed = not self.namespaced_allowed or _any(self.namespaced_allowed, ref)
        return is_allowed and not _any(self.namespaced_denied, ref)

    def applier(self, ref: ObjectRef, *, destination: str) -> Applier:
        """Return the account that writes an object of an Application with that destination.

        Raises:
            UnsupportedField: the project names an account that is never impersonated.
        """
        for rule in self.accounts:
            if matches(rule.namespace or "*", ref.namespace or destination):
                return Applier.parse(rule.account, default_namespace=destination)
        return Applier(destination, names.APPLIER)


def parse(content: JsonObject) -> Project:
    """Return the Project of a resource.

    Raises:
        UnsupportedField: fields that are not honoured; the message lists all of them.
        InputError: a field that is honoured has no usable value.
    """
    spec = spec_of(content)
    unsupported = sorted(unknown_fields(content.get("spec") or {}, FIELDS, "spec"))
    if unsupported:
        raise UnsupportedField(
            f"this version does not support {', '.join(unsupported)}",
            where=spec.where,
            hint="remove these fields; docs/reference/application.md tells which are honoured",
        )
    return Project(
        name=str(content["metadata"]["name"]),
        source_repos=spec.texts("sourceRepos"),
        namespaces=tuple(
            destination.text("namespace")
            for destination in spec.children("destinations")
            if _is_own_cluster(destination)
        ),
        accounts=tuple(
            Account(rule.text("namespace"), rule.text("defaultServiceAccount"))
            for rule in spec.children("destinationServiceAccounts")
            if _is_own_cluster(rule)
        ),
        cluster_allowed=_kinds(spec, "clusterResourceWhitelist"),
        cluster_denied=_kinds(spec, "clusterResourceBlacklist"),
        namespaced_allowed=_kinds(spec, "namespaceResourceWhitelist"),
        namespaced_denied=_kinds(spec, "namespaceResourceBlacklist"),
        deletion_limit=limit_of(content, where=spec.where),
        signers=signers_of(content, spec),
        windows=parse_windows(spec),
        orphans=parse_orphans(spec),
        has_submodules=_has_submodules(content, where=spec.where),
    )


def fingerprint(content: JsonObject) -> str:
    """Return a hash of everything that people set in an AppProject."""
    matter = [content.get("spec"), annotations_that_count(content)]
    return hashlib.sha256(json.dumps(matter, sort_keys=True).encode()).hexdigest()


def is_root_registration(content: JsonObject, ref: ObjectRef) -> bool:
    """Tell whether an object is what grants the root its rights, which Git never changes."""
    if not _is_registration(ref):
        return False
    if ref.kind == "AppProject":
        return ref.name == names.ROOT_PROJECT
    return mapping(content.get("spec")).get("project") == names.ROOT_PROJECT


def why_reserved(namespace: str) -> str:
    """Return why a namespace is not written to, although a project lists it, and what to do."""
    if namespace == names.APPLICATIONS_NAMESPACE:
        return (
            f'"{namespace}" is reserved for what grants rights, and only the project'
            f" {names.ROOT_PROJECT} writes there; choose another namespace"
        )
    reserved = " and ".join(f'"{it}"' for it in names.CLOSED_NAMESPACES)
    return (
        f"{reserved} are reserved for the cluster and for gitopskit, whatever a project allows;"
        " choose another namespace, or only compare it with an Application that has this"
        " destination and no syncPolicy.automated"
    )


def _has_submodules(content: JsonObject, *, where: str) -> bool:
    annotations = mapping(mapping(content.get("metadata")).get("annotations"))
    value = annotations.get(names.SUBMODULES_ANNOTATION, "false")
    if value not in {"true", "false"}:
        raise InputError(
            f'metadata.annotations[{names.SUBMODULES_ANNOTATION}] must be "true" or "false"',
            where=where,
        )
    return bool(value == "true")


def _is_registration(ref: ObjectRef) -> bool:
    return ref.group == names.APPLICATION_GROUP and ref.kind in _REGISTRATIONS


def _kinds(spec: Fields, name: str) -> tuple[KindRule, ...]:
    return tuple(KindRule(rule.text("group"), rule.text("kind")) for rule in spec.children(name))


def _is_own_cluster(destination: Fields) -> bool:
    server, name = destination.text("server"), destination.text("name")
    return matches(server or OWN_SERVER, OWN_SERVER) and matches(name or OWN_CLUSTER, OWN_CLUSTER)


def _any(rules: Iterable[KindRule], ref: ObjectRef) -> bool:
    return any(rule.matches(ref) for rule in rules)


def _plain_url(url: str) -> str:
    return url.removesuffix("/").removesuffix(".git")


def _permits(patterns: Iterable[str], text: str, *, separator: str = "") -> bool:
    """Tell whether one pattern matches and no pattern after an exclamation mark does."""
    denied = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    allowed = [pattern for pattern in patterns if not pattern.startswith("!")]
    return any(matches(pattern, text, separator=separator) for pattern in allowed) and not any(
        matches(pattern, text, separator=separator) for pattern in denied
    )

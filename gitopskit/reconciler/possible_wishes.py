"""Possible wishes: what an Application that has yet to look may want at most.

Pure. Its project decides, whatever its repository holds. A project that is about to change, or that
cannot be read, decides nothing; and who registers Applications and projects may want anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import GitopskitError
from gitopskit.reconciler import names
from gitopskit.reconciler import project as projects
from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.observation import precedes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.project import Project
    from gitopskit.reconciler.state import Tracked

    May = Callable[[ObjectRef], bool]

_PROJECT: Final = (names.APPLICATION_GROUP, "AppProject", names.APPLICATIONS_NAMESPACE)


def changing(applications: Iterable[Tracked], known: Mapping[str, JsonObject]) -> frozenset[str]:
    """Return the projects that an Application is to change, or changed without our having seen."""
    return frozenset(name for parent in applications for name in _changed_by(parent, known))


def possible(other: Tracked, known: Mapping[str, JsonObject], unsettled: Collection[str]) -> May:
    """Return what tells whether an Application may want an object at all."""
    name = str(mapping(other.content.get("spec")).get("project", ""))
    content = known.get(name)
    if content is None or name in unsettled:
        return _anything
    try:
        project = projects.parse(content)
    except GitopskitError:
        return _anything
    return _anything if project.is_root else lambda ref: _permits(project, ref)


def _permits(project: Project, ref: ObjectRef) -> bool:
    if ref.kind == "Namespace" and not ref.group:
        return project.permits_kind(ref) or project.permits_namespace(ref.name)
    is_place = not ref.namespace or project.permits_namespace(ref.namespace)
    return is_place and project.permits_kind(ref)


def _changed_by(parent: Tracked, known: Mapping[str, JsonObject]) -> Iterator[str]:
    for ref, desired in parent.desired.items():
        if (ref.group, ref.kind, ref.namespace) != _PROJECT:
            continue
        done = parent.applied.get(ref)
        metadata = mapping((known.get(ref.name) or {}).get("metadata"))
        version = str(metadata.get("resourceVersion", ""))
        if (
            done is None
            or done.desired_digest != desired.digest
            or precedes(version, done.resource_version)
        ):
            yield ref.name


def _anything(_ref: ObjectRef) -> bool:
    return True

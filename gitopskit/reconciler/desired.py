"""Desired objects: what a render gave, normalised, marked as ours, and judged by the project.

Pure. Start at ``prepare``: it returns the objects that may be written, or every reason why none
is. What the live objects have to say comes later (ownership).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import UnsupportedField
from gitopskit.manifests.identity import ObjectRef, apply_rank
from gitopskit.reconciler import names, object_options
from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.normalise import normalised
from gitopskit.reconciler.object_options import ObjectOptions, Phase, read_options
from gitopskit.reconciler.project import is_root_registration, why_reserved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Application
    from gitopskit.reconciler.names import Applier
    from gitopskit.reconciler.project import Project

IsNamespaced = Callable[[str, str], bool | None]
"""Tells of a group and a kind whether its objects have a namespace; None where unknown."""

_DEFINITION: Final = "CustomResourceDefinition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """One object as it is to be; ``content`` carries our label and tracking annotation."""

    ref: ObjectRef
    content: JsonObject = field(repr=False)  # it may be a Secret
    applier: Applier
    digest: str
    where: str = ""
    phase: Phase = "Sync"
    is_hook: bool = False
    has_no_say: bool = False
    wave: int = 0
    hook_delete_policies: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    compare_options: frozenset[str] = frozenset()
    depends_on: tuple[ObjectRef, ...] = ()

    @property
    def version(self) -> str:
        """Return the version part of the apiVersion."""
        return str(self.content["apiVersion"]).rpartition("/")[2]

    @property
    def is_definition(self) -> bool:
        """Tell whether it defines a kind that other objects may need."""
        return self.ref.kind == _DEFINITION


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The objects in the order in which they are applied; or why nothing may be written.

    ``wished`` are all that are wanted, refused or not, without hooks.
    """

    objects: tuple[Desired, ...] = ()
    refusals: tuple[str, ...] = ()
    wished: frozenset[ObjectRef] = frozenset()


def prepare(
    manifests: Sequence[Manifest],
    *,
    application: Application,
    project: Project,
    is_namespaced: IsNamespaced,
) -> Prepared:
    """Return what may be written; one refused object refuses them all, so that nothing is halved.

    The walls hold for each object's own namespace: an Application whose destination is a
    protected namespace may still write elsewhere.
    """
    scopes = _defined_scopes(manifests)
    objects, refusals, wished = [], [], set()
    for manifest in manifests:
        options = _options(manifest)
        if options.is_left_out:
            continue
        ref = _ref(manifest, application, scopes, is_namespaced)
        if not (options.is_hook or application.only_looks):
            wished.add(ref)
        refusal = _refusal(manifest, ref, application, project)
        if refusal:
            refusals.append(f"{refusal} ({manifest.path})")
        else:
            objects.append(_desired(manifest, ref, application, project))
    if refusals:
        return Prepared(refusals=tuple(refusals), wished=frozenset(wished))
    return Prepared(
        objects=tuple(sorted(objects, key=lambda desired: apply_rank(desired.ref))),
        wished=frozenset(wished),
    )


def adopted(desired: Desired) -> Desired:
    """Return the object with the mark of what existed before it was ours."""
    annotations = {**desired.content["metadata"]["annotations"], names.ADOPTED_ANNOTATION: "true"}
    metadata = {**desired.content["metadata"], "annotations": annotations}
    return replace(desired, content={**desired.content, "metadata": metadata})


def split_options(text: str) -> frozenset[str]:
    """Return the options in the annotation of an object, as in ``Prune=confirm``."""
    return frozenset(option.strip() for option in text.split(",") if option.strip())


def _defined_scopes(manifests: Iterable[Manifest]) -> dict[tuple[str, str], bool]:
    """Return the kinds that the render itself defines, and whether they have a namespace."""
    scopes = {}
    for manifest in manifests:
        if manifest.kind == _DEFINITION:
            spec = mapping(manifest.content.get("spec"))
            kind = mapping(spec.get("names")).get("kind", "")
            scopes[(str(spec.get("group", "")), str(kind))] = spec.get("scope") != "Cluster"
    return scopes


def _ref(
    manifest: Manifest,
    application: Application,
    scopes: Mapping[tuple[str, str], bool],
    is_namespaced: IsNamespaced,
) -> ObjectRef:
    ref = ObjectRef.of(manifest.content, default_namespace=application.namespace)
    has_namespace = is_namespaced(ref.group, ref.kind)
    if has_namespace is None:
        has_namespace = scopes.get((ref.group, ref.kind), True)
    if not ref.name and _options(manifest).is_hook:  # its run gives it a name
        ref = replace(ref, name=str(manifest.content["metadata"].get("generateName") or ""))
    return ref if has_namespace else replace(ref, namespace="")


def _refusal(manifest: Manifest, ref: ObjectRef, application: Application, project: Project) -> str:
    if not ref.name:
        return f"{ref.kind or 'an object'} has no metadata.name"
    if is_root_registration(manifest.content, ref):
        return f"{ref} belongs to the project {names.ROOT_PROJECT}, which Git never changes"
    if not project.permits_kind(ref):
        return f'the project "{project.name}" does not allow {ref}'
    if ref.namespace and not _permits_place(ref, application, project):
        return _refusal_of_place(ref, project)
    unsupported = _unsupported(manifest, ref)
    if unsupported:
        return f"this version does not support {', '.join(unsupported)} of {ref}"
    return _refusal_of_account(ref, application, project)


def _permits_place(ref: ObjectRef, application: Application, project: Project) -> bool:
    if application.only_looks:
        return project.permits_looking(ref.namespace)
    return project.permits_namespace(ref.namespace)


def _refusal_of_place(ref: ObjectRef, project: Project) -> str:
    """Return why nothing is written there: the project, or a wall that no project opens."""
    if not project.permits_looking(ref.namespace):
        return f'the project "{project.name}" does not allow the namespace of {ref}'
    return f"{ref} cannot be written: {why_reserved(ref.namespace)}"


def _refusal_of_account(ref: ObjectRef, application: Application, project: Project) -> str:
    if application.only_looks:
        is_secret = (ref.group, ref.kind) == ("", "Secret")
        return f"{ref} cannot be compared: nobody may read Secrets for that" if is_secret else ""
    try:
        applier = project.applier(ref, destination=application.namespace)
    except UnsupportedField as error:
        return f'{error.what}, which the project "{project.name}" names for {ref}'
    if not applier.namespace:
        return f"{ref} has no namespace, and the Application no destination.namespace"
    is_elsewhere = ref.namespace not in ("", applier.namespace)
    if applier.name == names.APPLIER and is_elsewhere:
        return f'{ref} is outside the namespace "{applier.namespace}" of its applier'
    return ""


def _options(manifest: Manifest) -> ObjectOptions:
    return read_options(mapping(mapping(manifest.content.get("metadata")).get("annotations")))


def _unsupported(manifest: Manifest, ref: ObjectRef) -> list[str]:
    """Return what asks for a behaviour that this version does not have."""
    problems = list(_options(manifest).problems)
    if ref.group == names.APPLICATION_GROUP:
        return problems  # its other annotations speak to whoever reconciles that Application
    known = (*object_options.ANNOTATIONS, names.TRACKING_ANNOTATION)
    annotations = mapping(mapping(manifest.content.get("metadata")).get("annotations"))
    unknown = [
        f"the annotation {annotation}"
        for annotation in annotations
        if annotation.startswith(names.ARGO_ANNOTATION_PREFIX) and annotation not in known
    ]
    return sorted([*problems, *unknown])


def _applier(ref: ObjectRef, application: Application, project: Project) -> Applier:
    if application.only_looks:
        return names.Applier(application.namespace, "")
    return project.applier(ref, destination=application.namespace)


def _desired(
    manifest: Manifest, ref: ObjectRef, application: Application, project: Project
) -> Desired:
    marks = {
        names.TRACKING_ANNOTATION: names.tracking_id(
            application.name, ref, default_namespace=application.namespace
        )
    }
    label = {names.APPLICATION_LABEL: names.label_value(application.name)}
    if application.only_looks:  # they are not ours, so they carry no mark of ours
        label, marks = {}, {}
    content = normalised(manifest.content, ref, labels=label, annotations=marks)
    options = _options(manifest)
    return Desired(
        ref=ref,
        content=content,
        applier=_applier(ref, application, project),
        digest=hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
        where=manifest.where,
        phase=options.phase,
        is_hook=options.is_hook,
        has_no_say=options.has_no_say,
        wave=options.wave,
        hook_delete_policies=options.hook_delete_policies,
        options=options.options,
        compare_options=options.compare_options,
        depends_on=options.depends_on,
    )

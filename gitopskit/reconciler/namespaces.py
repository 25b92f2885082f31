"""CreateNamespace: a namespace for an Application, ready for its applier.

Done in the name of the platform's applier. A namespace that was there before is left alone: who
made it decides who may write there. What is made here is tracked by nobody and never pruned.
Labels and annotations are set on both, where an Application has some for its namespace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiConflict, ApiError, ApiNotFound
from gitopskit.kube.resources import NAMESPACES, ROLE_BINDINGS, SERVICE_ACCOUNTS
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import names
from gitopskit.reconciler.namespace_metadata import Decision, decide, overridden
from gitopskit.reconciler.outcomes import failure_of
from gitopskit.reconciler.sync_policy import NamespaceMetadata

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.state import Goal, Tracked

_RBAC: Final = "rbac.authorization.k8s.io"
_ATTEMPTS: Final = 5


class Namespaces:
    """Makes and marks the namespaces of Applications."""

    def __init__(self, api: KubeClient) -> None:
        """Keep whom to ask."""
        self._api = api

    async def ensure(self, goal: Goal) -> None:
        """Make the namespace of an Application that wants it made.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        application = goal.application
        if application.policy.creates_namespace:
            await ensure_namespace(self._api, application.namespace, application=application.name)

    async def mark(self, tracked: Tracked, goal: Goal) -> None:
        """Bring to the namespace what its Application says of it, and note what hinders that.

        Looked at for each goal, and whenever drift of the Application is put back.
        """
        policy = goal.application.policy
        is_due = tracked.marked_key != goal.key or not goal.key
        if not policy.creates_namespace or not (is_due or tracked.heals):
            return
        if not is_due and not policy.namespace_metadata:
            return
        ref = ObjectRef("", "Namespace", "", goal.application.namespace)
        try:
            await self.ensure(goal)
            conflicts = await self._mark(goal, ref)
        except ApiError as error:
            tracked.failures[ref] = failure_of(error)
            return
        tracked.marked_key, tracked.namespace_conflicts = goal.key, conflicts
        if ref not in tracked.desired or ref in tracked.applied:
            tracked.forgive(ref)

    async def _mark(self, goal: Goal, ref: ObjectRef) -> tuple[str, ...]:
        wanted, application = goal.application.policy.namespace_metadata, goal.application.name
        manifest = next((it.content for it in goal.objects if it.ref == ref), None)
        decision = Decision()
        for _ in range(_ATTEMPTS):
            live = await self._api.get(NAMESPACES, ref.name)
            decision = decide(
                wanted if manifest is None else NamespaceMetadata(),
                live,
                ref=ref,
                application=application,
            )
            if decision.body is None:
                break
            try:
                await self._api.apply(
                    NAMESPACES,
                    decision.body,
                    field_manager=names.namespace_manager(application),
                    force=True,
                    as_user=names.PLATFORM.user,
                )
            except ApiConflict:
                continue  # it changed since it was read
            break
        return decision.conflicts if manifest is None else overridden(wanted, manifest)


async def ensure_namespace(api: KubeClient, namespace: str, *, application: str) -> bool:
    """Make a namespace with its applier if it is absent; return whether anything was made.

    One that was made half before a crash is completed: its annotation tells for whom it is.

    Raises:
        ApiError: the API server refused or did not answer.
    """
    made = False
    try:
        live = await api.get(NAMESPACES, namespace)
    except ApiNotFound:
        made = await _create(api, NAMESPACES, _namespace(namespace, application))
        live = _namespace(namespace, application)
    annotations = live["metadata"].get("annotations") or {}
    if annotations.get(names.CREATED_FOR_ANNOTATION) != application:
        return made
    for kind, body in (
        (SERVICE_ACCOUNTS, _account(namespace)),
        (ROLE_BINDINGS, _binding(namespace)),
    ):
        if not await _exists(api, kind, namespace):
            made = await _create(api, kind, body) or made
    return made


async def _exists(api: KubeClient, kind: ResourceType, namespace: str) -> bool:
    try:
        await api.get(kind, names.APPLIER, namespace)
    except ApiNotFound:
        return False
    return True


async def _create(api: KubeClient, kind: ResourceType, body: JsonObject) -> bool:
    try:
        await api.create(
            kind, body, field_manager=names.OBJECT_MANAGER, as_user=names.PLATFORM.user
        )
    except ApiConflict:
        return False
    return True


def _namespace(name: str, application: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "annotations": {names.CREATED_FOR_ANNOTATION: application},
        },
    }


def _account(namespace: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": names.APPLIER, "namespace": namespace},
    }


def _binding(namespace: str) -> JsonObject:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": names.APPLIER, "namespace": namespace},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": names.APPLIER},
        "subjects": [{"kind": "ServiceAccount", "name": names.APPLIER, "namespace": namespace}],
    }

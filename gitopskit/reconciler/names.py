"""The names that never change: namespaces, accounts, labels, annotations, field managers.

Pure. Renaming any of these orphans fields or objects in every cluster that runs the reconciler.
Source: docs/architecture.md; the ``argocd.argoproj.io`` names are Argo CD's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import UnsupportedField

if TYPE_CHECKING:
    from gitopskit.manifests.identity import ObjectRef

SYSTEM_NAMESPACE: Final = "gitopskit-system"
HEALTH_CONFIG_MAP: Final = "gitopskit-health"
"""Where people declare the health of kinds, in the namespace of Applications."""

ALERTS: Final = "gitopskit-alerts"
"""A ConfigMap and a Secret in the reconciler's namespace: who is told of trouble, and how."""

ALERTS_TOLD: Final = "gitopskit-alerts-told"
"""A ConfigMap beside them: what each receiver was told last."""

PUSHES: Final = "gitopskit-pushes"
"""A ConfigMap there: of which repositories the leader has yet to hear that they changed."""

APPLICATIONS_NAMESPACE: Final = "argocd"
CLUSTER_NAMESPACE: Final = "kube-system"
CLOSED_NAMESPACES: Final = (CLUSTER_NAMESPACE, SYSTEM_NAMESPACE)
"""Nothing in Git writes to these."""

ROOT_PROJECT: Final = "gitopskit-root"
APPLICATION_GROUP: Final = "argoproj.io"

APPLIER: Final = "gitopskit-applier"
PLATFORM_APPLIER: Final = "gitopskit-platform-applier"

OBJECT_MANAGER: Final = "gitopskit-reconciler"
STATUS_MANAGER: Final = "gitopskit-reconciler-status"

APPLICATION_LABEL: Final = "gitopskit.io/application"
ADOPTED_ANNOTATION: Final = "gitopskit.io/adopted"
CREATED_FOR_ANNOTATION: Final = "gitopskit.io/created-for"
RUN_ANNOTATION: Final = "gitopskit.io/sync-run"
"""On a hook: the run that made it."""

OWN_ANNOTATION_PREFIX: Final = "gitopskit.io/"
DEPENDS_ON_ANNOTATION: Final = "gitopskit.io/depends-on"
MAX_DELETIONS_ANNOTATION: Final = "gitopskit.io/max-deletions"
SSH_SIGNERS_ANNOTATION: Final = "gitopskit.io/ssh-signers"
SUBMODULES_ANNOTATION: Final = "gitopskit.io/submodules"
ROLLBACK_ANNOTATION: Final = "gitopskit.io/rollback"
ROLLBACK_AFTER_ANNOTATION: Final = "gitopskit.io/rollback-after"

ARGO_ANNOTATION_PREFIX: Final = "argocd.argoproj.io/"
TRACKING_ANNOTATION: Final = "argocd.argoproj.io/tracking-id"
SYNC_OPTIONS_ANNOTATION: Final = "argocd.argoproj.io/sync-options"
DELETION_APPROVED_ANNOTATION: Final = "argocd.argoproj.io/deletion-approved"
COMPARE_OPTIONS_ANNOTATION: Final = "argocd.argoproj.io/compare-options"
HOOK_ANNOTATION: Final = "argocd.argoproj.io/hook"
HOOK_DELETE_ANNOTATION: Final = "argocd.argoproj.io/hook-delete-policy"
PATHS_ANNOTATION: Final = "argocd.argoproj.io/manifest-generate-paths"
IGNORE_HEALTH_ANNOTATION: Final = "argocd.argoproj.io/ignore-healthcheck"
REFRESH_ANNOTATION: Final = "argocd.argoproj.io/refresh"
SKIP_ANNOTATION: Final = "argocd.argoproj.io/skip-reconcile"
WAVE_ANNOTATION: Final = "argocd.argoproj.io/sync-wave"
HELM_HOOK_ANNOTATION: Final = "helm.sh/hook"
HELM_HOOK_DELETE_ANNOTATION: Final = "helm.sh/hook-delete-policy"
HELM_WEIGHT_ANNOTATION: Final = "helm.sh/hook-weight"
HELM_POLICY_ANNOTATION: Final = "helm.sh/resource-policy"
OBJECT_DEPENDS_ON_ANNOTATION: Final = "config.kubernetes.io/depends-on"
"""Source: the order of objects in one Application, as kubernetes-sigs/cli-utils writes it."""

WEBHOOK_SECRET: Final = "gitopskit-webhooks"  # noqa: S105 -- a name, no secret
"""The Secret beside the Applications with what the senders of webhooks know."""

REPOSITORY_LABEL: Final = "argocd.argoproj.io/secret-type"
FINALIZER: Final = "resources-finalizer.argocd.argoproj.io"
HOOK_FINALIZERS: Final = {
    "PreDelete": "pre-delete-finalizer.argocd.argoproj.io",
    "PostDelete": "post-delete-finalizer.argocd.argoproj.io",
}
"""On an Application: hooks are to run before or after its objects go.

Each comes with a second one, with the ending ``/cleanup``, for taking these hooks away.
Source: Argo CD's finalizers for hooks of deletions.
"""
CLEANUP: Final = "/cleanup"

_LONGEST_LABEL: Final = 63
_LONGEST_NAME: Final = 253
_HASH_DIGITS: Final = 10


@dataclass(frozen=True, slots=True, order=True)
class Applier:
    """The ServiceAccount in whose name objects are read, written and deleted."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        """Return the user name that the API server knows the account by."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    def __str__(self) -> str:
        """Return ``namespace:name``, as AppProjects write it."""
        return f"{self.namespace}:{self.name}"

    @classmethod
    def parse(cls, text: str, *, default_namespace: str) -> Applier:
        """Return the account that ``name`` or ``namespace:name`` names.

        Raises:
            UnsupportedField: it is neither an applier of a namespace nor the platform applier.
        """
        namespace, _, name = text.rpartition(":")
        account = cls(namespace or default_namespace, name)
        if account not in (cls(account.namespace, APPLIER), PLATFORM):
            raise UnsupportedField(
                f'the service account "{text}" is never impersonated',
                hint=f"name {APPLIER} or {PLATFORM}",
            )
        return account


PLATFORM: Final = Applier(SYSTEM_NAMESPACE, PLATFORM_APPLIER)


def namespace_manager(application: str) -> str:
    """Return the field manager of what an Application says of its namespace."""
    return f"gitopskit-namespace:{label_value(application)}"


def label_value(application: str) -> str:
    """Return the value of the watch label: the name, shortened with a hash where it is too long."""
    return _shortened(application, _LONGEST_LABEL)


def inventory_name(application: str, shard: int) -> str:
    """Return the name of one inventory ConfigMap, which always fits a name's 253 characters."""
    head, tail = "gitopskit-inventory-", f"-{shard}"
    return head + _shortened(application, _LONGEST_NAME - len(head) - len(tail)) + tail


def tracking_id(application: str, ref: ObjectRef, *, default_namespace: str) -> str:
    """Return the annotation's value that says: this very object belongs to that Application.

    Cluster-scoped objects carry the Application's destination namespace, as Argo CD writes it.
    """
    namespace = ref.namespace or default_namespace
    return f"{application}:{ref.group}/{ref.kind}:{namespace}/{ref.name}"


def tracked_by(value: str, ref: ObjectRef) -> str:
    """Return the Application that a tracking id names, or nothing if it names another object.

    Controllers copy annotations to what they make; such a copy names its original.
    """
    application, _, rest = value.partition(":")
    kind, _, name = rest.partition(":")
    namespace, _, name = name.partition("/")
    is_this = kind == f"{ref.group}/{ref.kind}" and name == ref.name
    is_here = not ref.namespace or namespace == ref.namespace
    return application if is_this and is_here else ""


def _shortened(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
    return f"{text[: limit - _HASH_DIGITS - 1].rstrip('-.')}-{digest}"

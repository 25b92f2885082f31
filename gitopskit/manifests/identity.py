"""Which object is meant (ObjectRef), and in which order objects are applied.

Pure values; knows nothing of files or of the API server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_APPLY_ORDER: Final = (
    "Namespace",
    "CustomResourceDefinition",
    "PriorityClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SealedSecret",
    "SecretStore",
    "ClusterSecretStore",
    "ExternalSecret",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "AppProject",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "Ingress",
)
"""What others need comes first: kinds in the order in which a cluster can use them.

Source: the order of Helm's InstallOrder and Argo CD's sync (kinds), with SealedSecrets before
what mounts the Secrets they make.
"""

_RANK: Final = {kind: rank for rank, kind in enumerate(_APPLY_ORDER)}


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """One object, whatever version it is written in: group, kind, namespace, name.

    ``group`` is empty for the core group, ``namespace`` for what is cluster-scoped.
    """

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return ``kind/namespace/name``, or ``kind/name`` where there is no namespace."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @classmethod
    def of(cls, content: JsonObject, *, default_namespace: str = "") -> ObjectRef:
        """Return the identity of a decoded object; missing parts are empty strings."""
        metadata = content.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        group, _, _ = str(content.get("apiVersion") or "").rpartition("/")
        return cls(
            group=group,
            kind=str(content.get("kind") or ""),
            namespace=str(metadata.get("namespace") or default_namespace),
            name=str(metadata.get("name") or ""),
        )


def apply_rank(ref: ObjectRef) -> tuple[int, str, str, str, str]:
    """Return a sort key that puts an object after what it needs; deletion uses the reverse."""
    rank = _RANK.get(ref.kind, len(_APPLY_ORDER))
    return (rank, ref.group, ref.kind, ref.namespace, ref.name)

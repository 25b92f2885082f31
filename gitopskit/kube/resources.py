"""ResourceType: where the API server keeps the objects of one kind.

Pure values: which kinds exist on a server is ``discovery``'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from gitopskit.errors import ApiInvalid
from gitopskit.manifests.identity import ObjectRef

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_UNUSABLE_SEGMENT: Final = re.compile(r"\.{1,2}|.*[/%\ud800-\udfff].*", re.DOTALL)
"""Names that would change a path's meaning, or that UTF-8 has no bytes for.

Source: k8s.io/apimachinery, validation/path IsValidPathSegmentName.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """One kind in one version, as it stands in a path; ``group`` is empty for the core group.

    ``verbs`` is what discovery says the server can do with it (empty where nobody asked), and
    plays no part in comparisons.
    """

    group: str
    version: str
    plural: str
    kind: str
    is_namespaced: bool = True
    verbs: tuple[str, ...] = field(default=(), compare=False)

    @property
    def api_version(self) -> str:
        """Return ``group/version``, or ``version`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def ref(self, *, namespace: str = "", name: str = "") -> ObjectRef:
        """Return the identity of one object of this kind (or, without a name, of them all)."""
        return ObjectRef(self.group, self.kind, namespace if self.is_namespaced else "", name)

    def ref_of(self, content: JsonObject) -> ObjectRef:
        """Return the identity of a decoded object, taken as one of this kind."""
        metadata = content.get("metadata") or {}
        return self.ref(
            namespace=str(metadata.get("namespace") or ""), name=str(metadata.get("name") or "")
        )

    def collection_path(self, namespace: str = "") -> str:
        """Return the path of the objects of one namespace, or of all where it is empty."""
        prefix = f"/apis/{self.group}" if self.group else "/api"
        inner = f"/namespaces/{_segment(namespace)}" if namespace and self.is_namespaced else ""
        return f"{prefix}/{self.version}{inner}/{self.plural}"

    def object_path(self, ref: ObjectRef, *, subresource: str = "") -> str:
        """Return the path of one object, or of one of its subresources.

        Raises:
            ApiInvalid: the name, or the namespace that the kind needs, is missing or would
                change the path's meaning.
        """
        self.require_namespace(ref)
        if not ref.name:
            raise ApiInvalid("the object has no name", where=str(ref))
        path = f"{self.collection_path(ref.namespace)}/{_segment(ref.name)}"
        return f"{path}/{subresource}" if subresource else path

    def require_namespace(self, ref: ObjectRef) -> None:
        """Check that an object of a namespaced kind names its namespace.

        Raises:
            ApiInvalid: it does not.
        """
        if self.is_namespaced and not ref.namespace:
            raise ApiInvalid("the object has no namespace and its kind needs one", where=str(ref))


def _segment(name: str) -> str:
    if _UNUSABLE_SEGMENT.fullmatch(name):
        raise ApiInvalid(f"a name cannot be {name[:64]!r}")
    return quote(name, safe="")


SECRETS: Final = ResourceType(group="", version="v1", plural="secrets", kind="Secret")
CONFIG_MAPS: Final = ResourceType(group="", version="v1", plural="configmaps", kind="ConfigMap")
SERVICES: Final = ResourceType(group="", version="v1", plural="services", kind="Service")
SERVICE_ACCOUNTS: Final = ResourceType(
    group="", version="v1", plural="serviceaccounts", kind="ServiceAccount"
)
NAMESPACES: Final = ResourceType(
    group="", version="v1", plural="namespaces", kind="Namespace", is_namespaced=False
)
EVENTS: Final = ResourceType(group="events.k8s.io", version="v1", plural="events", kind="Event")
LEASES: Final = ResourceType(
    group="coordination.k8s.io", version="v1", plural="leases", kind="Lease"
)
DEPLOYMENTS: Final = ResourceType(
    group="apps", version="v1", plural="deployments", kind="Deployment"
)
STATEFUL_SETS: Final = ResourceType(
    group="apps", version="v1", plural="statefulsets", kind="StatefulSet"
)
ROLE_BINDINGS: Final = ResourceType(
    group="rbac.authorization.k8s.io", version="v1", plural="rolebindings", kind="RoleBinding"
)
CUSTOM_RESOURCE_DEFINITIONS: Final = ResourceType(
    group="apiextensions.k8s.io",
    version="v1",
    plural="customresourcedefinitions",
    kind="CustomResourceDefinition",
    is_namespaced=False,
)
SEALED_SECRETS: Final = ResourceType(
    group="bitnami.com", version="v1alpha1", plural="sealedsecrets", kind="SealedSecret"
)
APPLICATIONS: Final = ResourceType(
    group="argoproj.io", version="v1alpha1", plural="applications", kind="Application"
)
APP_PROJECTS: Final = ResourceType(
    group="argoproj.io", version="v1alpha1", plural="appprojects", kind="AppProject"
)

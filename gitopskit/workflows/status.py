"""What is where: every Application and every SealedSecret of a cluster, in one look.

Reading is one listing per kind; what a row says is decided in status_rows.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import APPLICATIONS, SEALED_SECRETS
from gitopskit.manifests.settled_names import APPLICATIONS_NAMESPACE
from gitopskit.workflows.status_rows import application_row, sealed_secret_row

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.workflows.status_rows import Row


async def read_status(api: KubeClient) -> tuple[Row, ...]:
    """Return a row per Application and SealedSecret, Applications first.

    Raises:
        ApiError: the API server refused or did not answer. A kind that it does not serve has
            no rows.
    """
    applications = await _list(api, APPLICATIONS, APPLICATIONS_NAMESPACE)
    sealed = await _list(api, SEALED_SECRETS, "")
    return (*map(application_row, applications), *map(sealed_secret_row, sealed))


async def _list(api: KubeClient, kind: ResourceType, namespace: str) -> tuple[JsonObject, ...]:
    try:
        return (await api.list(kind, namespace)).items
    except ApiNotFound:
        return ()

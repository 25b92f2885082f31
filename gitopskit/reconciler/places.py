"""Places: whether a refusal is only about a namespace that is gone, or that ends.

An applier loses its rights with its namespace, so that the API server then tells of rights.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiError, ApiForbidden, ApiNotFound
from gitopskit.kube.resources import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.identity import ObjectRef

_GONE_HINT: Final = (
    "make it, with its applier and a RoleBinding of it, or set the option CreateNamespace=true of"
    " the Application"
)
_ENDS_HINT: Final = "the objects are made anew once it exists again"


@asynccontextmanager
async def explaining(api: KubeClient, ref: ObjectRef) -> AsyncIterator[None]:
    """Have what is refused for the want of a namespace say so.

    Raises:
        ApiForbidden: nothing can be done there; says why, where its namespace is the reason.
        ApiNotFound: the same.
    """
    try:
        yield
    except (ApiForbidden, ApiNotFound) as error:
        what, hint = await _reason(api, ref.namespace)
        if not what:
            raise
        raise type(error)(
            what, where=error.where, hint=hint, status=error.status, reason=error.reason
        ) from error


async def _reason(api: KubeClient, namespace: str) -> tuple[str, str]:
    """Return what is wrong with a namespace and what to do, or nothing."""
    if not namespace:
        return "", ""
    try:
        live = await api.get(NAMESPACES, namespace)
    except ApiNotFound:
        return f'the namespace "{namespace}" is gone, or was never there', _GONE_HINT
    except ApiError:
        return "", ""
    if live["metadata"].get("deletionTimestamp"):
        return f'the namespace "{namespace}" is being deleted', _ENDS_HINT
    return "", ""

"""Leading: whether a reconciler is at work in the cluster, beside which nobody else may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.controller.lease_holder import renewing_holder
from gitopskit.errors import IntegrityFault
from gitopskit.reconciler import names
from gitopskit.reconciler.replica import LEASE_NAME

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient


_ASK_IT: Final = (
    "ask it for a sync, with the annotation argocd.argoproj.io/refresh or the field "
    "operation of the Application, or scale it to 0 first"
)


async def require_nobody_leads(api: KubeClient, *, hint: str = _ASK_IT) -> None:
    """Check that no reconciler renews its Lease, as far as that may be read.

    Raises:
        IntegrityFault: one does; two would write over each other.
        ApiError: the API server refused for another reason or did not answer.
    """
    holder = await renewing_holder(api, LEASE_NAME, names.SYSTEM_NAMESPACE)
    if holder:
        raise IntegrityFault(
            f"a reconciler runs in the cluster: {holder}; nothing was done",
            where=f"Lease/{names.SYSTEM_NAMESPACE}/{LEASE_NAME}",
            hint=hint,
        )

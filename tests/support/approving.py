"""A person who approves deletions as soon as an Application asks about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.clock import SystemClock
from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import APPLICATIONS
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient

_APPROVED = "argocd.argoproj.io/deletion-approved"


async def approve_if_asked(admin: KubeClient, application: str) -> None:
    """Approve at this time, if something is asked; one that is gone asks nothing."""
    try:
        live = await admin.get(APPLICATIONS, application, "argocd")
        conditions = (live.get("status") or {}).get("conditions") or ()
        if any(it["type"] == "DeletionConfirmationRequired" for it in conditions):
            patch = {"metadata": {"annotations": {_APPROVED: rfc3339(SystemClock().now_utc())}}}
            await admin.patch(
                APPLICATIONS, application, "argocd", patch=patch, field_manager="kubectl-annotate"
            )
    except ApiNotFound:
        return

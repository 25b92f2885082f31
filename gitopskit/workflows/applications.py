"""Reading the Applications of a cluster as people look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.kube.resources import APPLICATIONS
from gitopskit.manifests.settled_names import APPLICATIONS_NAMESPACE
from gitopskit.workflows.application_view import view_of

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.workflows.application_view import ApplicationView, Choice


async def read_views(api: KubeClient, choice: Choice, selector: str) -> list[ApplicationView]:
    """Return the chosen Applications, by name.

    Raises:
        ApiError: the API server refused or did not answer.
    """
    listing = await api.list(APPLICATIONS, APPLICATIONS_NAMESPACE, label_selector=selector)
    found = [view for view in map(view_of, listing.items) if choice.fits(view)]
    return sorted(found, key=lambda view: view.row.name)

"""Serving: where the API server has a kind now.

Which kinds it has is remembered, and may be out of date. A path that is not served says nothing of
the object, which another version of its kind may show.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from gitopskit.errors import ApiNotFound, InputError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.identity import ObjectRef


async def kind_of(api: KubeClient, ref: ObjectRef, version: str = "") -> ResourceType:
    """Return where objects of a kind are, in one version or in the one that the server prefers.

    Raises:
        InputError: the cluster does not know the kind.
        ApiError: the API server refused or did not answer.
    """
    found = (await api.kinds()).find(ref.group, ref.kind, version)
    if found is None:
        group = f"{ref.group}/{version}" if ref.group else version
        raise InputError(
            f"the cluster does not know the kind {ref.kind} of {group}",
            where=str(ref),
            hint="install its CustomResourceDefinition first",
        )
    return found


@asynccontextmanager
async def noticing(api: KubeClient) -> AsyncIterator[None]:
    """Ask anew which kinds there are where a path turns out not to be served.

    Raises:
        ApiNotFound: there is no such object, or the path is not served.
    """
    try:
        yield
    except ApiNotFound as error:
        if error.is_about_kind:
            await api.kinds(refresh=True)
        raise

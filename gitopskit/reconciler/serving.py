"""Serving: where the API server has a kind now.

Which kinds it has is remembered, and may be out of date. A path that is not served says nothing of
the object, which another version of its kind may show.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from gitopskit.errors import ApiNotFound, ApiUnreachable, InputError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.discovery import Kinds
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.identity import ObjectRef


async def kinds_for(api: KubeClient, named: Iterable[tuple[str, str, str]]) -> Kinds:
    """Return which kinds there are, asked anew where a group, kind and version is not known.

    An empty version stands for any.

    Raises:
        ApiError: the API server refused or did not answer.
    """
    kinds = await api.kinds()
    if all(kinds.find(*it) for it in named):
        return kinds
    return await api.kinds(refresh=True)


async def kind_or_none(api: KubeClient, ref: ObjectRef) -> ResourceType | None:
    """Return where an object may be, or None where nothing of its kind can be there any more.

    Raises:
        ApiUnreachable: which kinds its group has is not known now.
        ApiError: the API server refused or did not answer.
    """
    kinds = await api.kinds()
    found = kinds.find(ref.group, ref.kind)
    if found is None and kinds.is_silent(ref.group):
        raise ApiUnreachable(
            f"the server of the API group {ref.group} does not answer",
            where=str(ref),
            hint="look at the APIService of the group",
        )
    return found


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

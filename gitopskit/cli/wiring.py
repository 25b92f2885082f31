"""How commands get a client of the API server: one place decides which cluster is meant."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from gitopskit.cli import settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from gitopskit.kube.client import KubeClient

_Result = TypeVar("_Result")


@asynccontextmanager
async def connect(
    context: str = "", *, kubeconfig: str = "", prefers_pod: bool = False, in_flight: int = 32
) -> AsyncIterator[KubeClient]:
    """Open a client of the cluster that the kubeconfig's context names.

    ``kubeconfig`` goes before what KUBECONFIG says.
    ``prefers_pod`` is for controllers: without a context they use the pod's own credentials
    where there are any.

    Raises:
        InputError: the context does not exist.
        EnvironmentFault: there is no usable kubeconfig.
    """
    from gitopskit.clock import SystemClock
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.credentials import (
        ENVIRONMENT_NAMES,
        load_connection,
    )

    found = settings.current()
    clock = SystemClock()
    connection = await load_connection(
        kubeconfig=kubeconfig or found.kubeconfig,
        context=context,
        in_cluster=prefers_pod and not context and found.is_in_cluster,
        environment=settings.environment_for(ENVIRONMENT_NAMES),
        clock=clock,
    )
    async with KubeClient(connection, clock=clock, in_flight=in_flight) as api:
        yield api


def run_async(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a command's coroutine to its end."""
    import asyncio

    return asyncio.run(main)

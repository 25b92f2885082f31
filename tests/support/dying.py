"""A reconciler that is cut off from the API server after some of its writes."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from gitopskit.reconciler.loop import Controller
from tests.support import cluster
from tests.support.kubeconfig import written
from tests.support.reconciling import World, options

if TYPE_CHECKING:
    from tests.support.dying_proxy import DyingProxy


def through(proxy: DyingProxy, token: str, folder: Path) -> Path:
    """Return a kubeconfig that leads through the proxy."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": proxy.url}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    return Path(written(content, folder))


async def one_pass(kubeconfig: Path, world: World, *applications: str) -> None:
    """Reconcile some Applications once, as the reconciler that starts and ends."""
    async with await cluster.connect(kubeconfig) as api:
        await Controller(api, options(world.cache_dir)).pass_once(applications)


async def die(proxy: DyingProxy, kubeconfig: Path, world: World, *applications: str) -> bool:
    """Run a pass that may be cut off; return whether it was."""
    task = asyncio.create_task(one_pass(kubeconfig, world, *applications))
    death = asyncio.create_task(proxy.died.wait())
    await asyncio.wait({task, death}, return_when=asyncio.FIRST_COMPLETED)
    for pending in (task, death):
        pending.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await pending
    return proxy.died.is_set()

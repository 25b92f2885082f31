"""A reconciler that is cut off from the API server after some of its writes."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitopskit.reconciler.loop import Controller
from tests.support import cluster
from tests.support.kubeconfig import written
from tests.support.reconciling import World, options

if TYPE_CHECKING:
    from tests.support.dying_proxy import DyingProxy


@dataclass(frozen=True, kw_only=True)
class Mortal:
    """What reconciles a world by a way that ends after so many writes as it is armed for."""

    proxy: DyingProxy
    kubeconfig: Path
    world: World

    async def live(self, *applications: str, counted: str = "") -> None:
        """Reconcile some Applications once, as a reconciler that starts and ends."""
        self.proxy.arm(0, counted=counted)
        await self._pass(*applications)

    async def die(self, *applications: str) -> bool:
        """Run a pass that may be cut off; return whether it was."""
        task = asyncio.create_task(self._pass(*applications))
        death = asyncio.create_task(self.proxy.died.wait())
        await asyncio.wait({task, death}, return_when=asyncio.FIRST_COMPLETED)
        for pending in (task, death):
            pending.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await pending
        return self.proxy.died.is_set()

    async def _pass(self, *applications: str) -> None:
        async with await cluster.connect(self.kubeconfig) as api:
            await Controller(api, options(self.world.cache_dir)).pass_once(applications)


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

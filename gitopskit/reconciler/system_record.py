"""System records: one ConfigMap of the controller's own namespace, replaced as a whole.

Written as the controller. Who keeps one says what is in it, and when it is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import ApiConflict, ApiNotFound
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject


class SystemRecord:
    """Keeps the ConfigMap as it was stored last, so that a write costs one request."""

    def __init__(self, api: KubeClient, name: str) -> None:
        """Keep which one it is; nothing is read yet."""
        self._api = api
        self._name = name
        self._stored: JsonObject | None = None

    @property
    def uid(self) -> str:
        """Return which ConfigMap it was when it was last read or written; empty for none."""
        return str(self._stored["metadata"]["uid"]) if self._stored is not None else ""

    async def read(self) -> Mapping[str, str] | None:
        """Return what is stored, as far as it is not known already; None where there is none.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        if self._stored is None:
            try:
                self._stored = await self._api.get(CONFIG_MAPS, self._name, names.SYSTEM_NAMESPACE)
            except ApiNotFound:
                return None
        return self._stored.get("data") or {}

    async def write(self, data: Mapping[str, str]) -> None:
        """Store this, in place of what is known or can be read.

        Raises:
            ApiConflict: somebody else wrote it meanwhile; it has to be read again.
            ApiError: the API server refused or did not answer.
        """
        await self.read()
        body: JsonObject = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": self._name, "namespace": names.SYSTEM_NAMESPACE},
            "data": dict(data),
        }
        manager = names.OBJECT_MANAGER
        if self._stored is None:
            self._stored = await self._api.create(CONFIG_MAPS, body, field_manager=manager)
            return
        for name in ("uid", "resourceVersion"):
            body["metadata"][name] = self._stored["metadata"][name]
        try:
            self._stored = await self._api.replace(CONFIG_MAPS, body, field_manager=manager)
        except (ApiConflict, ApiNotFound):
            self.forget()
            raise

    def forget(self) -> None:
        """Read it again before the next write."""
        self._stored = None

"""Publishing the sealing certificate in a ConfigMap, for those who seal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP
from gitopskit.sealing.keys import CERTIFICATE_ITEM
from gitopskit.unsealer.ownership import FIELD_MANAGER

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject


async def publish(api: KubeClient, certificate_pem: bytes, *, namespace: str) -> bool:
    """Make the ConfigMap hold the certificate; return whether it had to be written.

    Raises:
        ApiError: the API server refused or did not answer.
    """
    text = certificate_pem.decode("ascii")
    try:
        live = await api.get(CONFIG_MAPS, CERTIFICATE_CONFIG_MAP, namespace)
    except ApiNotFound:
        await api.create(CONFIG_MAPS, _config_map(text, namespace), field_manager=FIELD_MANAGER)
        return True
    data = live.get("data") or {}
    if data.get(CERTIFICATE_ITEM) == text:
        return False
    changed = live | {"data": data | {CERTIFICATE_ITEM: text}}
    await api.replace(CONFIG_MAPS, changed, field_manager=FIELD_MANAGER)
    return True


def _config_map(text: str, namespace: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": CERTIFICATE_CONFIG_MAP,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": "gitopskit"},
        },
        "data": {CERTIFICATE_ITEM: text},
    }

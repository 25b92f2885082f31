"""An admission webhook of a test: it is asked about objects of one label, and says what it is told.

It runs on the loopback, and the API server is told its authority.
"""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web

from gitopskit.kube.resources import CONFIG_MAPS, ResourceType
from tests.support.polling import eventually
from tests.support.reconciling import config_map
from tests.support.tls import make_server_tls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject
    from tests.support.reconciling import World

LABEL: Final = "tests.gitopskit.io/admission"
_PROBE: Final = "admission-probe"
_GROUP: Final = "admissionregistration.k8s.io"
_CONFIGURATIONS: Final = ResourceType(
    group=_GROUP,
    version="v1",
    plural="validatingwebhookconfigurations",
    kind="ValidatingWebhookConfiguration",
    is_namespaced=False,
)


class Webhook:
    """What is answered: ``denies`` says why nothing is let in, ``waits_seconds`` how late."""

    def __init__(self) -> None:
        self.denies = ""
        self.waits_seconds = 0.0
        self.asked = 0

    async def review(self, request: web.Request) -> web.Response:
        review = await request.json()
        self.asked += 1
        if self.waits_seconds:
            await asyncio.sleep(self.waits_seconds)
        uid, denied = review["request"]["uid"], self.denies
        answer: JsonObject = {"uid": uid, "allowed": not denied}
        if denied:
            answer["status"] = {"message": denied, "code": 400}
        return web.json_response({**review, "request": None, "response": answer})


@asynccontextmanager
async def admission(world: World, name: str, folder: Path) -> AsyncIterator[Webhook]:
    """Run a webhook that the API server asks about what carries the label, in one namespace."""
    webhook = Webhook()
    tls = make_server_tls(folder)
    application = web.Application()
    application.router.add_post("/review", webhook.review)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls.context)
        await site.start()
        [address] = runner.addresses
        made = await world.admin.create(
            _CONFIGURATIONS,
            _configuration(world, name, f"https://127.0.0.1:{address[1]}/review", tls.ca_pem),
            field_manager="tests",
        )
        try:
            await _until_asked(world, webhook)
            yield webhook
        finally:
            await world.admin.delete(_CONFIGURATIONS, name, uid=made["metadata"]["uid"])
    finally:
        await runner.cleanup()


def labelled(name: str, **data: str) -> JsonObject:
    """Return a ConfigMap that the webhook is asked about."""
    content = config_map(name, **data)
    return {**content, "metadata": {**content["metadata"], "labels": {LABEL: "yes"}}}


async def _until_asked(world: World, webhook: Webhook) -> None:
    """Wait until the API server has learned of the webhook."""
    body = labelled(_PROBE)
    body["metadata"]["namespace"] = world.namespace

    async def is_asked() -> bool:
        await world.admin.apply(CONFIG_MAPS, body, field_manager="tests", force=True, dry_run=True)
        return webhook.asked > 0

    await eventually(is_asked)


def _configuration(world: World, name: str, url: str, ca_pem: str) -> JsonObject:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": "review.tests.gitopskit.io",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "timeoutSeconds": 10,
                "failurePolicy": "Fail",
                "clientConfig": {
                    "url": url,
                    "caBundle": base64.b64encode(ca_pem.encode()).decode(),
                },
                "objectSelector": {"matchLabels": {LABEL: "yes"}},
                "namespaceSelector": {
                    "matchLabels": {"kubernetes.io/metadata.name": world.namespace}
                },
                "rules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["configmaps"],
                        "scope": "Namespaced",
                    }
                ],
            }
        ],
    }

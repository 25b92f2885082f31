"""A sealed-secrets controller on loopback, with as much API server before it as leads to it.

The controller answers as Bitnami's does, made of our own sealing functions; kubeseal and our
programs find it through a kubeconfig. It runs in a thread of its own, beside whatever is tested::

    with FakeController([old_pair, new_pair]) as controller:
        run("gitopskit", "keys", "fetch", environment={"KUBECONFIG": str(controller.kubeconfig)})

Not alike: nothing limits the rate by itself, and rights are two switches.

Source: github.com/bitnami-labs/sealed-secrets, pkg/controller/server.go.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import orjson
from aiohttp import web

from gitopskit.errors import GitopskitError, Undecryptable
from gitopskit.kube.credentials import Connection
from gitopskit.kube.tokens import fixed_token
from gitopskit.manifests.documents import read_documents
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP, UNSEALER_NAMESPACE
from gitopskit.sealing.envelope import open_value, seal_value
from gitopskit.sealing.hybrid_pem import PUBLIC_ITEM
from gitopskit.sealing.keys import CERTIFICATE_ITEM, load_certificate, read_private_keys
from gitopskit.sealing.sealed_secret import SealedSecret, parse, to_content
from tests.support.fake_api import Reply, Seen, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from gitopskit.clock import Clock
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.redaction import Plaintext
    from gitopskit.sealing.keys import KeyPair

_LARGEST_BODY_BYTES: Final = 10 * 1024 * 1024
_LARGEST_REQUEST_BYTES: Final = 2 * _LARGEST_BODY_BYTES
_PLACE: Final = r"/api/v1/namespaces/(?P<namespace>[^/]+)"
_PROXY: Final = re.compile(rf"{_PLACE}/services/(?P<target>[^/]+)/proxy(?P<path>/.*)")
_OBJECT: Final = re.compile(rf"{_PLACE}/(?P<plural>services|configmaps)/(?P<name>[^/]+)")
_SERVICES: Final = re.compile(rf"(/api/v1|{_PLACE})/services")


@dataclass(kw_only=True)
class Behaviour:
    """What a test can turn, before or while the controller runs.

    ``pairs`` are the sealing keys, the newest last; append to renew. ``more_services`` are found
    beside the controller's own, ``config_maps`` are read by ``namespace/name``.
    ``largest_body_bytes`` is what verify and rotate take. The next ``busy_answers`` requests to
    them are answered with 429.
    """

    pairs: list[KeyPair]
    name: str = "sealed-secrets-controller"
    namespace: str = "kube-system"
    labels: Mapping[str, str] = field(default_factory=dict)
    port_name: str = "http"
    more_services: list[JsonObject] = field(default_factory=list)
    config_maps: dict[str, JsonObject] = field(default_factory=dict)
    is_missing: bool = False
    has_endpoints: bool = True
    forbids_proxy: bool = False
    forbids_all_namespaces: bool = False
    busy_answers: int = 0
    largest_body_bytes: int = _LARGEST_BODY_BYTES


def service(
    name: str, namespace: str, *, port_name: str = "http", labels: Mapping[str, str]
) -> JsonObject:
    """Return a Service as a cluster keeps it; an empty port name is that of an unnamed port."""
    port = {"port": 8080, "protocol": "TCP"} | ({"name": port_name} if port_name else {})
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "spec": {"ports": [port], "type": "ClusterIP"},
    }


class FakeController:
    """The server; a context manager. Turn it by ``behaviour``, look at ``seen`` and ``asked``."""

    def __init__(self, pairs: Sequence[KeyPair], *, host: str = "127.0.0.1") -> None:
        self.behaviour = Behaviour(pairs=list(pairs))
        self.seen: list[Seen] = []
        self.asked: list[tuple[str, str, bytes]] = []
        self.url = ""
        self._host = host
        self._started: Future[str] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._stop: Callable[[], object] = bool
        self._folder = tempfile.TemporaryDirectory(prefix="fake-controller-")

    def __enter__(self) -> Self:
        self._thread.start()
        self.url = self._started.result()
        self.kubeconfig.write_bytes(orjson.dumps(self._kubeconfig()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        self._folder.cleanup()

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        if self._thread.is_alive():
            self._stop()
            self._thread.join()

    @property
    def kubeconfig(self) -> Path:
        """The path of a kubeconfig that leads here."""
        return Path(self._folder.name) / "kubeconfig"

    def connection(self, clock: Clock) -> Connection:
        """Return the same as a value."""
        return Connection(server=self.url, tokens=fixed_token("letmein", clock=clock))

    def publish(
        self, pem: bytes, hybrid: bytes = b"", *, namespace: str = UNSEALER_NAMESPACE
    ) -> None:
        """Publish a certificate, and a hybrid key if there is one, as our unsealer does."""
        own = {PUBLIC_ITEM: hybrid.decode()} if hybrid else {}
        self.behaviour.config_maps[f"{namespace}/{CERTIFICATE_CONFIG_MAP}"] = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": CERTIFICATE_CONFIG_MAP, "namespace": namespace},
            "data": {CERTIFICATE_ITEM: pem.decode()} | own,
        }

    def _kubeconfig(self) -> JsonObject:
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "jane"}}],
            "users": [{"name": "jane", "user": {"token": "letmein"}}],
        }

    async def _serve(self) -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(stopping.set)
        application = web.Application(client_max_size=_LARGEST_REQUEST_BYTES)
        application.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(application)
        try:
            await runner.setup()
            await web.TCPSite(runner, self._host, 0).start()
            self._started.set_result(f"http://{self._host}:{runner.addresses[0][1]}")
        except BaseException as error:
            self._started.set_exception(error)
            raise
        await stopping.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        seen = Seen(
            method=request.method,
            path=unquote(request.path),
            query=dict(request.query),
            headers=dict(request.headers),
            body=await request.read(),
        )
        self.seen.append(seen)
        reply = self._reply(seen)
        if reply.json is not None:
            body, kind = orjson.dumps(reply.json), "application/json"
        else:
            body, kind = reply.raw, "text/plain"
        return web.Response(status=reply.status, body=body, content_type=kind)

    def _reply(self, seen: Seen) -> Reply:
        if proxied := _PROXY.fullmatch(seen.path):
            return self._proxy(seen, **proxied.groupdict())
        if one := _OBJECT.fullmatch(seen.path):
            return self._object(**one.groupdict())
        if some := _SERVICES.fullmatch(seen.path):
            return self._services(some["namespace"] or "", seen.query.get("labelSelector", ""))
        return self._controller(seen.method, seen.path, seen.body)

    def _proxy(self, seen: Seen, *, namespace: str, target: str, path: str) -> Reply:
        behaviour = self.behaviour
        _, name, port = target.split(":")
        if behaviour.forbids_proxy:
            message = f'services "{target}" is forbidden: cannot use resource "services/proxy"'
            return refusal(403, reason="Forbidden", message=message)
        found = self._object(namespace=namespace, plural="services", name=name)
        is_own = found.status == 200 and port == behaviour.port_name
        if not (is_own and behaviour.has_endpoints):
            message = f'no endpoints available for service "{name}"'
            return refusal(503, reason="ServiceUnavailable", message=message)
        return self._controller(seen.method, path, seen.body)

    def _object(self, *, namespace: str, plural: str, name: str) -> Reply:
        kept = self._all_services() if plural == "services" else self.behaviour.config_maps.values()
        for content in kept:
            metadata = content["metadata"]
            if (metadata["namespace"], metadata["name"]) == (namespace, name):
                return Reply(json=content)
        return refusal(404, reason="NotFound", message=f'{plural} "{name}" not found')

    def _services(self, namespace: str, selector: str) -> Reply:
        if not namespace and self.behaviour.forbids_all_namespaces:
            return refusal(403, reason="Forbidden", message="services is forbidden")
        wanted = dict(part.split("=", 1) for part in selector.split(",") if part)
        items = [
            content
            for content in self._all_services()
            if namespace in ("", content["metadata"]["namespace"])
            and wanted.items() <= content["metadata"]["labels"].items()
        ]
        return Reply(json={"kind": "ServiceList", "apiVersion": "v1", "items": items})

    def _all_services(self) -> list[JsonObject]:
        turned = self.behaviour
        own = service(
            turned.name, turned.namespace, port_name=turned.port_name, labels=turned.labels
        )
        return [*turned.more_services] if turned.is_missing else [own, *turned.more_services]

    def _controller(self, method: str, path: str, body: bytes) -> Reply:
        self.asked.append((method, path, body))
        if path == "/v1/cert.pem":
            pairs = self.behaviour.pairs
            return Reply(raw=pairs[-1].certificate_pem) if pairs else Reply(status=500)
        if path not in ("/v1/verify", "/v1/rotate"):
            return Reply(status=404, raw=b"404 page not found\n")
        if self.behaviour.busy_answers:
            self.behaviour.busy_answers -= 1
            return Reply(status=429, raw=b"limit exceeded\n")
        if len(body) > self.behaviour.largest_body_bytes:
            return Reply(status=413)
        return (_verified if path == "/v1/verify" else _rotated)(body, self.behaviour.pairs)


def _verified(body: bytes, pairs: Sequence[KeyPair]) -> Reply:
    try:
        _opened(_read(body), pairs)
    except Undecryptable:
        return Reply(status=409)
    except (GitopskitError, ValueError):
        return Reply(status=500)
    return Reply()


def _rotated(body: bytes, pairs: Sequence[KeyPair]) -> Reply:
    """Seal again as Bitnami's does: the template's metadata and data get lost on the way."""
    try:
        sealed = _read(body)
        values = _opened(sealed, pairs)
    except (GitopskitError, ValueError):
        return Reply(status=500)
    certificate = load_certificate(pairs[-1].certificate_pem, where="newest")
    public_key, label = certificate.public_key, sealed.binding.label
    own = {"annotations": dict(sealed.annotations)}
    again = SealedSecret(
        name=sealed.name,
        namespace=sealed.namespace,
        metadata={"annotations": sealed.scope.annotations},
        encrypted_data={
            item: seal_value(value, public_key=public_key, label=label)
            for item, value in values.items()
        },
        template_metadata={"name": sealed.name, "namespace": sealed.namespace} | own,
        type=sealed.type,
        immutable=sealed.immutable,
    )
    return Reply(json=to_content(again))


def _read(body: bytes) -> SealedSecret:
    """Return the one SealedSecret in a text; of several documents, or none, make an error."""
    (manifest,) = read_documents(body, path="body")
    return parse(manifest.content)


def _opened(sealed: SealedSecret, pairs: Sequence[KeyPair]) -> dict[str, Plaintext]:
    keys = [
        key.key for pair in pairs for key in read_private_keys(pair.private_pem.reveal(), where="")
    ]
    return {
        item: open_value(blob, private_keys=keys, label=sealed.binding.label)
        for item, blob in sealed.encrypted_data.items()
    }

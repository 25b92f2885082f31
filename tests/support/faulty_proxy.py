"""A proxy before the API server that goes wrong as a test says, and knows what it was asked for.

Behind it is the real server: what gets through is really done, and what is answered in its stead
is what a real one answers when it is busy, broken, or somebody else was faster.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from gitopskit.kube.credentials import Connection
from gitopskit.kube.tokens import fixed_token
from tests.support.dying_proxy import DyingProxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import TypeAlias

    import aiohttp

    from gitopskit.clock import Clock
    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.tokens import Tokens
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.fake_api import Reply

    Fault: TypeAlias = Callable[["Asked"], Awaitable[Reply | None]]

_VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_SELECTORS: Final = ("labelSelector", "fieldSelector")
_PARTS_BEFORE: Final = {"api": 2, "apis": 3}
"""Of a path: ``api/v1`` or ``apis/GROUP/VERSION``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: what is to be done to what, when by the loop's clock, and as whom.

    ``call`` is the verb as the API server knows it, and the resource with its subresource;
    ``selectors`` are those of a list or watch, ``authorization`` is the header, ``sent`` the JSON
    of the body, empty where there is none.
    """

    call: str
    selectors: str
    namespace: str
    name: str
    at_seconds: float
    authorization: str
    sent: JsonObject

    @property
    def is_write(self) -> bool:
        """Tell whether it would change something."""
        return self.call.partition(" ")[0] in _VERBS.values()


class First:
    """A fault that the first requests of each sort about each object meet, and no others.

    ``calls`` are the beginnings of the calls that it is for.
    """

    def __init__(self, reply: Reply, times: int = 1, *, calls: tuple[str, ...] = ("",)) -> None:
        self._reply = reply
        self._times = times
        self._calls = calls
        self._met: Counter[tuple[str, str, str]] = Counter()

    async def __call__(self, asked: Asked) -> Reply | None:
        self._met[asked.call, asked.selectors, asked.name] += 1
        is_met = self._met[asked.call, asked.selectors, asked.name] <= self._times
        return self._reply if is_met and asked.call.startswith(self._calls) else None


class FirstWrites:
    """Tells of the first write of each sort about each object."""

    def __init__(self) -> None:
        self._met: set[tuple[str, str]] = set()

    def __call__(self, asked: Asked) -> bool:
        is_first = (asked.call, asked.name) not in self._met
        self._met.add((asked.call, asked.name))
        return asked.is_write and is_first


class FaultyProxy(DyingProxy):
    """Forwards everything, unless ``fault`` returns the answer itself; it may act or wait before.

    ``loses`` tells of which requests the answer is lost: they are done, and nobody learns of it.
    What a watch shows comes ``lag_seconds`` late.
    ``asked`` is all that arrived, ``most_at_once`` how much of it at one time, watches aside.
    """

    def __init__(self, server_url: str, ssl_context: ssl.SSLContext) -> None:
        super().__init__(server_url, ssl_context)
        self.fault: Fault = _no_fault
        self.loses: Callable[[Asked], bool] = lambda _: False
        self.lag_seconds = 0.0
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self._at_once = 0
        self._watches: dict[asyncio.Task[object], web.Request] = {}

    def calls(self, name: str = "", *, since: int = 0) -> Counter[str]:
        """Return how often each call was made (about the objects of a name), but for the first."""
        return Counter(asked.call for asked in self.asked[since:] if name in {"", asked.name})

    def told(self, name: str = "", *, namespace: str = "") -> set[str]:
        """Return what was said of a SealedSecret, a namespace's or all, got through or not."""
        return {
            asked.sent["status"]["conditions"][0]["status"]
            for asked in self.asked
            if asked.call == "patch sealedsecrets/status"
            and name in {"", asked.name}
            and namespace in {"", asked.namespace}
        }

    def heal(self) -> None:
        """Forward everything from now on."""
        self.fault = _no_fault

    def cut_watches(self) -> None:
        """Break every watch that is open off."""
        for task, request in list(self._watches.items()):
            if request.transport is not None:
                request.transport.abort()
            task.cancel()

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        asked = await _asked(request)
        self.asked.append(asked)
        if asked.call.startswith("watch"):
            return await self._watched(request, asked)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self._answered(request, asked)
        finally:
            self._at_once -= 1

    async def _watched(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        self._watches[task] = request
        try:
            return await self._answered(request, asked)
        finally:
            del self._watches[task]

    async def _answered(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        reply = await self.fault(asked)
        if reply is None:
            return await super()._forward(request)
        if reply.breaks_off:
            raise _cut_off(request)
        body = reply.raw or json.dumps(reply.json).encode()
        return web.Response(status=reply.status, body=body, headers=dict(reply.headers))

    async def _pass_on(
        self, request: web.Request, answer: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        if self.loses(await _asked(request)):
            await answer.read()
            raise _cut_off(request)
        if self.lag_seconds and "watch" in request.query:
            return await self._pass_on_late(request, answer)
        return await super()._pass_on(request, answer)

    async def _pass_on_late(
        self, request: web.Request, answer: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status)
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            await asyncio.sleep(self.lag_seconds)
            await response.write(chunk)
        return response


@asynccontextmanager
async def faulty_proxy(control_plane: ControlPlane) -> AsyncIterator[FaultyProxy]:
    """Open a proxy before a control plane."""
    trust = ssl.create_default_context(cafile=str(control_plane.ca_file))
    async with FaultyProxy(control_plane.server_url, trust) as running:
        yield running


def unsealers_tokens(control_plane: ControlPlane, clock: Clock) -> Tokens:
    """Return a token of the account that is shipped for the unsealer."""
    token = control_plane.service_account_token("kube-system", "gitopskit-unsealer")
    return fixed_token(token, clock=clock)


def through(proxy: FaultyProxy, tokens: Tokens) -> Connection:
    """Return the connection that leads through a proxy."""
    return Connection(server=proxy.url, tokens=tokens)


async def _no_fault(_: Asked) -> None:
    return None


async def _asked(request: web.Request) -> Asked:
    parts = request.path.strip("/").split("/")
    rest = parts[_PARTS_BEFORE.get(parts[0], len(parts)) :]
    namespace = ""
    if rest[0:1] == ["namespaces"] and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    resource, name, subresource = (*rest, "", "", "")[:3]
    verb = _verb(request, name)
    sent = json.loads(await request.read() or b"{}")
    return Asked(
        call=f"{verb} {resource}{subresource and '/'}{subresource}",
        selectors=" ".join(request.query.get(name, "") for name in _SELECTORS).strip(),
        namespace=namespace,
        name=sent.get("metadata", {}).get("name", "") if verb == "create" else name,
        at_seconds=asyncio.get_running_loop().time(),
        authorization=request.headers.get("Authorization", ""),
        sent=sent,
    )


def _verb(request: web.Request, name: str) -> str:
    if request.method != "GET":
        return _VERBS[request.method]
    return "watch" if "watch" in request.query else "get" if name else "list"


def _cut_off(request: web.Request) -> ConnectionResetError:
    if request.transport is not None:
        request.transport.abort()
    return ConnectionResetError("the connection broke off")

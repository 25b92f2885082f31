"""KubeClient: what the package asks of a Kubernetes API server, call by call.

Every object is plain decoded JSON. Every method raises ``ApiError`` or a subclass of it, with
``where`` as kind/namespace/name. ``as_user`` is the user to impersonate, for example
``system:serviceaccount:shop:gitopskit-applier``; empty acts as ourselves.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from gitopskit import __version__
from gitopskit.errors import ApiGone, ApiInvalid
from gitopskit.kube import requests
from gitopskit.kube.discovery import DISCOVERY_ACCEPT, DISCOVERY_PATHS, Kinds
from gitopskit.kube.requests import Request, Selection, decoded, encoded, write_query
from gitopskit.kube.transport import Transport, TransportOptions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from types import TracebackType
    from typing import Self

    from gitopskit.clock import Clock
    from gitopskit.kube.credentials import Connection
    from gitopskit.kube.resources import ResourceType
    from gitopskit.kube.services import ServicePort
    from gitopskit.kube.transport import Answer
    from gitopskit.manifests.json_types import JsonObject, JsonValue

    Keep: TypeAlias = Callable[[JsonObject], JsonObject]
    """Returns what is kept of an object."""

_MOST_RESTARTS_OF_A_LIST: Final = 3
_CREATED: Final = 201


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The object as it stands after a server-side apply, and whether the apply created it."""

    content: JsonObject
    was_created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Objects, each with its apiVersion and kind, and the version of the list as a whole."""

    items: tuple[JsonObject, ...]
    resource_version: str


class KubeClient:
    """A client of one API server; an async context manager."""

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock,
        user_agent: str = f"gitopskit/{__version__}",
        timeout_seconds: float = 30,
        in_flight: int = 32,
    ) -> None:
        """Keep how to reach the server; ``in_flight`` bounds the requests at one time."""
        self.connection = connection
        self.clock = clock
        options = TransportOptions(
            user_agent=user_agent, timeout_seconds=timeout_seconds, in_flight=in_flight
        )
        self._transport = Transport(connection, clock=clock, options=options)
        self._kinds: Kinds | None = None
        self._kinds_lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Open the client."""
        await self._transport.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._transport.close()

    async def get(
        self,
        kind: ResourceType,
        name: str,
        namespace: str = "",
        *,
        metadata_only: bool = False,
        as_user: str = "",
    ) -> JsonObject:
        """Return one object, or only its metadata beside its own apiVersion and kind."""
        ref = kind.ref(namespace=namespace, name=name)
        request = Request(
            method="GET",
            path=kind.object_path(ref),
            accept=requests.METADATA_ONLY if metadata_only else requests.JSON,
            where=str(ref),
            as_user=as_user,
        )
        return requests.typed(await self._answer(request), kind)

    async def create(
        self,
        kind: ResourceType,
        body: JsonObject,
        *,
        field_manager: str,
        dry_run: bool = False,
        is_strict: bool = False,
        as_user: str = "",
    ) -> JsonObject:
        """Create an object and return it as it stands; ``is_strict`` refuses unknown fields.

        Raises:
            ApiConflict: there is one of this name already.
        """
        ref = kind.ref_of(body)
        kind.require_namespace(ref)
        request = Request(
            method="POST",
            path=kind.collection_path(ref.namespace),
            query=write_query(field_manager, dry_run=dry_run, is_strict=is_strict),
            body=encoded(body, ref),
            where=str(ref),
            as_user=as_user,
        )
        return await self._answer(request)

    async def replace(
        self, kind: ResourceType, body: JsonObject, *, field_manager: str, as_user: str = ""
    ) -> JsonObject:
        """Replace the very object that was read, if it is unchanged, and return the new one.

        Raises:
            ApiInvalid: the body lacks the uid or the resourceVersion that it was read with.
            ApiConflict: the object changed meanwhile, or another one took its name.
        """
        ref = kind.ref_of(body)
        metadata = body.get("metadata") or {}
        if not (metadata.get("uid") and metadata.get("resourceVersion")):
            raise ApiInvalid("a replacement needs uid and resourceVersion", where=str(ref))
        request = Request(
            method="PUT",
            path=kind.object_path(ref),
            query=write_query(field_manager),
            body=encoded(body, ref),
            where=str(ref),
            as_user=as_user,
        )
        return await self._answer(request)

    async def apply(
        self,
        kind: ResourceType,
        body: JsonObject,
        *,
        field_manager: str,
        force: bool,
        dry_run: bool = False,
        as_user: str = "",
    ) -> Applied:
        """Server-side apply an object; ``force`` takes over fields that others own.

        Raises:
            ApiConflict: without ``force``, another manager owns a field with another value.
            ApiInvalid: the object does not fit the kind's schema.
        """
        ref = kind.ref_of(body)
        request = Request(
            method="PATCH",
            path=kind.object_path(ref),
            query=write_query(field_manager, dry_run=dry_run, force=force),
            content_type=requests.APPLY,
            body=encoded(body, ref),
            where=str(ref),
            as_user=as_user,
        )
        answer = await self._transport.send(request)
        content = decoded(answer.body, request.where)
        return Applied(content=content, was_created=answer.status == _CREATED)

    async def patch(  # noqa: PLR0913 -- each is a parameter of the API's own call
        self,
        kind: ResourceType,
        name: str,
        namespace: str = "",
        *,
        patch: JsonObject | list[JsonObject],
        field_manager: str,
        subresource: str = "",
        dry_run: bool = False,
        as_user: str = "",
    ) -> JsonObject:
        """Change an object by a merge patch (an object) or a JSON patch (a list); return it."""
        ref = kind.ref(namespace=namespace, name=name)
        is_list = isinstance(patch, list)
        request = Request(
            method="PATCH",
            path=kind.object_path(ref, subresource=subresource),
            query=write_query(field_manager, dry_run=dry_run),
            content_type=requests.JSON_PATCH if is_list else requests.MERGE_PATCH,
            body=encoded(patch, ref),
            where=str(ref),
            as_user=as_user,
        )
        return await self._answer(request)

    async def delete(  # noqa: PLR0913 -- each is a parameter of the API's own call
        self,
        kind: ResourceType,
        name: str,
        namespace: str = "",
        *,
        uid: str,
        resource_version: str = "",
        propagation: str = "Background",
        as_user: str = "",
    ) -> None:
        """Delete the very object of that uid, and only if unchanged where a version is given.

        ``propagation`` is Background, Foreground or Orphan. Finalizers may keep the object for
        a while after the call.

        Raises:
            ApiConflict: another object has the name, or the object changed.
            ApiNotFound: it is gone already.
        """
        ref = kind.ref(namespace=namespace, name=name)
        if not uid:
            raise ApiInvalid("a deletion needs the uid of what it deletes", where=str(ref))
        version = {"resourceVersion": resource_version} if resource_version else {}
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid, **version},
            "propagationPolicy": propagation,
        }
        request = Request(
            method="DELETE",
            path=kind.object_path(ref),
            body=encoded(options, ref),
            where=str(ref),
            as_user=as_user,
        )
        await self._transport.send(request)

    async def list(
        self,
        kind: ResourceType,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        metadata_only: bool = False,
        as_user: str = "",
    ) -> Listing:
        """Return all objects of a kind in a namespace, or in all where it is empty.

        They are read in pages; a list that grows too old on the way is begun again.
        """
        selection = Selection(
            namespace=namespace,
            label_selector=label_selector,
            field_selector=field_selector,
            metadata_only=metadata_only,
        )
        return await self.list_selection(kind, selection, as_user=as_user)

    async def list_selection(
        self,
        kind: ResourceType,
        selection: Selection,
        *,
        as_user: str = "",
        keep: Keep | None = None,
    ) -> Listing:
        """Return the objects of a selection; see ``list``.

        ``keep`` returns what is kept of each, page by page: a long list is never held whole.
        """
        for _ in range(_MOST_RESTARTS_OF_A_LIST):
            try:
                return await self._all_pages(kind, selection, as_user, keep)
            except ApiGone:
                continue
        return await self._all_pages(kind, selection, as_user, keep)

    def watch_lines(
        self, kind: ResourceType, selection: Selection, *, version: str, timeout_seconds: int
    ) -> AsyncGenerator[bytes]:
        """Yield the undecoded events of one watch until the server ends it; see ``watch``."""
        return self._transport.lines(selection.watch_request(kind, version, timeout_seconds))

    async def request(
        self, method: str, path: str, *, body: JsonValue = None, as_user: str = ""
    ) -> JsonObject:
        """Send any other request (``path`` may hold a query) and return the JSON answer."""
        where = f"{method} {path.partition('?')[0]}"
        request = Request(
            method=method,
            path=path,
            body=None if body is None else encoded(body, where),
            where=where,
            as_user=as_user,
        )
        return await self._answer(request)

    async def service_request(
        self,
        method: str,
        port: ServicePort,
        path: str,
        *,
        body: bytes | None = None,
        content_type: str = requests.JSON,
    ) -> Answer:
        """Send a request to a Service through the API server and return the Service's answer.

        Whatever HTTP status the Service answers with is returned and not raised; its body has at
        most 2 MiB and may hold anything. A Service that is busy (429) is asked again as the API
        server would be; a POST that may have been done is not repeated.

        Raises:
            ApiForbidden: we may not use ``services/proxy``.
            ApiError: there is no such Service, nothing answers behind it, or it answers too much.
        """
        return await self._transport.pass_on(
            port.request(method, path, body=body, content_type=content_type)
        )

    async def kinds(self, *, refresh: bool = False) -> Kinds:
        """Return which kinds the server has; remembered until a refresh is asked for."""
        held = self._kinds
        async with self._kinds_lock:
            if self._kinds is None or (refresh and self._kinds is held):
                found = await asyncio.gather(*map(self._discovery_document, DISCOVERY_PATHS))
                self._kinds = Kinds.of_documents(found)
            return self._kinds

    async def version(self) -> str:
        """Return the server's version, as in ``v1.37.2``; empty if it does not say.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        answer = await self._answer(Request(method="GET", path="/version", where="/version"))
        return str(answer.get("gitVersion", ""))

    async def _discovery_document(self, path: str) -> JsonObject:
        request = Request(method="GET", path=path, accept=DISCOVERY_ACCEPT, where=path)
        return await self._answer(request)

    async def _all_pages(
        self,
        kind: ResourceType,
        selection: Selection,
        as_user: str,
        keep: Keep | None,
    ) -> Listing:
        items: list[JsonObject] = []
        position = ""
        while True:
            page = await self._answer(
                selection.page_request(kind, position=position, as_user=as_user)
            )
            metadata = page.get("metadata") or {}
            typed = (requests.typed(item, kind) for item in page.get("items") or ())
            items += map(keep, typed) if keep else typed
            position = metadata.get("continue") or ""
            if not position:
                version = str(metadata.get("resourceVersion") or "")
                return Listing(items=tuple(items), resource_version=version)

    async def _answer(self, request: Request) -> JsonObject:
        return decoded((await self._transport.send(request)).body, request.where)

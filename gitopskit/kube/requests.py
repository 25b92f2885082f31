"""Request: one call of the API as a value, with its path, query, headers and body.

Pure. Owns content types, selectors, and JSON in both directions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from gitopskit.errors import ApiError, ApiInvalid, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject, JsonValue

JSON: Final = "application/json"
APPLY: Final = "application/apply-patch+yaml"
MERGE_PATCH: Final = "application/merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"
METADATA_ONLY: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST_ONLY: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

_PAGE_SIZE: Final = 500
_USER: Final = re.compile(r"[\x21-\x7e]{1,512}|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: ``where`` names its object in errors, ``as_user`` is whom to impersonate.

    ``is_passed_on`` tells that the API server passes it on to a service, which answers in its own
    words. ``limit_bytes`` bounds the answer (0: as the transport does anyway).
    """

    method: str
    path: str
    where: str
    query: Mapping[str, str] = field(default_factory=dict)
    accept: str = JSON
    content_type: str = JSON
    body: bytes | None = field(default=None, repr=False)
    as_user: str = ""
    is_passed_on: bool = False
    limit_bytes: int = 0

    def __post_init__(self) -> None:
        """Check what becomes a header.

        Raises:
            InputError: no header can carry the user's name.
        """
        if not _USER.fullmatch(self.as_user):
            raise InputError("the user to impersonate has an unusable name", where=self.where)

    @property
    def is_read(self) -> bool:
        """Tell whether repeating it is always harmless."""
        return self.method == "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which objects of a kind: those of a namespace (empty: all), narrowed by selectors."""

    namespace: str = ""
    label_selector: str = ""
    field_selector: str = ""
    metadata_only: bool = False

    def page_request(self, kind: ResourceType, *, position: str, as_user: str = "") -> Request:
        """Return the request for a page of a list; ``position`` is its continue token or empty."""
        paging = {"limit": str(_PAGE_SIZE), "continue": position}
        return Request(
            method="GET",
            path=kind.collection_path(self.namespace),
            query=self._query(paging),
            accept=METADATA_LIST_ONLY if self.metadata_only else JSON,
            where=self._where(kind),
            as_user=as_user,
        )

    def watch_request(self, kind: ResourceType, version: str, timeout_seconds: int) -> Request:
        """Return the request for what changes after a resource version."""
        watching = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(timeout_seconds),
        }
        return Request(
            method="GET",
            path=kind.collection_path(self.namespace),
            query=self._query(watching),
            accept=METADATA_ONLY if self.metadata_only else JSON,
            where=self._where(kind),
        )

    def _query(self, more: Mapping[str, str]) -> dict[str, str]:
        selectors = {"labelSelector": self.label_selector, "fieldSelector": self.field_selector}
        return {name: value for name, value in {**selectors, **more}.items() if value}

    def _where(self, kind: ResourceType) -> str:
        return str(kind.ref(namespace=self.namespace))


def write_query(
    field_manager: str,
    *,
    dry_run: bool = False,
    force: bool | None = None,
    is_strict: bool = False,
) -> dict[str, str]:
    """Return the query parameters of a write; ``force`` is for server-side apply.

    ``is_strict`` refuses unknown fields, which server-side apply does anyway.
    """
    query = {"fieldManager": field_manager}
    if dry_run:
        query["dryRun"] = "All"
    if is_strict:
        query["fieldValidation"] = "Strict"
    if force is not None:
        query["force"] = "true" if force else "false"
    return query


def encoded(content: JsonValue, where: ObjectRef | str) -> bytes:
    """Return a value as JSON.

    Raises:
        ApiInvalid: JSON has no form for something in it, or the number is too large.
    """
    try:
        return orjson.dumps(content)
    except TypeError as error:
        raise ApiInvalid(f"cannot be written as JSON: {error}", where=str(where)) from None


def decoded(body: bytes, where: str) -> JsonObject:
    """Return the JSON object in an answer.

    Raises:
        ApiError: it holds anything else.
    """
    try:
        content = orjson.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ApiError("the answer is not a JSON object", where=where)
    return content


def typed(item: JsonObject, kind: ResourceType) -> JsonObject:
    """Return an item with the apiVersion and kind that lists and metadata answers leave out."""
    return {**item, "apiVersion": kind.api_version, "kind": kind.kind}

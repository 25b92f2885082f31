"""What the API server's refusals mean: a Kubernetes Status becomes an error of ours.

Pure. Owns the rule that nothing of a Secret's content is ever passed on: for writes of
Secrets only the reason and the names of the refused fields survive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from gitopskit.errors import (
    ApiConflict,
    ApiError,
    ApiForbidden,
    ApiGone,
    ApiInvalid,
    ApiNotFound,
)
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

_CLASSES: Final[dict[int, type[ApiError]]] = {
    400: ApiInvalid,
    401: ApiForbidden,
    403: ApiForbidden,
    404: ApiNotFound,
    409: ApiConflict,
    410: ApiGone,
    413: ApiInvalid,
    415: ApiInvalid,
    422: ApiInvalid,
}
_HINTS: Final[dict[int, str]] = {
    401: "the credentials are unknown or expired: log in again, or use another context",
    403: "ask an administrator of the cluster for this right, or use another context",
    406: "the API server is too old: Kubernetes 1.30 or newer is needed",
    429: "the API server is busy: try again later",
}
_SCHEMA_REFUSAL: Final = re.compile(r"failed to create typed (patch|live) object")
"""Server-side apply reports an object that does not fit its schema as an internal error (500).

Source: k8s.io/apimachinery, util/managedfields/internal/structuredmerge.go.
"""

_SECRET_PATH: Final = re.compile(r"/api/v1/(namespaces/[^/]+/)?secrets(/|$)")
_TYPED_VALUE: Final = re.compile(r"&?value\.valueUnstructured\{.*\}", re.DOTALL)
_FIELD_PATH: Final = re.compile(r"[\w.\-/\[\]\"']{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that is not a success: its HTTP status, its body, and what was asked for.

    ``is_read`` tells that the request sent nothing that its answer could echo.
    """

    status: int
    body: bytes
    path: str
    where: str
    is_read: bool
    retry_after_seconds: float = 0.0


def error_of(refusal: Refusal) -> ApiError:
    """Return the error that a refusal means, ready to be raised.

    A body that is no Kubernetes Status is dropped: whatever answered was not the API server.
    """
    status = _decoded_status(refusal.body)
    reason = _word(status.get("reason"))
    message = str(status.get("message") or "")
    if _SECRET_PATH.match(refusal.path) and not refusal.is_read:
        told = _without_values(reason, status)
    else:
        told = scrub(_TYPED_VALUE.sub("***", message))
    is_schema_refusal = refusal.status == 500 and _SCHEMA_REFUSAL.search(message) is not None  # noqa: PLR2004 -- HTTP
    kind = ApiInvalid if is_schema_refusal else _CLASSES.get(refusal.status, ApiError)
    return kind(
        told or f"the API server answered with HTTP status {refusal.status}",
        where=refusal.where,
        hint=_HINTS.get(refusal.status, ""),
        status=refusal.status,
        reason=reason,
        retry_after_seconds=refusal.retry_after_seconds,
    )


def _decoded_status(body: bytes) -> JsonObject:
    try:
        content = orjson.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) and content.get("kind") == "Status" else {}


def _without_values(reason: str, status: JsonObject) -> str:
    if not reason:
        return ""
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    fields = sorted(set(_refused_fields(causes)))
    return f"the API server refused it ({reason})" + (f" for {', '.join(fields)}" if fields else "")


def _refused_fields(causes: JsonValue) -> list[str]:
    entries = causes if isinstance(causes, list) else []
    paths = [str(entry.get("field") or "") for entry in entries if isinstance(entry, dict)]
    return [path for path in paths if _FIELD_PATH.fullmatch(path)]


def _word(value: JsonValue) -> str:
    return value if isinstance(value, str) and value.isalnum() and value.isascii() else ""

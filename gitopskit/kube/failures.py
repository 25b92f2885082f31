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
    IMMUTABLE_FIELD,
    NAMESPACE_ENDS,
    UNKNOWN_FIELD,
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
    401: "the credentials are unknown or expired: log in again",
    403: "ask an administrator of the cluster for this right",
    406: "the API server is too old: Kubernetes 1.30 or newer is needed",
    429: "the API server is busy: try again later",
}
_MISFIT: Final = re.compile(
    r"failed to create typed patch object \(.*?\): (?P<field>\.[\w.\-/\[\]\"']{0,128})?"
)
"""Server-side apply reports an object that does not fit its schema as an internal error (500).

Source: k8s.io/apimachinery, util/managedfields/internal/structuredmerge.go.
"""

_NOT_BASE64: Final = re.compile(
    r"failed to convert new object \(.*illegal base64 data at input byte \d+$", re.DOTALL
)
"""It reports data that are not base64 in the same way.

Source: k8s.io/apimachinery, util/managedfields/internal/structuredmerge.go; Go, encoding/base64.
"""

_UNKNOWN: Final = "field not declared in schema"
"""Source: sigs.k8s.io/structured-merge-diff, typed values."""

_IMMUTABLE: Final = re.compile(
    r"immutable|may not change once set|cannot change roleRef"
    r"|updates to \w+ spec for fields other than"
)
"""What the causes say where nothing but a change is wrong.

Source: the validations of updates in k8s.io/kubernetes, pkg/apis/*/validation.
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
    message = str(status.get("message") or "")
    is_secret = _SECRET_PATH.match(refusal.path) is not None and not refusal.is_read
    told = _without_values(status, message) if is_secret else _scrubbed(message)
    is_misfit = bool(_MISFIT.search(message) or _NOT_BASE64.search(message))
    kind = ApiInvalid if is_misfit else _CLASSES.get(refusal.status, ApiError)
    return kind(
        told or f"the API server answered with HTTP status {refusal.status}",
        where=refusal.where,
        hint=_HINTS.get(refusal.status, ""),
        status=refusal.status,
        reason=_reason(status),
        retry_after_seconds=refusal.retry_after_seconds,
    )


def is_status(body: bytes) -> bool:
    """Tell whether a body is a Kubernetes Status: the API server's own answer, not a service's."""
    return bool(_decoded_status(body))


def _decoded_status(body: bytes) -> JsonObject:
    try:
        content = orjson.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) and content.get("kind") == "Status" else {}


def _scrubbed(message: str) -> str:
    return scrub(_TYPED_VALUE.sub("***", message))


def _without_values(status: JsonObject, message: str) -> str:
    """Return the reason and the refused fields' paths: nothing that could be a value."""
    if _NOT_BASE64.search(message):
        return "the API server refused it (data hold base64 alone; plain text is for stringData)"
    details = status.get("details")
    fields = _refused_fields(details.get("causes") if isinstance(details, dict) else None)
    misfit = _MISFIT.search(message)
    if misfit:
        fields = [misfit["field"] or ""]
    reason = _word(status.get("reason")) or ("does not fit its schema" if misfit else "")
    told = f"the API server refused it ({reason})" if reason else ""
    named = sorted({field for field in fields if _FIELD_PATH.fullmatch(field)})
    return f"{told} for {', '.join(named)}" if told and named else told


def _reason(status: JsonObject) -> str:
    """Return the reason of a Status, or the one of its causes that tells what will never pass.

    Source: k8s.io/apiserver, plugin namespace/lifecycle (NamespaceTerminating).
    """
    if _UNKNOWN in str(status.get("message") or ""):
        return UNKNOWN_FIELD
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    entries = [it for it in causes if isinstance(it, dict)] if isinstance(causes, list) else []
    if NAMESPACE_ENDS in {entry.get("reason") for entry in entries}:
        return NAMESPACE_ENDS
    messages = [str(entry.get("message") or "") for entry in entries]
    is_immutable = bool(messages) and all(map(_IMMUTABLE.search, messages))
    return IMMUTABLE_FIELD if is_immutable else _word(status.get("reason"))


def _refused_fields(causes: JsonValue) -> list[str]:
    entries = causes if isinstance(causes, list) else []
    return [str(entry.get("field") or "") for entry in entries if isinstance(entry, dict)]


def _word(value: JsonValue) -> str:
    return value if isinstance(value, str) and value.isalnum() and value.isascii() else ""

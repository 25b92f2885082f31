"""The names that every layer uses for JSON values."""

from __future__ import annotations

from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
"""A decoded JSON object; a Kubernetes object as the API server sends it."""

JsonValue: TypeAlias = Any
"""Any decoded JSON value."""

"""Whether an Application asks to be rolled back, and how long a revision has. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.durations import parse_duration
from gitopskit.errors import InputError
from gitopskit.reconciler import names
from gitopskit.reconciler.fields import mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.source import Source

_ON_DEGRADED: Final = "on-degraded"
_STANDARD_AFTER: Final = "5m"


def after_of(
    content: JsonObject, *, sources: Sequence[Source], is_automated: bool, where: str
) -> float | None:
    """Return the seconds that a revision has to become healthy; None: it is never rolled back.

    Raises:
        InputError: the annotations have no usable value, or the Application cannot be rolled back.
    """
    annotations = mapping(mapping(content.get("metadata")).get("annotations"))
    mode = annotations.get(names.ROLLBACK_ANNOTATION)
    text = annotations.get(names.ROLLBACK_AFTER_ANNOTATION)
    if mode is None and text is None:
        return None
    if mode != _ON_DEGRADED:
        raise InputError(
            f'{names.ROLLBACK_ANNOTATION}: "{mode or ""}" is no mode of rollback',
            where=where,
            hint=f'the only one is "{_ON_DEGRADED}"',
        )
    if len(sources) > 1 or sources[0].chart or not is_automated:
        raise InputError(
            "only automated sync of one source in Git is rolled back",
            where=where,
            hint=f"remove the annotation {names.ROLLBACK_ANNOTATION}",
        )
    seconds = parse_duration(_STANDARD_AFTER if text is None else str(text))
    if not seconds:
        raise InputError(
            f'{names.ROLLBACK_AFTER_ANNOTATION}: "{text}" is no length of time',
            where=where,
            hint="write it as in 5m or 1h30m",
        )
    return seconds

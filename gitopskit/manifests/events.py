"""libyaml's events, typed: with emitter.py the only importer of PyYAML.

Owns the way from a text to its events and libyaml's errors in our words. Knows nothing of values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import yaml
from yaml import _yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.manifests.positions import LineIndex, Mark

_MERGE_TAG: Final = "tag:yaml.org,2002:merge"
UnreadableText: Final = yaml.YAMLError
"""What the next event raises where the text is not YAML; ``explain`` says why."""


class Event(Protocol):
    """One event; which attributes it has depends on its kind, as libyaml documents."""

    anchor: str | None
    tag: str | None
    value: str
    style: str | None
    flow_style: bool
    start_mark: Mark
    end_mark: Mark


ALIAS: Final[type[Any]] = yaml.AliasEvent
DOCUMENT_START: Final[type[Any]] = yaml.DocumentStartEvent
MAPPING_END: Final[type[Any]] = yaml.MappingEndEvent
MAPPING_START: Final[type[Any]] = yaml.MappingStartEvent
SCALAR: Final[type[Any]] = yaml.ScalarEvent
SEQUENCE_END: Final[type[Any]] = yaml.SequenceEndEvent
SEQUENCE_START: Final[type[Any]] = yaml.SequenceStartEvent
STREAM_END: Final[type[Any]] = yaml.StreamEndEvent


def events_of(text: str) -> Callable[[], Event]:
    """Return what gives the next event of a text at each call, the end of the stream last.

    Raises (the returned callable):
        UnreadableText: the text is not YAML.
    """
    return cast("Callable[[], Event]", _yaml.CParser(text).get_event)


def is_merge(event: Event) -> bool:
    """Whether an event is the key ``<<``, which takes the fields of other mappings."""
    if type(event) is not SCALAR or event.value != "<<":
        return False
    return event.tag == _MERGE_TAG or (event.tag is None and not event.style)


def explain(error: yaml.YAMLError, text: str, lines: LineIndex) -> tuple[str, int]:
    """Return why a text is not YAML, and the offset; libyaml's messages hold no text of it."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        what = ", ".join(part for part in (error.context, error.problem) if part)
        return what, lines.offset(cast("Mark", error.problem_mark))
    reason = str(getattr(error, "reason", "the text is not YAML"))
    before = text.encode()[: getattr(error, "position", 0)].decode(errors="ignore")
    return reason, min(len(before), len(text))

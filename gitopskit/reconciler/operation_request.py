"""An operation that somebody asks an Application for: a sync now, maybe of a part of it.

Pure. Reads the field ``operation``, which whoever acts on it removes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitopskit.reconciler.fields import Fields
from gitopskit.reconciler.sync_policy import Retry, SyncOptions, parse_options, parse_retry

if TYPE_CHECKING:
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """One object that a sync is limited to; an empty namespace means any."""

    group: str = ""
    kind: str
    name: str
    namespace: str = ""

    def matches(self, ref: ObjectRef) -> bool:
        """Tell whether that object is meant."""
        is_named = (ref.group, ref.kind, ref.name) == (self.group, self.kind, self.name)
        return is_named and self.namespace in ("", ref.namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRequest:
    """A sync that somebody asked for; an empty revision means the one that is followed.

    ``resources`` limit it, none mean all. ``runs_hooks`` is false for the strategy ``apply``.
    ``content`` is the field as it was read: only that very one is told as done and taken out.
    """

    revision: str = ""
    prunes: bool = False
    is_dry_run: bool = False
    resources: tuple[Selected, ...] = ()
    options: SyncOptions = field(default_factory=SyncOptions)
    retry: Retry = field(default_factory=lambda: Retry(limit=0))
    runs_hooks: bool = True
    forces: bool = False
    username: str = ""
    is_automated: bool = False
    content: JsonObject = field(default_factory=dict, compare=False, repr=False)

    def covers(self, ref: ObjectRef) -> bool:
        """Tell whether that object is part of the sync."""
        return not self.resources or any(it.matches(ref) for it in self.resources)


def parse_operation(content: JsonObject, *, where: str) -> OperationRequest | None:
    """Return what an Application is asked for, or None.

    Raises:
        UnsupportedField: an option is none of Argo CD's.
        InputError: a field has no usable value.
    """
    operation = Fields(content=content, path="", where=where).child("operation")
    if not operation.content:
        return None
    sync = operation.child("sync")
    strategy = sync.child("syncStrategy")
    initiator = operation.child("initiatedBy")
    retry = operation.child("retry")
    return OperationRequest(
        revision=sync.text("revision"),
        prunes=sync.flag("prune"),
        is_dry_run=sync.flag("dryRun"),
        resources=tuple(_selected(item) for item in sync.children("resources")),
        options=parse_options(sync),
        retry=parse_retry(retry) if retry.content else Retry(limit=0),
        runs_hooks=strategy.content.get("apply") is None,
        forces=strategy.child("apply").flag("force") or strategy.child("hook").flag("force"),
        username=initiator.text("username"),
        is_automated=initiator.flag("automated"),
        content=operation.content,
    )


def _selected(resource: Fields) -> Selected:
    for name in ("kind", "name"):
        if not resource.text(name):
            raise resource.wrong(name, "is missing")
    return Selected(
        group=resource.text("group"),
        kind=resource.text("kind"),
        name=resource.text("name"),
        namespace=resource.text("namespace"),
    )

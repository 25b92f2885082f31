"""Applications as people look at them: a table, or a tree with their objects, hooks and waves.

Pure. Makes lines of texts with moods; how a mood looks is the terminal's business. What is shown
was written by others, into a status that anybody with the right may patch: no part of it is
trusted to have its form, and nothing in it steers a terminal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import groupby
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.status import status_of
from gitopskit.redaction import show_controls
from gitopskit.workflows.status_rows import Row, application_row, sealed_secret_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitopskit.manifests.json_types import JsonObject, JsonValue

Mood = Literal["", "good", "busy", "bad", "quiet", "strong"]

_COLUMNS: Final = ("name", "project", "namespace", "sync", "health", "revision", "message")
_ROW_COLUMNS: Final = ("kind", "namespace", "name", "state", "health", "revision", "message")
_MOODS: Final[Mapping[str, Mood]] = {
    "Synced": "good",
    "Healthy": "good",
    "Succeeded": "good",
    "Unsealed": "good",
    "OutOfSync": "busy",
    "Progressing": "busy",
    "Running": "busy",
    "Suspended": "busy",
    "Degraded": "bad",
    "Missing": "bad",
    "Failed": "bad",
    "Error": "bad",
}
_APPLICATION: Final = "Application"
_PHASES: Final = ("PreSync", "Sync", "PostSync", "SyncFail")
_UNDER_WAY: Final = ("Running", "Failed", "Error")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line, and what it means to whoever reads it.

    ``role`` tells what is cut first where a line is too long: a name before a word of a state.
    """

    text: str
    mood: Mood = ""
    role: Literal["", "name", "word"] = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectView:
    """One object or hook of an Application; ``phase`` and ``wave`` say when it is applied."""

    kind: str
    group: str
    namespace: str
    name: str
    state: str
    health: str
    message: str
    phase: str = "Sync"
    wave: int = 0
    is_hook: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationView:
    """One Application, or a SealedSecret beside them, which goes to where it is.

    ``operation`` tells of a sync that is not over, or that failed.
    """

    row: Row
    project: str
    destination: str
    operation: str
    objects: tuple[ObjectView, ...]

    def told(self) -> JsonObject:
        """Return it as programs read it."""
        return {
            **self.row.told(),
            "project": self.project,
            "destination": self.destination,
            "operation": self.operation,
            "objects": [_told(it) for it in self.objects],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which Applications are shown; a name may hold ``*``, what is empty is any."""

    names: tuple[str, ...] = ()
    project: str = ""
    namespace: str = ""

    def fits(self, view: ApplicationView) -> bool:
        """Tell whether an Application is one of them."""
        is_named = any(fnmatchcase(view.row.name, it) for it in self.names)
        return (
            (is_named or not self.names)
            and self.project in ("", view.project)
            and self.namespace in ("", view.destination)
        )


def view_of(content: JsonObject) -> ApplicationView:
    """Return what is to be seen of an Application."""
    spec, told = mapping(content.get("spec")), status_of(content)
    operation = mapping(told.get("operationState"))
    hooks = _items(mapping(operation.get("syncResult")).get("resources"))
    objects = [
        *map(_object, _items(told.get("resources"))),
        *(_hook(it) for it in hooks if it.get("hookType")),
    ]
    return ApplicationView(
        row=application_row(content),
        project=str(spec.get("project", "")),
        destination=str(mapping(spec.get("destination")).get("namespace", "")),
        operation=_operation(operation),
        objects=tuple(sorted(objects, key=_place)),
    )


def sealed_view_of(content: JsonObject) -> ApplicationView:
    """Return what is to be seen of a SealedSecret."""
    row = sealed_secret_row(content)
    return ApplicationView(row=row, project="", destination=row.namespace, operation="", objects=())


def called(kind: str, namespace: str, name: str) -> str:
    """Return what an object is called among Applications, which all are in one namespace."""
    return name if kind == _APPLICATION else f"{kind} {namespace}/{name}"


def table(views: Sequence[ApplicationView]) -> list[Line]:
    """Return one line for each Application below a header, in columns."""
    return _columns(_COLUMNS, list(map(_cells, views)))


def overview(rows: Sequence[Row]) -> list[Line]:
    """Return one line for each object of whatever kind below a header, in columns."""
    return _columns(_ROW_COLUMNS, list(map(_row_cells, rows)))


def line(view: ApplicationView) -> Line:
    """Return one Application as a line of its own."""
    return _joined(_cells(view))


def tree(views: Sequence[ApplicationView], *, collapses: bool = False) -> list[Line]:
    """Return each Application with its objects below; or only those that are not well."""
    lines: list[Line] = []
    for view in views:
        lines.append(_head(view))
        if not (collapses and view.row.is_well):
            lines += _branches(view)
    return lines


def fitted(views: Sequence[ApplicationView], *, height: int) -> list[Line]:
    """Return a tree that fits: what is well is collapsed first; then it comes last, and is cut."""
    lines = tree(views)
    if len(lines) > height:
        lines = tree(views, collapses=True)
    if len(lines) <= height:
        return lines
    lines = tree(sorted(views, key=lambda view: view.row.is_well), collapses=True)
    kept = max(0, height - 1)
    return [*lines[:kept], (Span(f"and {len(lines) - kept} more lines", "quiet"),)]


def _columns(names: Sequence[str], cells: Sequence[Line]) -> list[Line]:
    rows = [tuple(Span(it.upper(), "strong") for it in names), *cells]
    widths = [max(len(row[i].text) for row in rows) for i in range(len(names) - 1)]
    return [_aligned(row, widths) for row in rows]


def _row_cells(row: Row) -> Line:
    """Return the cells of a row, each as its column is called."""
    moods = {"state": "busy" if row.is_rolled_back else _mood(row.state)}
    moods |= {"health": _mood(row.health), "message": "bad" if row.is_rolled_back else ""}
    return tuple(
        Span(show_controls(str(getattr(row, it))), moods.get(it, "")) for it in _ROW_COLUMNS
    )


def _cells(view: ApplicationView) -> Line:
    row = view.row
    message = Span(show_controls(row.message), "bad" if row.is_rolled_back else "")
    state: Mood = "busy" if row.is_rolled_back else _mood(row.state)
    return (
        Span(show_controls(called(row.kind, row.namespace, row.name)), "strong", "name"),
        Span(show_controls(view.project)),
        Span(show_controls(view.destination)),
        Span(show_controls(row.state), state, "word"),
        Span(show_controls(row.health), _mood(row.health), "word"),
        Span(show_controls(row.revision)),
        message,
    )


def _head(view: ApplicationView) -> Line:
    name, _project, _namespace, state, health, revision, _message = _cells(view)
    return _joined((name, state, health, Span(revision.text, "quiet")))


def _branches(view: ApplicationView) -> list[Line]:
    """Return what stands below an Application: what is wrong, then its objects by their turn."""
    row, operation = view.row, show_controls(view.operation)
    told = row.message if row.message not in view.operation else ""
    notes = [Span(show_controls(told), "bad" if row.is_rolled_back else "busy")]
    notes += [Span(operation, "busy")]
    branches: list[list[Line]] = [[(note,)] for note in notes if note.text]
    turns = [(turn, list(group)) for turn, group in groupby(view.objects, key=_turn)]
    for turn, group in turns:
        leaves = [_leaf(it, view.destination) for it in group]
        if len(turns) == 1 and turn == "wave 0":
            branches += [[leaf] for leaf in leaves]
        else:
            branches.append([(Span(turn, "quiet"),), *_below([[leaf] for leaf in leaves])])
    return _below(branches)


def _below(branches: Sequence[Sequence[Line]]) -> list[Line]:
    """Return branches one below the other, each joined to what they belong to."""
    lines: list[Line] = []
    for number, branch in enumerate(branches, start=1):
        is_last = number == len(branches)
        first, rest = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
        for index, found in enumerate(branch):
            lines.append((Span(rest if index else first, "quiet"), *found))
    return lines


def _leaf(it: ObjectView, destination: str) -> Line:
    place = f"{it.namespace}/" if it.namespace not in ("", destination) else ""
    cells = (
        Span(show_controls(f"{it.kind} {place}{it.name}"), role="name"),
        Span(show_controls(it.state), _mood(it.state), "word"),
        Span(show_controls(it.health), _mood(it.health), "word"),
        Span(show_controls(it.message), "quiet"),
    )
    return _joined(cells)


def _turn(it: ObjectView) -> str:
    return it.phase if it.is_hook else f"wave {it.wave}"


def _place(it: ObjectView) -> tuple[int, bool, int, str, str, str]:
    """Return where an object stands: as it is applied, then by name."""
    phase = _PHASES.index(it.phase) if it.phase in _PHASES else len(_PHASES)
    return phase, not it.is_hook, it.wave, it.kind, it.namespace, it.name


def _object(item: JsonObject) -> ObjectView:
    health = mapping(item.get("health"))
    wave = item.get("syncWave")
    state = str(item.get("status", ""))
    if item.get("requiresDeletionConfirmation"):
        state = "to be deleted once approved"
    elif item.get("requiresPruning"):
        state = "being deleted" if health else "to be pruned"
    return ObjectView(
        kind=str(item.get("kind", "")),
        group=str(item.get("group", "")),
        namespace=str(item.get("namespace", "")),
        name=str(item.get("name", "")),
        state=state,
        health=str(health.get("status", "")),
        message=str(health.get("message", "")),
        wave=wave if isinstance(wave, int) else 0,
    )


def _hook(item: JsonObject) -> ObjectView:
    return ObjectView(
        kind=str(item.get("kind", "")),
        group=str(item.get("group", "")),
        namespace=str(item.get("namespace", "")),
        name=str(item.get("name", "")),
        state=str(item.get("hookPhase", "")),
        health="",
        message=str(item.get("message", "")),
        phase=str(item["hookType"]),
        is_hook=True,
    )


def _operation(operation: JsonObject) -> str:
    phase = str(operation.get("phase", ""))
    return f"{phase}: {operation.get('message', '')}" if phase in _UNDER_WAY else ""


def _told(it: ObjectView) -> JsonObject:
    return {
        "kind": it.kind,
        "group": it.group,
        "namespace": it.namespace,
        "name": it.name,
        "state": it.state,
        "health": it.health,
        "message": it.message,
        "phase": it.phase,
        "wave": it.wave,
        "isHook": it.is_hook,
    }


def _items(value: JsonValue) -> list[JsonObject]:
    return [it for it in value if isinstance(it, dict)] if isinstance(value, list) else []


def _aligned(row: Line, widths: Sequence[int]) -> Line:
    padded = [
        Span(cell.text.ljust(width), cell.mood) for cell, width in zip(row, widths, strict=False)
    ]
    return _joined((*padded, row[-1]))


def _joined(cells: Line) -> Line:
    """Return cells in one line, two spaces between them, and none at its end."""
    kept = [cell for cell in cells if cell.text]
    while kept and not kept[-1].text.strip():
        kept.pop()
    spans = [span for cell in kept for span in (Span("  "), cell)][1:]
    ends = (replace(it, text=it.text.rstrip()) for it in spans[-1:])
    return (*spans[:-1], *ends)


def _mood(word: str) -> Mood:
    return _MOODS.get(word, "busy" if word else "")

"""`status --watch`: a live tree on a terminal, elsewhere a line for each change.

One watch for each kind, and no polling. Whatever ends it, the terminal is left as it was.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.cli import output
from gitopskit.cli.colors import is_colored, is_terminal, painted
from gitopskit.cli.wiring import connect
from gitopskit.controller import logs
from gitopskit.errors import ApiError, ApiNotFound, ApiUntrusted
from gitopskit.kube.requests import Selection
from gitopskit.kube.resources import APPLICATIONS, SEALED_SECRETS
from gitopskit.kube.watch import Listed, watch_selection
from gitopskit.reconciler.names import APPLICATIONS_NAMESPACE
from gitopskit.redaction import show_controls
from gitopskit.workflows.application_view import called, line, sealed_view_of, view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
    from typing import Any, Protocol

    from gitopskit.cli.output import OutputFormat
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.workflows.application_view import ApplicationView, Choice

    class Display(Protocol):
        """Where changes are shown."""

        def show(self, views: Sequence[ApplicationView], *, is_old: bool) -> None:
            """Show how all are now; ``is_old`` where the server does not answer."""

        def leave(self) -> None:
            """Leave the terminal as it was."""

        def come_back(self) -> None:
            """Take the terminal again."""


_Key = tuple[str, str, str]
"""Kind, namespace and name."""

_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_SECONDS: Final = 1.0
_SHORTEST_PAUSE_SECONDS: Final = 0.1
"""Between two paintings: many changes at once are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A kind whose objects are shown, those of a selection for which ``view_of`` has a view."""

    kind: ResourceType
    selection: Selection
    view_of: Callable[[JsonObject], ApplicationView | None]


def applications(choice: Choice | None = None, selector: str = "") -> Followed:
    """Return the chosen Applications, to be followed."""

    def view(content: JsonObject) -> ApplicationView | None:
        found = view_of(content)
        return found if choice is None or choice.fits(found) else None

    selection = Selection(namespace=APPLICATIONS_NAMESPACE, label_selector=selector)
    return Followed(kind=APPLICATIONS, selection=selection, view_of=view)


def sealed_secrets() -> Followed:
    """Return the SealedSecrets of all namespaces, to be followed."""
    return Followed(kind=SEALED_SECRETS, selection=Selection(), view_of=sealed_view_of)


async def follow(
    context: str,
    followed: Sequence[Followed],
    *,
    form: OutputFormat,
    color: bool | None,
    prefers_pod: bool = False,
) -> None:
    """Show objects until a signal ends it; a kind that the server does not have has none.

    Raises:
        ApiForbidden: we may not watch one of the kinds.
        ApiUntrusted: there is no TLS with the server.
    """
    with _display(form, color) as display:
        follower = _Follower(display)
        logs.configure(level="warning", stream=_Sink(follower.lose))
        async with connect(context, prefers_pod=prefers_pod) as api:
            await _until_signal(
                (
                    *(follower.read(api, it) for it in followed),
                    follower.look_again(api, followed),
                    follower.paint(api),
                ),
                handlers={signal.SIGWINCH: follower.repaint, signal.SIGTSTP: follower.suspend},
            )


class _Follower:
    """Keeps how the followed objects are, and has them painted when that changes."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._views: dict[_Key, ApplicationView] = {}
        self._is_old = False
        self._changed = asyncio.Event()
        self._lost = asyncio.Event()

    async def read(self, api: KubeClient, followed: Followed) -> None:
        """Take in what a watch says, for ever."""
        try:
            await self._read(api, followed)
        except ApiNotFound:
            await asyncio.Event().wait()

    async def _read(self, api: KubeClient, followed: Followed) -> None:
        events = watch_selection(api, followed.kind, followed.selection, heard=self._hear)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Listed):
                    self._replace(followed, event.items)
                elif event.kind == "DELETED":
                    self._views.pop(_key(event.object), None)
                else:
                    self._keep(followed, event.object)
                self.repaint()

    async def look_again(self, api: KubeClient, followed: Sequence[Followed]) -> None:
        """List anew after an interruption: a watch that goes on is silent until a change."""
        while True:
            await self._lost.wait()
            self._lost.clear()
            while self._is_old:
                await api.clock.sleep(_LOOK_SECONDS)
                await self._look_again(api, followed)

    async def _look_again(self, api: KubeClient, followed: Sequence[Followed]) -> None:
        try:
            for it in followed:
                self._replace(it, await _listed(api, it))
        except ApiUntrusted:
            raise
        except ApiError:
            return
        self._hear()

    async def paint(self, api: KubeClient) -> None:
        """Paint whenever something changed, for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            views = [self._views[key] for key in sorted(self._views)]
            self._display.show(views, is_old=self._is_old)
            await api.clock.sleep(_SHORTEST_PAUSE_SECONDS)

    def repaint(self) -> None:
        """Have it painted again."""
        self._changed.set()

    def suspend(self) -> None:
        """Stop until the person goes on, and leave the terminal to them meanwhile."""
        self._display.leave()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._display.come_back()
        self.repaint()

    def lose(self) -> None:
        """Take notice that the server does not answer."""
        self._is_old = True
        self._lost.set()
        self.repaint()

    def _hear(self) -> None:
        if self._is_old:
            self._is_old = False
            self.repaint()

    def _replace(self, followed: Followed, contents: Sequence[JsonObject]) -> None:
        kept = {key: it for key, it in self._views.items() if key[0] != followed.kind.kind}
        self._views = kept
        for content in contents:
            self._keep(followed, content)

    def _keep(self, followed: Followed, content: JsonObject) -> None:
        view = followed.view_of(content)
        if view is None:
            self._views.pop(_key(content), None)
        else:
            self._views[_key(content)] = view


def _key(content: JsonObject) -> _Key:
    metadata = content["metadata"]
    return content["kind"], metadata.get("namespace", ""), metadata["name"]


async def _listed(api: KubeClient, followed: Followed) -> Sequence[JsonObject]:
    try:
        return (await api.list_selection(followed.kind, followed.selection)).items
    except ApiNotFound:
        return ()


class _Sink(io.StringIO):
    """Where logs go: a watch logs nothing but that the server does not answer."""

    def __init__(self, on_write: Callable[[], None]) -> None:
        super().__init__()
        self._on_write = on_write

    def write(self, text: str, /) -> int:
        self._on_write()
        return len(text)


class _Lines:
    """Prints each change as a line, for pipes and programs."""

    def __init__(self, form: OutputFormat, *, colored: bool) -> None:
        self._form = form
        self._colored = colored
        self._told: dict[_Key, str] = {}
        self._was_old = False

    def show(self, views: Sequence[ApplicationView], *, is_old: bool) -> None:
        """Print what is not as it was told."""
        if is_old and not self._was_old:
            output.note("the API server does not answer; it is asked again")
        self._was_old = is_old
        told = {_key_of(view): self._line(view) for view in views}
        for key, text in told.items():
            if self._told.get(key) != text:
                output.print_result(text)
        for key in sorted(self._told.keys() - told.keys()):
            output.print_result(self._gone(key))
        self._told = told

    def leave(self) -> None:
        """Leave nothing: lines stay where they are."""

    def come_back(self) -> None:
        """Go on with the next line."""

    def _line(self, view: ApplicationView) -> str:
        if self._form == "text":
            return painted([line(view)], colored=self._colored)
        return self._structured(view.told())

    def _gone(self, key: _Key) -> str:
        kind, namespace, name = key
        if self._form == "text":
            return f"{show_controls(called(kind, namespace, name))}  gone"
        return self._structured(
            {"kind": kind, "namespace": namespace, "name": name, "state": "gone"}
        )

    def _structured(self, content: dict[str, Any]) -> str:
        """Return one line of JSON, or one document of YAML, which JSON is as well."""
        text = json.dumps(content)
        return text if self._form == "json" else f"--- {text}"


def _key_of(view: ApplicationView) -> _Key:
    return view.row.kind, view.row.namespace, view.row.name


@contextmanager
def _display(form: OutputFormat, color: bool | None) -> Iterator[Display]:  # noqa: FBT001 -- typer's
    is_painted = is_colored(asked=color)
    if form != "text" or not is_terminal():
        yield _Lines(form, colored=is_painted)
        return
    from gitopskit.cli.live_tree import live_tree

    with live_tree(colored=is_painted) as display:
        yield display


async def _until_signal(
    programs: Sequence[Coroutine[Any, Any, None]],
    *,
    handlers: Mapping[signal.Signals, Callable[[], None]],
) -> None:
    """Run programs until a signal that ends them; what one of them raises is raised."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    every = {**handlers, **dict.fromkeys(_ENDINGS, ended.set)}
    heeded = {it: do for it, do in every.items() if signal.getsignal(it) is not signal.SIG_IGN}
    for number, handler in heeded.items():
        loop.add_signal_handler(number, handler)
    tasks = [asyncio.ensure_future(it) for it in (*programs, ended.wait())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for number in heeded:
            loop.remove_signal_handler(number)

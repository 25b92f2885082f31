"""`gitopskit reconciler status --watch`: a live tree on a terminal, elsewhere a line for a change.

One watch of Applications, and no polling. Whatever ends it, the terminal is left as it was.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
from contextlib import aclosing, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from gitopskit.cli import output
from gitopskit.cli.colors import is_colored, is_terminal, painted
from gitopskit.cli.wiring import connect
from gitopskit.controller import logs
from gitopskit.errors import ApiError
from gitopskit.kube.requests import Selection
from gitopskit.kube.resources import APPLICATIONS
from gitopskit.kube.watch import Listed, watch_selection
from gitopskit.reconciler.names import APPLICATIONS_NAMESPACE
from gitopskit.redaction import show_controls
from gitopskit.workflows.application_view import line, view_of
from gitopskit.workflows.applications import read_views

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
    from typing import Any, Protocol

    from gitopskit.cli.output import OutputFormat
    from gitopskit.kube.client import KubeClient
    from gitopskit.workflows.application_view import ApplicationView, Choice

    class Display(Protocol):
        """Where changes are shown."""

        def show(self, views: Sequence[ApplicationView], *, is_old: bool) -> None:
            """Show how all are now; ``is_old`` where the server does not answer."""

        def leave(self) -> None:
            """Leave the terminal as it was."""

        def come_back(self) -> None:
            """Take the terminal again."""


_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_SECONDS: Final = 1.0
_SHORTEST_PAUSE_SECONDS: Final = 0.1
"""Between two paintings: many changes at once are one."""


async def follow(
    context: str, choice: Choice, selector: str, *, form: OutputFormat, color: bool | None
) -> None:
    """Show the chosen Applications until a signal ends it.

    Raises:
        ApiForbidden: we may not watch Applications.
    """
    with _display(form, color) as display:
        follower = _Follower(display, choice)
        logs.configure(level="warning", stream=_Sink(follower.lose))
        async with connect(context, prefers_pod=True) as api:
            await _until_signal(
                (
                    follower.read(api, selector),
                    follower.look_again(api, selector),
                    follower.paint(api),
                ),
                handlers={signal.SIGWINCH: follower.repaint, signal.SIGTSTP: follower.suspend},
            )


class _Follower:
    """Keeps how the chosen Applications are, and has them painted when that changes."""

    def __init__(self, display: Display, choice: Choice) -> None:
        self._display = display
        self._choice = choice
        self._views: dict[str, ApplicationView] = {}
        self._is_old = False
        self._changed = asyncio.Event()
        self._lost = asyncio.Event()

    async def read(self, api: KubeClient, selector: str) -> None:
        """Take in what the watch says, for ever."""
        selection = Selection(namespace=APPLICATIONS_NAMESPACE, label_selector=selector)
        events = watch_selection(api, APPLICATIONS, selection, heard=self._hear)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Listed):
                    self._views.clear()
                    self._keep(*map(view_of, event.items))
                elif event.kind == "DELETED":
                    self._views.pop(event.object["metadata"]["name"], None)
                else:
                    self._keep(view_of(event.object))
                self.repaint()

    async def look_again(self, api: KubeClient, selector: str) -> None:
        """List anew after an interruption: a watch that goes on is silent until a change."""
        while True:
            await self._lost.wait()
            self._lost.clear()
            while self._is_old:
                await api.clock.sleep(_LOOK_SECONDS)
                with suppress(ApiError):
                    found = await read_views(api, self._choice, selector)
                    self._views = {view.row.name: view for view in found}
                    self._hear()

    async def paint(self, api: KubeClient) -> None:
        """Paint whenever something changed, for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            views = [self._views[name] for name in sorted(self._views)]
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

    def _keep(self, *views: ApplicationView) -> None:
        self._views.update({view.row.name: view for view in views if self._choice.fits(view)})


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
        self._told: dict[str, str] = {}
        self._was_old = False

    def show(self, views: Sequence[ApplicationView], *, is_old: bool) -> None:
        """Print what is not as it was told."""
        if is_old and not self._was_old:
            output.note("the API server does not answer; it is asked again")
        self._was_old = is_old
        told = {view.row.name: self._line(view) for view in views}
        for name, text in told.items():
            if self._told.get(name) != text:
                output.print_result(text)
        for name in sorted(self._told.keys() - told.keys()):
            output.print_result(self._gone(name))
        self._told = told

    def leave(self) -> None:
        """Leave nothing: lines stay where they are."""

    def come_back(self) -> None:
        """Go on with the next line."""

    def _line(self, view: ApplicationView) -> str:
        if self._form == "text":
            return painted([line(view)], colored=self._colored)
        return self._structured(view.told())

    def _gone(self, name: str) -> str:
        if self._form == "text":
            return f"{show_controls(name)}  gone"
        return self._structured({"kind": "Application", "name": name, "state": "gone"})

    def _structured(self, content: dict[str, Any]) -> str:
        """Return one line of JSON, or one document of YAML, which JSON is as well."""
        text = json.dumps(content)
        return text if self._form == "json" else f"--- {text}"


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

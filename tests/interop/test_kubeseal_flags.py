"""Every flag and rule of kubeseal, held against the real one.

The table is in kubeseal_rows/. Each row claims that both programs do the same, that both refuse,
or that they differ in a way that docs/howto/coming-from-kubeseal.md names.
"""

from __future__ import annotations

import http.server
import threading
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from tests.interop.kubeseal_rows import raw, recovery
from tests.interop.kubeseal_rows.topics import TOPICS
from tests.support.fake_controller import FakeController
from tests.support.kubeseal_calls import Call, Caller, Result
from tests.support.kubeseal_results import comparable, has_null
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.interop.kubeseal_rows.kinds import Differs, Refused, Same

    Run: TypeAlias = Callable[[Call], tuple[Result, Result]]

_SAME: Final = [row for topic in TOPICS for row in topic.SAME]
_REFUSED: Final = [row for topic in TOPICS for row in topic.REFUSED]
_DIFFERS: Final = [row for topic in TOPICS for row in topic.DIFFERS]


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    """The address of a server that has the certificate; as a proxy it answers for every other."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Certificate) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def run(
    kubeseal: Path,
    web: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """What runs a call by kubeseal and by ours."""
    caller = Caller(kubeseal=kubeseal, folder=tmp_path, patch=monkeypatch, capture=capsys)
    with ExitStack() as servers:

        def go(call: Call) -> tuple[Result, Result]:
            places = {"web": web, "web_host": web.removeprefix("http://")}
            if call.needs_controller:
                pairs = [sealing_pair(0), sealing_pair(1)]
                controller = servers.enter_context(FakeController(pairs))
                call.turn(controller)
                places |= {"kubeconfig": str(controller.kubeconfig), "api": controller.url}
            return caller.run(call, places)

        yield go


def _rows(rows: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in rows])


@_rows(_SAME)
def test_both_do_the_same(run: Run, row: Same) -> None:
    theirs, ours = run(row.call)

    assert (theirs.code, theirs.stderr) == (0, "")
    assert (ours.code, ours.stderr) == (0, row.note)
    assert comparable(ours.stdout) == comparable(theirs.stdout)
    assert _comparable_files(ours) == _comparable_files(theirs)
    assert not has_null(ours.stdout)


@pytest.mark.parametrize(
    ("call", "expected"), [pytest.param(*rest, id=name) for name, *rest in raw.ALIKE]
)
def test_both_seal_a_value_alike(run: Run, call: Call, expected: tuple[str, str]) -> None:
    theirs, ours = run(call)

    assert (theirs.code, ours.code, theirs.stderr, ours.stderr) == (0, 0, "", "")
    assert (raw.opened(theirs.stdout), raw.opened(ours.stdout)) == (expected, expected)


def test_both_write_a_value_to_a_file(run: Run) -> None:
    theirs, ours = run(Call(flags="--raw --name db -n shop -w out", stdin="value"))

    assert (theirs.code, ours.code, theirs.stdout, ours.stdout) == (0, 0, "", "")
    expected = ("value", "shop/db")
    assert [raw.opened(each.files["out"]) for each in (theirs, ours)] == [expected, expected]


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in recovery.ALIKE])
def test_both_recover_the_same(run: Run, call: Call) -> None:
    theirs, ours = run(call)

    assert (theirs.code, ours.code, theirs.stderr, ours.stderr) == (0, 0, "", "")
    assert recovery.recovered(ours) == recovery.recovered(theirs)
    assert ours.modes.get("out.yaml") == theirs.modes.get("out.yaml")
    assert not has_null(ours.stdout)


@_rows(_REFUSED)
def test_both_refuse_and_leave_everything_as_it_was(run: Run, row: Refused) -> None:
    theirs, ours = run(row.call)

    assert (theirs.told, ours.told) == (row.theirs, row.ours)
    assert (theirs.code, ours.code) == (1, row.code)
    assert (theirs.stdout, ours.stdout) == ("", "")
    assert (theirs.files, ours.files) == (theirs.before, ours.before)


@_rows(_DIFFERS)
def test_they_differ_as_documented(run: Run, row: Differs) -> None:
    theirs, ours = run(row.call)

    assert row.look(theirs) == row.theirs
    assert row.look(ours) == row.ours
    assert row.theirs != row.ours
    assert ours.code == 0 or ours.stdout == ""


def test_every_row_has_a_name_of_its_own() -> None:
    counts = Counter(row.name for row in (*_SAME, *_REFUSED, *_DIFFERS))

    assert [name for name, count in counts.items() if count > 1] == []


class _Certificate(http.server.BaseHTTPRequestHandler):
    """Answers with the certificate, at `/gone` with 404, at `/moved` with where it is."""

    def do_GET(self) -> None:
        is_gone, is_moved = self.path.endswith("/gone"), self.path.endswith("/moved")
        self.send_response(404 if is_gone else 302 if is_moved else 200)
        self.send_header("Location", "/tls.crt")
        body = b"" if is_gone or is_moved else sealing_pair().certificate_pem
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
        """Say nothing."""


def _comparable_files(result: Result) -> dict[str, object]:
    return {name: comparable(content) for name, content in result.files.items()}

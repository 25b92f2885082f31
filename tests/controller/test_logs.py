from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from gitopskit.controller import logs
from gitopskit.errors import EnvironmentFault
from gitopskit.redaction import Plaintext

if TYPE_CHECKING:
    from collections.abc import Iterator


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Give back the logging of the test run."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail() -> None:
    raise ValueError("hunter2")


def test_a_line_is_json_where_nobody_watches(stream: io.StringIO) -> None:
    logs.configure(level="info", stream=stream)

    structlog.get_logger().info("unsealed", object="SealedSecret/shop/db", size=Plaintext(b"abc"))

    (line,) = lines(stream)
    assert line["event"] == "unsealed"
    assert line["level"] == "info"
    assert line["object"] == "SealedSecret/shop/db"
    assert line["size"] == "Plaintext(<3 bytes, hidden>)"
    assert line["timestamp"].endswith("Z")


def test_a_line_is_readable_on_a_terminal() -> None:
    terminal = Terminal()
    logs.configure(level="info", stream=terminal)

    structlog.get_logger().info("unsealed", object="SealedSecret/shop/db")

    assert "SealedSecret/shop/db" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


def test_lines_below_the_level_are_left_out(stream: io.StringIO) -> None:
    logs.configure(level="warning", stream=stream)

    structlog.get_logger().info("unsealed")
    structlog.get_logger().warning("watch_interrupted")

    assert [line["event"] for line in lines(stream)] == ["watch_interrupted"]


def test_an_exception_is_told_by_class_and_place(stream: io.StringIO) -> None:
    logs.configure(level="info", stream=stream)

    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("work_crashed")

    (line,) = lines(stream)
    assert line["problem"] == "ValueError"
    assert "test_logs.py" in line["frames"][-1]
    assert "hunter2" not in stream.getvalue()


def test_an_error_of_our_own_keeps_its_words(stream: io.StringIO) -> None:
    logs.configure(level="info", stream=stream)

    structlog.get_logger().error("failed", exc_info=EnvironmentFault("no answer", where="x"))

    assert lines(stream)[0]["problem"] == "no answer - x"


def test_credentials_in_text_are_scrubbed(stream: io.StringIO) -> None:
    logs.configure(level="info", stream=stream)

    structlog.get_logger().info("fetched", url="https://me:hunter2@git.example/shop.git")

    assert lines(stream)[0]["url"] == "https://***@git.example/shop.git"


def test_a_library_that_logs_is_heard_without_its_exceptions_words(stream: io.StringIO) -> None:
    logs.configure(level="info", stream=stream)

    try:
        fail()
    except ValueError:
        logging.getLogger("some.library").exception("it broke with Bearer abcdefghijkl")
    logging.getLogger("some.library").info("chatter")

    (line,) = lines(stream)
    assert line["library"] == "some.library"
    assert line["problem"] == "ValueError"
    assert line["message"] == "it broke with Bearer ***"
    assert "hunter2" not in stream.getvalue()


def test_a_line_without_an_exception_has_no_frames(stream: io.StringIO) -> None:
    logs.configure(level="info", stream=stream)

    structlog.get_logger().info("done", exc_info=None)
    structlog.get_logger().info("done", exc_info=True)
    logging.getLogger("some.library").warning("careful")

    assert all("frames" not in line for line in lines(stream))

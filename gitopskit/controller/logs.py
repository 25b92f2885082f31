"""The controllers' logs: one line per unit of work on standard error.

JSON where nobody watches, columns on a terminal. Values never get here, and what libraries and
exceptions say is scrubbed or left out, because nobody can know what it quotes.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TYPE_CHECKING, Final, Literal, TextIO

import orjson
import structlog

from gitopskit.errors import GitopskitError
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

LogLevel = Literal["debug", "info", "warning", "error"]

_LONGEST_TEXT: Final = 1024
_FRAMES_SHOWN: Final = 8


def configure(*, level: LogLevel, stream: TextIO) -> None:
    """Send every log of this process, libraries' included, to a stream."""
    is_terminal = stream.isatty()
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if is_terminal
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _place_of_exception,
            _scrubbed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Forwarder()], level=logging.WARNING, force=True)


class _Forwarder(logging.Handler):
    """Hands the records of libraries to structlog, without what exceptions say."""

    def emit(self, record: logging.LogRecord) -> None:
        problem = record.exc_info[0] if record.exc_info else None
        structlog.get_logger("library").log(
            record.levelno,
            "library_message",
            library=record.name,
            message=record.getMessage(),
            **({"problem": problem.__name__} if problem else {}),
        )


def _place_of_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its class and where it came from; the message stays away.

    Errors of our own are made to be read, so they keep their words.
    """
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else None
    if info is True:
        error = _current_exception()
    if error is None:
        return event
    event["problem"] = str(error) if isinstance(error, GitopskitError) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_SHOWN:]
    event["frames"] = [
        f"{frame.filename.rpartition('/site-packages/')[2]}:{frame.lineno} {frame.name}"
        for frame in frames
    ]
    return event


def _current_exception() -> BaseException | None:

    return sys.exc_info()[1]


def _scrubbed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {
        name: scrub(value, limit=_LONGEST_TEXT) if isinstance(value, str) else value
        for name, value in event.items()
    }


def _json(event: EventDict, **_options: object) -> str:
    return orjson.dumps(event, default=str).decode()

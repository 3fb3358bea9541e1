"""Structured logs on standard error: an event name and the fields that `storage/log.py` declares.

Any other is dropped, so a secret can't slip into a log line by being passed along, whoever calls;
tracebacks are kept without the values of variables.
"""

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

from connector.app.settings import LogGroup
from storage.log import WRITTEN


def configure(settings: LogGroup) -> None:
    """Set logging up for this process."""
    level = getattr(logging, settings.level.upper())
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed_fields,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, LossyStream(sys.stderr))),
        cache_logger_on_first_use=False,
    )
    # libraries' own loggers: warnings and worse, never request lines with their query strings
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_without_documents)
    # links to files are in its lines, and must not be even where others' are let through
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def _without_documents(record: logging.LogRecord) -> bool:
    """Leave out the traceback of the assistants' SDK: its errors quote what a tool answered."""
    if record.name.partition(".")[0] == "mcp":
        record.exc_info = record.exc_text = None
    return True


class LossyStream:
    """A stream on which a line that can't be written is lost.

    A full disk, or a reader that went away, must not fail the call that logs.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write, or lose it."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """Pass on what was written, or lose it."""
        with suppress(OSError):
            self._stream.flush()


def only_allowed_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop every field that isn't declared."""
    return {name: value for name, value in event.items() if name in WRITTEN}

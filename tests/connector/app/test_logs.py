"""Log lines carry declared fields only."""

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from connector.app import logs
from connector.app.access_log import AccessLog
from connector.app.settings import LogGroup
from storage.log import logger

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Return what was written to standard error, line by line."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure(LogGroup(format="json", level="info"))
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_declared_field_is_written(log: Lines) -> None:
    logger.info("replay.begun", replay_id="rpl_1", count=3)
    (line,) = log()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "replay.begun", "level": "info", "replay_id": "rpl_1", "count": 3}


def test_a_field_that_is_not_declared_is_dropped_whoever_writes_it(log: Lines) -> None:
    structlog.get_logger().info("library.spoke", account_id="acct_1", access_token="canary")
    (line,) = log()
    assert line["account_id"] == "acct_1"
    assert "access_token" not in line
    assert "canary" not in line.values()


def test_a_traceback_has_no_values_of_variables(log: Lines) -> None:
    secret = "canary"
    try:
        raise ValueError(len(secret))
    except ValueError as error:
        logger.error("http.broken", exc_info=error)
    (line,) = log()
    assert "ValueError: 6" in line["exception"]
    assert "canary" not in line["exception"]


def test_what_is_below_the_level_is_not_written(log: Lines) -> None:
    logs.configure(LogGroup(format="json", level="error"))
    logger.warning("link.failed", link_id="lnk_1")
    assert log() == []


class Full:
    """A stream on a disk that is full."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        raise OSError(28, "No space left on device")

    def isatty(self) -> bool:
        return False


def test_a_line_that_cannot_be_written_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Full())
    logs.configure(LogGroup(format="json"))
    try:
        logger.warning("http.failed", code="X", status=503)
        AccessLog().note(
            request_id="req-1",
            address="192.0.2.1",
            method="GET",
            route="/health",
            status=200,
            seconds=0.1,
            tenant_id=None,
            key_id=None,
            account_id=None,
        )
    finally:
        structlog.reset_defaults()

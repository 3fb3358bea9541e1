"""Who asked for what, when, and how it ended: one line for each request, for those who must answer.

It is written whatever the log's level. No path, query, header or body is in it.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

Write = Callable[[str], object]


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request as it ended. `method` and `route` name the operation, as the description does."""

    request_id: str
    address: str
    method: str
    route: str
    status: int
    duration_ms: float
    timestamp: str
    tenant_id: str | None = None
    key_id: str | None = None
    account_id: str | None = None


class _Line(Request, frozen=True, omit_defaults=True, kw_only=True):
    event: str
    level: str


_encode = msgspec.json.Encoder().encode


def _to_standard_error(line: str) -> None:
    with suppress(OSError):  # a line that can't be written must not fail the request
        sys.stderr.write(line)
        sys.stderr.flush()


class AccessLog:
    """Writes requests down in the log's format."""

    def __init__(self, format: str = "json", write: Write = _to_standard_error) -> None:
        self._is_json = format == "json"
        self._write = write

    def note(
        self,
        *,
        request_id: str,
        address: str,
        method: str,
        route: str,
        status: int,
        seconds: float,
        tenant_id: str | None,
        key_id: str | None,
        account_id: str | None,
    ) -> None:
        """Write one request down."""
        line = _Line(
            request_id,
            address,
            method,
            route,
            status,
            round(seconds * 1000, 1),
            datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            tenant_id,
            key_id,
            account_id,
            event="http.request",
            level="info",
        )
        if self._is_json:
            self._write(_encode(line).decode() + "\n")
            return
        told = msgspec.structs.asdict(line)
        pairs = " ".join(f"{name}={value}" for name, value in told.items() if value is not None)
        self._write(pairs + "\n")

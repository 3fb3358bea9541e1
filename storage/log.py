"""The log that every floor writes to, and the one declaration of what a line of it may say.

An event is a literal `part.what_happened`. A field is harmless whoever reads it: an id, a name of
ours, a count. No token, no document and no URL with a query belongs here.
"""

from typing import Annotated, LiteralString, Protocol, TypedDict, Unpack, cast

import structlog


class Fields(TypedDict, total=False):
    """Every field that a call may name, with what it tells an operator."""

    account_id: Annotated[str, "account that it is about; of several, separated by commas"]
    address: Annotated[str, "who called, or where the server listens"]
    attempt: Annotated[int, "which attempt of the delivery it was, from 1"]
    code: Annotated[str | None, "code of the error, as the API answers it"]
    column: Annotated[str, "column of `table`"]
    connection_id: Annotated[str, "consent whose tokens it is about"]
    count: Annotated[int, "how many"]
    deliveries: Annotated[int, "how many deliveries"]
    delivery_id: Annotated[str, "delivery that it is about"]
    duration_ms: Annotated[float, "how long the request took"]
    error: Annotated[str | None, "kind of error, or why an attempt failed"]
    events: Annotated[int, "how many events"]
    exc_info: Annotated[BaseException | None, "traceback, without the values of variables"]
    key_hint: Annotated[str, "beginning of a key that was refused"]
    key_id: Annotated[str, "API key that asked"]
    key_name: Annotated[str | None, "sealing key"]
    kind: Annotated[str, "periodic task, kind of tokens or kind of file"]
    link_id: Annotated[str, "link that it is about"]
    method: Annotated[str, "the request's method"]
    outcome: Annotated[str, "how it ended, as the metric of the same thing says"]
    page_id: Annotated[str, "link page that the link began on"]
    records: Annotated[int, "how many records that are known from polls"]
    replay_id: Annotated[str, "replay that it is about"]
    request_id: Annotated[str, "`requestId` of the answer"]
    resource: Annotated[str, "resource that was polled"]
    route: Annotated[str, "the request's path, as the description writes it"]
    row: Annotated[str, "row of `table`"]
    status: Annotated[int, "the answer's status"]
    subscription_id: Annotated[str | None, "subscription that it is about"]
    table: Annotated[str, "table of the database"]
    target: Annotated[str, "target system"]
    tenant_id: Annotated[str, "vendor that it is about"]
    type: Annotated[str, "type of an event from the provider"]
    version: Annotated[int, "version of the tokens"]


WRITTEN = frozenset(Fields.__annotations__) | {"event", "level", "timestamp"}
"""Names that may be in a line. The last three are written for every call."""


class Logger(Protocol):
    """Writes one line for each call, from a level on that the settings say."""

    def info(self, event: LiteralString, /, **fields: Unpack[Fields]) -> None:
        """Note what goes as it should."""
        ...

    def warning(self, event: LiteralString, /, **fields: Unpack[Fields]) -> None:
        """Note what went wrong and is being dealt with."""
        ...

    def error(self, event: LiteralString, /, **fields: Unpack[Fields]) -> None:
        """Note what somebody has to look at."""
        ...

    def critical(self, event: LiteralString, /, **fields: Unpack[Fields]) -> None:
        """Note what can't be had back."""
        ...


# It looks its configuration up when it's called, so it may be made before there is one.
logger = cast(Logger, structlog.get_logger())

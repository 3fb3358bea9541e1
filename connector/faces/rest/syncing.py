"""POST /sync and GET /sync: copies of an account's records, begun and looked at."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import CursorMeta, Envelope, Meta, answer, answer_cursor
from connector.api.meaning import Moment, meaning
from connector.api.named import naming, words
from connector.api.operation import Permission, operation
from connector.api.parameters import LIMITS, PAGE_SIZE
from connector.api.parsing import parse_body, parse_query
from connector.copying.copies import Copies
from oauth.admitted import account_of
from storage.clock import iso_millis, maybe_iso_millis
from storage.repositories.copies import CopyRun

SyncedResource = Literal["invoices", "bills", "transactions"]

_RESOURCE = "SyncResource", "A kind of record that is copied."
_STATUS = (
    "SyncStatus",
    "How a run stands: OPEN (it waits), RUNNING, SUCCESS, PARTIAL_SUCCESS (some records couldn't "
    "be read), FAILED (the next one begins where this one did) or INTERRUPTED.",
)
_ORIGIN = "SyncOrigin", "Why a run was made: by a call, by a command or by its time."


def _in_utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("this moment is before the first or after the last year") from None


def _one_of_the_limits(value: int) -> int:
    if value not in LIMITS:
        raise ValueError(f"limit is one of {', '.join(map(str, LIMITS))}")
    return value


class SyncRequest(BaseModel):
    __doc__ = """What is to be copied; all there is without a word."""

    model_config = ConfigDict(extra="forbid")

    resources: tuple[
        Annotated[SyncedResource, Field(json_schema_extra=naming(*_RESOURCE))], ...
    ] = Field(default=(), max_length=3, description="The kinds of records; all without any.")
    since: Annotated[datetime, AfterValidator(_in_utc)] | None = Field(
        default=None,
        description="Of a copy that doesn't reach back so far: where it is to begin.",
    )


class SyncQuery(BaseModel):
    __doc__ = """Which runs, and how many."""

    model_config = ConfigDict(extra="forbid")

    resource: Annotated[SyncedResource, Field(json_schema_extra=naming(*_RESOURCE))] | None = Field(
        default=None, description="Only runs for this kind of record."
    )
    cursor: Annotated[str, Field(pattern=r"^run_[0-9A-Z]{26}$")] | None = Field(
        default=None, description="Go on from here: `meta.nextCursor` of the page before."
    )
    limit: Annotated[int, AfterValidator(_one_of_the_limits)] = Field(
        default=50, description="Records on a page.", json_schema_extra=PAGE_SIZE
    )


class SyncRun(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    __doc__ = "One run, which copied records of one kind as far as they had changed."

    id: Annotated[str, meaning("The run's id.")]
    resource: Annotated[
        str, words(*_RESOURCE, "invoices", "bills", "transactions"), meaning("What it copies.")
    ]
    status: Annotated[
        str,
        words(
            *_STATUS,
            *("OPEN", "RUNNING", "SUCCESS", "PARTIAL_SUCCESS", "FAILED", "INTERRUPTED"),
        ),
        meaning("How it stands."),
    ]
    origin: Annotated[
        str, words(*_ORIGIN, "API", "COMMAND", "SCHEDULE"), meaning("Why it was made.")
    ]
    from_date: Annotated[
        Moment | None,
        meaning("Records were read that changed then or later; null for all there are."),
    ]
    to_date: Annotated[
        Moment | None, meaning("What changed later is left to the next run; null until it begins.")
    ]
    is_full: Annotated[
        bool, meaning("Whether all that is copied was read, which shows what is gone.")
    ]
    created_date: Annotated[Moment, meaning("When it was asked for.")]
    started_date: Annotated[Moment | None, meaning("When it began.")]
    ended_date: Annotated[Moment | None, meaning("When it ended.")]
    duration_seconds: Annotated[float | None, meaning("How long it took; null until it ends.")]
    read: Annotated[int, meaning("Records that were read.")]
    changed: Annotated[int, meaning("Records that were new or had changed, and so were written.")]
    gone: Annotated[int, meaning("Records that were taken out, since they are gone.")]
    unreadable: Annotated[int, meaning("Records that couldn't be read.")]
    downloaded: Annotated[int, meaning("Documents that were stored.")]
    pending: Annotated[int, meaning("Documents that are looked for again.")]
    failed: Annotated[int, meaning("Documents that couldn't be had.")]
    code: Annotated[str | None, meaning("The code of the error that ended it.")]
    message: Annotated[str | None, meaning("That error in words.")]


class StartedSync(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "The runs that copy what was asked for."

    runs: Annotated[tuple[SyncRun, ...], meaning("One for each kind of record.")]


def shown_run(run: CopyRun) -> SyncRun:
    """Say a run as the API does."""
    took = None
    if run.started_at is not None and run.ended_at is not None:
        took = round((run.ended_at - run.started_at).total_seconds(), 3)
    return SyncRun(
        id=run.id,
        resource=run.resource,
        status=run.status,
        origin=run.origin,
        from_date=maybe_iso_millis(run.since),
        to_date=maybe_iso_millis(run.until),
        is_full=run.is_full,
        created_date=iso_millis(run.created_at),
        started_date=maybe_iso_millis(run.started_at),
        ended_date=maybe_iso_millis(run.ended_at),
        duration_seconds=took,
        read=run.read,
        changed=run.changed,
        gone=run.gone,
        unreadable=run.unreadable,
        downloaded=run.downloaded,
        pending=run.pending,
        failed=run.failed,
        code=run.code,
        message=run.message,
    )


@operation(
    "POST",
    "/sync",
    "Copy what changed",
    name="startSync",
    permission=Permission.WRITE,
    request=SyncRequest,
    response=Envelope[StartedSync, Meta],
    status=202,
    errors=(409,),
    description=(
        "Lets a worker copy the account's records to where the operator has set, besides the runs "
        "that are made by their time. Answers the runs; where one waits already, that one. "
        "409 `SYNC_NOT_SET_UP` where nothing is copied."
    ),
    tag="sync",
)
async def start(copies: Copies, request: Request) -> Response:
    """Begin runs: 202 with them."""
    asked = parse_body(SyncRequest, await request.body())
    runs = await copies.start(account_of(request), asked.resources, asked.since)
    return answer(request, StartedSync(tuple(map(shown_run, runs))), status=202)


@operation(
    "GET",
    "/sync",
    "List the runs that copied records",
    name="listSyncRuns",
    permission=Permission.READ,
    query=SyncQuery,
    response=Envelope[tuple[SyncRun, ...], CursorMeta],
    description="Newest first. They are kept as long as events are.",
    tag="sync",
)
async def index(copies: Copies, request: Request) -> Response:
    """List an account's runs."""
    query = parse_query(SyncQuery, request.query_params)
    runs, further = await copies.runs(
        account_of(request).id, resource=query.resource, before=query.cursor, most=query.limit
    )
    return answer_cursor(request, tuple(map(shown_run, runs)), further)


SYNC_OPERATIONS: tuple[Any, ...] = (start, index)

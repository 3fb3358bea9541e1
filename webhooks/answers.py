"""What the relay's newer answers have in common: the envelope of all lists, and how they go on."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from connector.unified.envelope import Envelope, Meta
from oauth.errors import UnauthorizedAccountKey
from storage.clock import iso_millis
from storage.errors import NotFound
from storage.repositories.accounts import Account

LIMITS = (5, 10, 20, 50, 100)
"""Records on a page, as everywhere."""

_ID = re.compile(r"[a-z]{3,4}_[0-9A-Z]{26}")
_encode = msgspec.json.Encoder().encode


def _one_of_the_limits(value: int) -> int:
    if value not in LIMITS:
        raise ValueError(f"limit is one of {', '.join(map(str, LIMITS))}")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("this moment is before the first or after the last year") from None


Limit = Annotated[int, AfterValidator(_one_of_the_limits)]
Moment = Annotated[datetime, AfterValidator(_in_utc)]
Cursor = Annotated[str, Field(pattern=f"^{_ID.pattern}$")]
Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class Strict(BaseModel):
    """What a caller sends, without a word that isn't known.

    A filter or a bound that is overlooked would list, or send again, far more than was meant.
    """

    model_config = ConfigDict(extra="forbid")


class Between(Strict):
    """Two bounds in time, in their order."""

    since: Moment | None = Field(default=None, alias="from", description="Planned then or later.")
    until: Moment | None = Field(default=None, alias="to", description="Planned before then.")

    @model_validator(mode="after")
    def _in_order(self) -> "Between":
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("from must be before to")
        return self


class CursorMeta(msgspec.Struct, frozen=True, rename="camel"):
    """About a page. `nextCursor` asks for the next one and is null at the end of the list.

    `pagination` is null: counting a log of millions would cost more than reading it.
    """

    pagination: None
    warnings: tuple[str, ...]
    request_id: str
    next_cursor: str | None


def answer(
    request: Request, data: Any, *, warnings: tuple[str, ...] = (), status: int = 200
) -> Response:
    """Wrap one record."""
    meta = Meta(None, warnings, request.state.request_id)
    return written(Envelope(data=data, meta=meta, raw_data=None, errors=None), status)


def cursor_meta(request: Request, next_cursor: str | None) -> CursorMeta:
    """Say how a list goes on."""
    return CursorMeta(None, (), request.state.request_id, next_cursor)


def written(envelope: Any, status: int = 200) -> Response:
    """Write an envelope as JSON."""
    return Response(_encode(envelope), status, media_type="application/json")


def account_of(request: Request) -> Account:
    """Answer whose account is asked about. Raises UnauthorizedAccountKey.

    Below /webhooks/tenant, which these paths may look like, the account key may be missing.
    """
    account: Account | None = getattr(request.state, "account", None)
    if account is None:
        raise UnauthorizedAccountKey
    return account


def path_id(request: Request, name: str) -> str:
    """Answer an id of the path. Raises NotFound for what can't be one."""
    given = request.path_params[name]
    if not _ID.fullmatch(given):
        raise NotFound("There is nothing with this id.")
    return given


def moment(value: datetime | None) -> str | None:
    """Write a moment that may be missing."""
    return None if value is None else iso_millis(value)

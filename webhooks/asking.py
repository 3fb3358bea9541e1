"""What the relay's calls have in common: how pages, moments and ids are asked for."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request

from connector.api.parameters import LIMITS, PAGE_SIZE
from storage.errors import NotFound

_ID = re.compile(r"[a-z]{3,4}_[0-9A-Z]{26}")


def _one_of_the_limits(value: int) -> int:
    if value not in LIMITS:
        raise ValueError(f"limit is one of {', '.join(map(str, LIMITS))}")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("this moment is before the first or after the last year") from None


Limit = Annotated[
    int,
    AfterValidator(_one_of_the_limits),
    Field(description="Records on a page.", json_schema_extra=PAGE_SIZE),
]
Moment = Annotated[datetime, AfterValidator(_in_utc)]
Cursor = Annotated[
    str,
    Field(
        pattern=f"^{_ID.pattern}$",
        description="Go on from here: `meta.nextCursor` of the page before.",
    ),
]
ShortText = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class Strict(BaseModel):
    __doc__ = """What a caller sends, without a word that isn't known.

    A filter or a bound that is overlooked would list, or send again, far more than was meant.
    """

    model_config = ConfigDict(extra="forbid")


class Between(Strict):
    __doc__ = """Two bounds in time, in their order."""

    since: Moment | None = Field(default=None, alias="from", description="Planned then or later.")
    until: Moment | None = Field(default=None, alias="to", description="Planned before then.")

    @model_validator(mode="after")
    def _in_order(self) -> "Between":
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("from must be before to")
        return self


def path_id(request: Request, name: str) -> str:
    """Return an id of the path. Raises NotFound for what can't be one."""
    given = request.path_params[name]
    if not _ID.fullmatch(given):
        raise NotFound("There is nothing with this id.")
    return given

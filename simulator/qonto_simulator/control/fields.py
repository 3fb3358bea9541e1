"""What the fields of control calls mean, where several calls share them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from qonto_simulator.scopes import ALL

from .schemas import one_of

_DECIMAL = r"^-?[0-9]{1,12}(?:\.[0-9]{1,12})?\Z"
_DAY = r"^(?:19|[2-9][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}\Z"

_MOMENT = _DAY.removesuffix(r"\Z") + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z\Z"

Id = Annotated[str, Meta(description="The id of the record")]
Organization = Annotated[
    str | None, Meta(description="Id or slug of an organisation; the first one by default")
]
AnyOrganization = Annotated[
    str | None, Meta(description="Only in this organisation, by id or slug; in all by default")
]
AnyMembership = Annotated[str | None, Meta(description="Only of this member; of all by default")]
AnyApplication = Annotated[
    str | None, Meta(description="Only of this OAuth client; of all by default")
]
AnyConsent = Annotated[
    str | None,
    Meta(description="Only this one consent, which is one connection, by its id; all by default"),
]
Application = Annotated[
    str | None, Meta(description="The `client_id` of an OAuth client; the first one by default")
]
Text = Annotated[str, Meta(min_length=1)]
Rate = Annotated[str, Meta(pattern=_DECIMAL, examples=["0.2"])]
Decimals = Annotated[str, Meta(pattern=_DECIMAL, examples=["1440.00"])]
WholeAmount = Annotated[int, Meta(ge=-(10**12) + 1, le=10**12 - 1)]
Day = Annotated[str, Meta(pattern=_DAY, examples=["2026-11-20"])]
Scope = Annotated[str, one_of(sorted(ALL))]
Last = Annotated[
    Annotated[int, Meta(ge=0)] | None, Meta(description="Only the last so many; all by default")
]
Times = Annotated[
    Annotated[int, Meta(ge=1)] | None,
    Meta(description="How many times; for ever when null"),
]
Moment = Annotated[str, Meta(pattern=_MOMENT, examples=["2026-11-20T09:00:00Z"])]

"""Arguments and options that several commands take."""

from datetime import UTC, datetime
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]

TenantArgument = Annotated[str, typer.Argument(help="The vendor's id, ten_...")]
AccountArgument = Annotated[str, typer.Argument(help="The account's id, acct_...")]

MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]
"""How a day or a moment is written, in UTC."""

Moment = Annotated[
    datetime | None, typer.Option(formats=MOMENTS, help="A day or a moment, in UTC.")
]


def in_utc(moment: datetime | None) -> datetime | None:
    """Return the moment as one in UTC."""
    return None if moment is None else moment.replace(tzinfo=UTC)

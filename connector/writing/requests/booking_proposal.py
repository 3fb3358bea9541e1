"""A document to be booked, by its file."""

from typing import Annotated, Any

import msgspec
from pydantic import BeforeValidator, Field

from connector.unified.enums import BookingType
from connector.writing.requests.base import Writable, word


def _from_json(value: object) -> object:
    """Read what a form can only hold as text."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value or "null")
    except (msgspec.MsgspecError, RecursionError):
        raise ValueError("is JSON") from None


Said = Annotated[dict[str, Any] | None, BeforeValidator(_from_json)]
"""An object as JSON in a field of a form."""


class BookingProposalRequest(Writable):
    __doc__ = "A document to be booked. All that is said of it is read from its file."

    booking_type: Annotated[BookingType, word(BookingType)] = Field(
        description="What it is: BILL, or BILL_CREDIT_NOTE for a supplier's credit note."
    )
    booking_proposal: Said = Field(
        None, description="What is on it, as JSON. Not used: it is read from the file."
    )
    folder_management: Said = Field(None, description="Where to file it, as JSON. Not used.")

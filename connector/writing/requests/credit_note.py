"""A credit note to be made."""

from typing import Annotated

from pydantic import Field

from connector.writing.requests.base import Number, Text
from connector.writing.requests.document import TotalFields, TotalLineFields


class CreditNoteLineRequest(TotalLineFields):
    __doc__ = "A line of a credit note to be made. Amounts are positive: what is given back."

    name: Text = Field(
        None, alias="itemName", description="What the line is about, in at most 40 characters."
    )
    quantity: Number | None = Field(description="How many units, above 0.", examples=[1])


class CreditNoteRequest(TotalFields):
    __doc__ = """A credit note to one invoice. Amounts are positive: what is given back.

    Beyond the contract, which has no such request. It has the names of the credit notes that are
    read, and `reason`.
    """

    invoice_id: str = Field(
        description=(
            "The id of the invoice that it corrects, which must be finalized; read as "
            "`reference`. Not in the contract."
        )
    )
    reason: str = Field(
        min_length=1,
        max_length=500,
        description="Why, in words for the customer; not in the contract.",
        examples=["Goods came back"],
    )
    credit_note_date: Annotated[str, Field(json_schema_extra={"format": "date-time"})] = Field(
        description="The date on it.", examples=["2026-11-20"]
    )
    credit_note_number: Text = Field(
        None, description="The number; the next one by default, where numbers are automatic."
    )
    currency: Text = Field(
        None, description="The currency: the invoice's, by default too.", examples=["EUR"]
    )
    credit_note_lines: tuple[CreditNoteLineRequest, ...] = Field(
        min_length=1, description="The lines."
    )
    header: Text = Field(None, description="Not used: credit notes have no header of their own.")
    footer: Text = Field(None, description="Not used: credit notes have no footer of their own.")

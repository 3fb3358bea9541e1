"""An invoice to be made or changed, and what can be done to one."""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from connector.api.named import choice
from connector.writing.requests.base import Moment, Number, Text, Writable
from connector.writing.requests.document import DocumentFields, LineRequest, NewLine

Draft = Annotated[
    Literal["DRAFT"],
    WithJsonSchema(choice("NewStatus", "What is made begins as a draft.", ("DRAFT",))),
]


class InvoiceFields(DocumentFields):
    __doc__ = """What can be said of an invoice.

    Beyond the contract: `iban`, `offer_id`, `report_e_invoicing`, and what is printed on it.
    """

    due_date: Moment = Field(None, description="When it is to be paid.", examples=["2026-12-20"])
    payment_term_duration: Number | None = Field(
        None, description="Days there are to pay, instead of a due date."
    )
    invoice_number: Text = Field(
        None, description="The number; the next one by default, where numbers are automatic."
    )
    reference: Text = Field(
        None, description="The customer's order, or your own id, in at most 40 characters."
    )
    shipping_date: Moment = Field(None, description="When it was delivered, or the service began.")
    shipping_end_date: Moment = Field(None, description="When the service ended.")
    iban: Text = Field(
        None,
        description=(
            "Where to pay: the IBAN of one of the organisation's accounts; the main account by "
            "default. Not in the contract."
        ),
    )
    bank_account_id: Text = Field(
        None, description="The same by the id of the account; not in the contract."
    )
    file_id: Text = Field(None, description="The id of an uploaded file that goes with it.")
    offer_id: Text = Field(None, description="The id of the offer; not in the contract.")
    report_e_invoicing: bool | None = Field(
        None, description="Report it to the Italian network; not in the contract."
    )
    status: Draft | None = Field(
        None, description="DRAFT, and nothing else: what can't be undone is a call of its own."
    )
    invoice_type: Text = Field(None, description="STANDARD.")


class InvoiceRequest(InvoiceFields):
    __doc__ = "An invoice to be made, as a draft."

    contact_id: str = Field(description="The id of the customer.")
    invoice_date: Annotated[str, Field(json_schema_extra={"format": "date-time"})] = Field(
        description="The date on it.", examples=["2026-11-20"]
    )
    line_items: tuple[NewLine, ...] = Field(min_length=1, description="The lines.")


class InvoiceChange(InvoiceFields):
    __doc__ = "What to change of a draft; what isn't sent stays as it is."

    contact_id: Text = Field(None, description="The id of the customer.")
    invoice_date: Moment = Field(None, description="The date on it.")
    line_items: tuple[LineRequest, ...] | None = Field(
        None, description="All its lines: they take the place of those there are."
    )


class PaidRequest(Writable):
    __doc__ = "When it was paid."

    paid_date: Moment = Field(None, description="The day, not in the future; today without.")


class MailRequest(Writable):
    __doc__ = "An e-mail with a document."

    recipients: tuple[str, ...] = Field(
        min_length=1, max_length=100, description="The addresses it goes to."
    )
    subject: str = Field(min_length=1, max_length=255, description="Its subject.")
    body: Text = Field(None, description="Its text; the target system's own by default.")
    copy_to_self: bool = Field(
        False, description="Send a copy to whoever linked the account; not by default."
    )

"""An invoice to be issued in one call: made, checked, finalized, and sent."""

from pydantic import Field

from connector.writing.requests.base import Moment, Text
from connector.writing.requests.customer import CustomerRequest
from connector.writing.requests.document import NewLine
from connector.writing.requests.invoice import InvoiceFields, InvoiceRequest


class IssueRequest(InvoiceFields):
    __doc__ = """An invoice to be issued. Either `contactId` or `customer` says for whom."""

    contact_id: Text = Field(None, description="The id of the customer, if it is known.")
    customer: CustomerRequest | None = Field(
        None,
        description=(
            "The customer: found by VAT number, tax number, e-mail address or name, in this order, "
            "and made if there is none. What is there already isn't changed."
        ),
    )
    invoice_date: Moment = Field(None, description="The date on it; today without.")
    line_items: tuple[NewLine, ...] = Field(min_length=1, description="The lines.")
    as_e_invoice: bool = Field(
        False,
        description=(
            "Send it through the e-invoicing network. Where that can't be done nothing is made: it "
            "is never sent by e-mail instead."
        ),
    )

    def draft(self, contact_id: str, today: str) -> InvoiceRequest:
        """Return the draft to make for a customer."""
        given = InvoiceFields.model_fields.keys() & self.model_fields_set
        return InvoiceRequest(
            **{name: getattr(self, name) for name in given},
            contact_id=contact_id,
            invoice_date=self.invoice_date or today,
            line_items=self.line_items,
        )

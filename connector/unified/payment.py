"""What was paid on a document."""

from decimal import Decimal
from typing import Annotated

import msgspec

from connector.api.meaning import Moment, meaning
from connector.unified import fields
from connector.unified.enums import PaymentDocumentType, TransferStatus


class PaymentLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = (
        """What was paid on one document; `invoice_id` is its id, be it an invoice or a bill."""
    )

    account_id: Annotated[str | None, meaning("The id of the bank account that paid or was paid.")]
    amount: Annotated[Decimal | None, meaning("What was paid on the document.")]
    contact_name: fields.ContactName
    contact_id: fields.ContactId
    customer_id: fields.CustomerId
    description: fields.Description
    invoice_id: Annotated[str | None, meaning("The id of the invoice or the bill that was paid.")]
    supplier_id: fields.SupplierId
    payment_date: Annotated[Moment | None, meaning("When it was paid.")]


class Payment(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A payment: what a document says was paid on it, or a transfer of money."""

    id: fields.Id
    currency: fields.Currency
    created_date: fields.CreatedDate
    document_type: Annotated[PaymentDocumentType | None, meaning("What kind of document was paid.")]
    exchange_rate: fields.ExchangeRate
    journal_code: fields.JournalCode
    updated_date: fields.UpdatedDate
    payment_type: Annotated[str | None, meaning("How it was paid, in the target system's words.")]
    payment_lines: Annotated[
        tuple[PaymentLine, ...], meaning("A line for each document that was paid.")
    ]
    status: Annotated[
        TransferStatus | None,
        meaning("Where a transfer stands; null of what a document says was paid."),
    ]
    declined_reason: Annotated[
        str | None, meaning("Why a transfer was declined, in the target system's words.")
    ]
    scheduled_date: Annotated[Moment | None, meaning("The day on which a transfer is to go.")]
    transfer_ids: Annotated[
        tuple[str, ...],
        meaning(
            "The transfers in this list that made the payment which a document tells of. Their "
            "amounts are in its own: leave out one side when adding up."
        ),
    ]

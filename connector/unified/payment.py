"""What was paid on a document."""

from decimal import Decimal

import msgspec

from connector.unified.enums import PaymentDocumentType


class PaymentLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What was paid on one document; `invoice_id` is its id, be it an invoice or a bill."""

    account_id: str | None
    amount: Decimal | None
    contact_name: str | None
    contact_id: str | None
    customer_id: str | None
    description: str | None
    invoice_id: str | None
    supplier_id: str | None
    payment_date: str | None


class Payment(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A payment, with a line for each document that it pays."""

    id: str | None
    currency: str | None
    created_date: str | None
    document_type: PaymentDocumentType | None
    exchange_rate: Decimal | None
    journal_code: str | None
    updated_date: str | None
    payment_type: str | None
    payment_lines: tuple[PaymentLine, ...]

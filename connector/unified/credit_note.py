"""A credit note issued to a customer."""

from decimal import Decimal

import msgspec

from connector.unified.address import Address
from connector.unified.enums import DocumentStatus, PaymentStatus


class CreditNoteLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One line of a credit note."""

    id: str | None
    created_date: str | None
    description: str | None
    item_id: str | None
    item_name: str | None
    quantity: Decimal | None
    tax_code: str | None
    tax_rate_percentage: Decimal | None
    total_discount_amount: Decimal | None
    total_discount_percentage: Decimal | None
    total_gross_amount: Decimal | None
    total_net_amount: Decimal | None
    total_tax_amount: Decimal | None
    unit_amount: Decimal | None
    unit_discount_amount: Decimal | None
    unit_discount_percentage: Decimal | None
    unit_name: str | None
    updated_date: str | None


class CreditNote(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A credit note issued to a customer. `reference` names the invoice that it corrects."""

    id: str | None
    addresses: tuple[Address, ...]
    contact_id: str | None
    created_date: str | None
    credit_note_date: str | None
    credit_note_lines: tuple[CreditNoteLine, ...]
    credit_note_number: str | None
    currency: str | None
    payment_status: PaymentStatus | None
    payment_term_id: str | None
    reference: str | None
    status: DocumentStatus | None
    total_discount_amount: Decimal | None
    total_discount_percentage: Decimal | None
    total_gross_amount: Decimal | None
    total_net_amount: Decimal | None
    total_tax_amount: Decimal | None
    updated_date: str | None

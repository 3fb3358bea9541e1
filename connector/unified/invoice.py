"""An invoice issued to a customer."""

from decimal import Decimal

import msgspec

from connector.unified.address import Address
from connector.unified.enums import (
    DocumentStatus,
    EInvoicingStatus,
    InvoiceType,
    LineAmountTypes,
    PaymentStatus,
    TaxRule,
)


class InvoiceDimension(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A cost centre, project or other dimension a line is booked to."""

    id: str | None
    category_name: str | None
    name: str | None


class InvoiceLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One line of an invoice. `items_amount` is net, `gross_amount` includes tax."""

    line_item_id: str | None
    account_id: str | None
    created_date: str | None
    description: str | None
    dimensions: tuple[InvoiceDimension, ...]
    discount_item_amount: Decimal | None
    discount_item_percentage: Decimal | None
    gross_amount: Decimal | None
    items_amount: Decimal | None
    item_id: str | None
    name: str | None
    quantity: Decimal | None
    tax_code: str | None
    tax_rate_percentage: Decimal | None
    unit_amount: Decimal | None
    updated_date: str | None


class EInvoicingEvent(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What happened to an electronic invoice; `code` is that of the network, 205 for approved."""

    code: str | None
    date: str | None
    message: str | None
    reason: str | None


class Invoice(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An invoice issued to a customer. `id` and its former name `invoice_id` are the same value.

    Beyond the contract: `credit_note_ids`, `e_invoicing_status` and its events, `finalized_date`,
    `invoice_url`, where the customer sees it, and `performance_end_date`.
    """

    id: str | None
    invoice_id: str | None
    addresses: tuple[Address, ...]
    contact_id: str | None
    created_date: str | None
    credit_note_ids: tuple[str, ...]
    currency: str | None
    discount_amount: Decimal | None
    due_date: str | None
    e_invoicing_events: tuple[EInvoicingEvent, ...]
    e_invoicing_status: EInvoicingStatus | None
    file_id: str | None
    finalized_date: str | None
    invoice_date: str | None
    invoice_number: str | None
    invoice_type: InvoiceType | None
    invoice_url: str | None
    journal_code: str | None
    line_amount_types: LineAmountTypes | None
    line_items: tuple[InvoiceLine, ...]
    name: str | None
    one_line_address: str | None
    paid_date: str | None
    payment_status: PaymentStatus | None
    payment_term_duration: int | None
    payment_term_id: str | None
    performance_end_date: str | None
    reference: str | None
    shipping_date: str | None
    status: DocumentStatus | None
    sum_net_amount: Decimal | None
    tax_rule: TaxRule | None
    total_amount: Decimal | None
    total_tax_amount: Decimal | None
    updated_date: str | None

"""A bill received from a supplier."""

from decimal import Decimal

import msgspec

from connector.unified.address import Address
from connector.unified.enums import (
    DocumentKind,
    DocumentStatus,
    PaymentStatus,
    ShippingType,
    TaxRule,
)


class BillDimension(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A cost centre, project or other dimension a line is booked to."""

    name: str | None
    category_name: str | None


class BillLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One line of a bill."""

    id: str | None
    account_id: str | None
    account_number: str | None
    created_date: str | None
    deferred_end_date: str | None
    deferred_start_date: str | None
    description: str | None
    dimensions: tuple[BillDimension, ...]
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


class BillTax(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The tax of a bill at one rate."""

    amount: Decimal | None
    rate_percentage: Decimal | None


class Bill(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A bill received from a supplier, or another document that came in with the bills.

    `document_kind`, which the contract doesn't have, tells them apart. Beyond it are also
    `file_name`, `scheduled_date`, when it will be paid, `taxes` by their rates, and `tax_number`,
    the supplier's.
    """

    id: str | None
    account_id: str | None
    addresses: tuple[Address, ...]
    bill_date: str | None
    bill_number: str | None
    contact_id: str | None
    created_date: str | None
    currency: str | None
    delivery_date: str | None
    document_kind: DocumentKind | None
    due_date: str | None
    file_id: str | None
    file_name: str | None
    journal_code: str | None
    line_items: tuple[BillLine, ...]
    name: str | None
    one_line_address: str | None
    paid_date: str | None
    payment_reference: str | None
    payment_term_code: str | None
    payment_status: PaymentStatus | None
    payment_days: int | None
    reference: str | None
    scheduled_date: str | None
    shipping_date: str | None
    shipping_type: ShippingType | None
    status: DocumentStatus | None
    tax_number: str | None
    tax_rule: TaxRule | None
    tax_text: str | None
    taxes: tuple[BillTax, ...]
    total_discount_amount: Decimal | None
    total_discount_percentage: Decimal | None
    total_gross_amount: Decimal | None
    total_net_amount: Decimal | None
    total_tax_amount: Decimal | None
    updated_date: str | None

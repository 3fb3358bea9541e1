"""A credit note received from a supplier."""

from decimal import Decimal

import msgspec

from connector.unified.address import Address
from connector.unified.enums import DocumentStatus, PaymentStatus, ShippingType, TaxRule


class VendorCreditDimension(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A cost centre, project or other dimension a line is booked to."""

    name: str | None
    category_name: str | None


class VendorCreditLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One line of a supplier's credit note."""

    id: str | None
    account_id: str | None
    account_number: str | None
    created_date: str | None
    deferred_end_date: str | None
    deferred_start_date: str | None
    description: str | None
    dimensions: tuple[VendorCreditDimension, ...]
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


class VendorCredit(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A credit note received from a supplier."""

    id: str | None
    account_id: str | None
    addresses: tuple[Address, ...]
    contact_id: str | None
    created_date: str | None
    currency: str | None
    delivery_date: str | None
    due_date: str | None
    file_id: str | None
    journal_code: str | None
    line_items: tuple[VendorCreditLine, ...]
    name: str | None
    one_line_address: str | None
    paid_date: str | None
    payment_reference: str | None
    payment_term_id: str | None
    payment_status: PaymentStatus | None
    payment_days: int | None
    reference: str | None
    shipping_date: str | None
    shipping_type: ShippingType | None
    status: DocumentStatus | None
    tax_rule: TaxRule | None
    tax_text: str | None
    total_discount_amount: Decimal | None
    total_discount_percentage: Decimal | None
    total_gross_amount: Decimal | None
    total_net_amount: Decimal | None
    total_tax_amount: Decimal | None
    updated_date: str | None
    vendor_credit_date: str | None
    vendor_credit_number: str | None

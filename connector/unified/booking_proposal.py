"""A document with what is needed to book it (first version of the contract)."""

from decimal import Decimal

import msgspec

from connector.unified.enums import BookingLineType, BookingStatus, BookingType


class BookingProposalAddress(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """All that a booking proposal tells about an address."""

    city: str | None


class BookingProposalLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One line of a booking proposal."""

    id: str | None
    account_code: str | None
    account_id: str | None
    account_name: str | None
    account_number: int | None
    booking_tax_code: str | None
    created_date: str | None
    description: str | None
    dimension1: str | None
    dimension2: str | None
    discount_amount: Decimal | None
    discount_amount2: Decimal | None
    discount_percentage: Decimal | None
    discount_percentage2: Decimal | None
    tax_code: str | None
    tax_rate_percentage: Decimal | None
    total_gross_amount: Decimal | None
    total_net_amount: Decimal | None
    type: BookingLineType | None
    updated_date: str | None


class BookingProposal(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An invoice, a bill or a credit note of either, as a suggested booking entry."""

    id: str | None
    account_name: str | None
    addresses: tuple[BookingProposalAddress, ...]
    bank_account_id: str | None
    bank_account_number: int | None
    bank_code: str | None
    bic: str | None
    booking_proposal_date: str | None
    booking_type: BookingType | None
    contact_account_number: int | None
    contact_id: str | None
    contact_name: str | None
    created_date: str | None
    currency: str | None
    delivery_date: str | None
    discount_payment_date: str | None
    discount_payment_date2: str | None
    due_date: str | None
    files: tuple[str, ...]
    journal_code: str | None
    iban: str | None
    is_payment_order: bool | None
    ledger_name: str | None
    line_items: tuple[BookingProposalLine, ...]
    notes: str | None
    number: str | None
    order_id: str | None
    paid_date: str | None
    payment_terms_id: str | None
    status: BookingStatus | None
    task_id: str | None
    total_gross_amount: Decimal | None
    updated_date: str | None
    vat_id: str | None

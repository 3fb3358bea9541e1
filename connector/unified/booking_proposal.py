"""A document with what is needed to book it (first version of the contract)."""

from decimal import Decimal
from typing import Annotated

import msgspec

from connector.api.meaning import Moment, meaning
from connector.unified import fields
from connector.unified.enums import BookingLineType, BookingStatus, BookingType


class BookingProposalAddress(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """All that a booking proposal tells about an address."""

    city: fields.City


class BookingProposalLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """One line of a booking proposal."""

    id: fields.LineId
    account_code: fields.AccountCode
    account_id: fields.AccountId
    account_name: fields.AccountName
    account_number: fields.AccountNumber
    booking_tax_code: Annotated[str | None, meaning("The code of the tax to book with.")]
    created_date: fields.CreatedDate
    description: fields.Description
    dimension1: Annotated[str | None, meaning("The first dimension to book to.")]
    dimension2: Annotated[str | None, meaning("The second dimension to book to.")]
    discount_amount: fields.DiscountAmount
    discount_amount2: Annotated[Decimal | None, meaning("What a second discount takes off.")]
    discount_percentage: Annotated[
        Decimal | None, meaning("What the first discount takes off, in percent.")
    ]
    discount_percentage2: Annotated[
        Decimal | None, meaning("What a second discount takes off, in percent.")
    ]
    tax_code: fields.TaxCode
    tax_rate_percentage: fields.TaxRatePercentage
    total_gross_amount: fields.TotalGrossAmount
    total_net_amount: fields.TotalNetAmount
    type: Annotated[BookingLineType | None, meaning("Whether it is about goods or services.")]
    updated_date: fields.UpdatedDate


class BookingProposal(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """An invoice, a bill or a credit note of either, as a suggested booking entry."""

    id: fields.Id
    account_name: Annotated[str | None, meaning("The name of the account to book to.")]
    addresses: Annotated[
        tuple[BookingProposalAddress, ...], meaning("The addresses on the document.")
    ]
    bank_account_id: Annotated[
        str | None, meaning("The id of the bank account that paid or was paid.")
    ]
    bank_account_number: Annotated[
        int | None, meaning("The number of the bank account that paid or was paid.")
    ]
    bank_code: Annotated[str | None, meaning("The code of the bank.")]
    bic: fields.Bic
    booking_proposal_date: Annotated[Moment | None, meaning("The date on the document.")]
    booking_type: Annotated[BookingType | None, meaning("What kind of document is to be booked.")]
    contact_account_number: Annotated[int | None, meaning("The number of the contact's account.")]
    contact_id: fields.ContactId
    contact_name: fields.ContactName
    created_date: fields.CreatedDate
    currency: fields.Currency
    delivery_date: fields.DeliveryDate
    discount_payment_date: Annotated[
        Moment | None, meaning("Until when the first discount is granted.")
    ]
    discount_payment_date2: Annotated[
        Moment | None, meaning("Until when the second discount is granted.")
    ]
    due_date: fields.DueDate
    files: fields.FileIds
    journal_code: fields.JournalCode
    iban: fields.Iban
    is_payment_order: Annotated[bool | None, meaning("Whether a payment was ordered.")]
    ledger_name: fields.LedgerName
    line_items: Annotated[tuple[BookingProposalLine, ...], meaning("The lines to book.")]
    notes: Annotated[str | None, meaning("What is noted on the document.")]
    number: Annotated[str | None, meaning("The document's number.")]
    order_id: Annotated[str | None, meaning("The id of the order that it is about.")]
    paid_date: fields.PaidDate
    payment_terms_id: Annotated[str | None, meaning("The id of the terms of payment.")]
    status: Annotated[BookingStatus | None, meaning("Where the document stands.")]
    task_id: fields.TaskId
    total_gross_amount: fields.TotalGrossAmount
    updated_date: fields.UpdatedDate
    vat_id: fields.VatId

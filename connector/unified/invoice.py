"""An invoice issued to a customer."""

from decimal import Decimal
from typing import Annotated

import msgspec

from connector.api.meaning import Moment, meaning
from connector.unified import fields
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
    __doc__ = """A cost centre, project or other dimension a line is booked to."""

    id: fields.Id
    category_name: fields.CategoryName
    name: Annotated[str | None, meaning("The dimension's name.")]


class InvoiceLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """One line of an invoice. `items_amount` is net, `gross_amount` includes tax."""

    line_item_id: fields.LineId
    account_id: fields.AccountId
    created_date: fields.CreatedDate
    description: fields.Description
    dimensions: Annotated[
        tuple[InvoiceDimension, ...], meaning("What the line is booked to besides its account.")
    ]
    discount_item_amount: Annotated[Decimal | None, meaning("What is taken off by a discount.")]
    discount_item_percentage: Annotated[
        Decimal | None, meaning("What is taken off by a discount, in percent.")
    ]
    gross_amount: Annotated[Decimal | None, meaning("The amount of the line with tax.")]
    items_amount: Annotated[Decimal | None, meaning("The amount of the line without tax.")]
    item_id: fields.ItemId
    name: Annotated[str | None, meaning("What the line is about.")]
    quantity: fields.Quantity
    tax_code: fields.TaxCode
    tax_rate_percentage: fields.TaxRatePercentage
    unit_amount: fields.UnitAmount
    updated_date: fields.UpdatedDate


class EInvoicingEvent(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """What happened to an electronic invoice, with the network's `code` of it."""

    code: Annotated[
        str | None, meaning("The code of the network for it, such as 205 for approved.")
    ]
    date: Annotated[Moment | None, meaning("When it happened.")]
    message: Annotated[str | None, meaning("What happened, in words.")]
    reason: Annotated[str | None, meaning("Why it happened, in words.")]


class Invoice(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """An invoice issued to a customer. `id` and `invoice_id`, the former name, are one.

    Beyond the contract: `credit_note_ids`, `e_invoicing_status` and its events, `finalized_date`,
    `invoice_url`, where the customer sees it, and `performance_end_date`.
    """

    id: fields.Id
    invoice_id: Annotated[str, meaning("The same as `id`, by its former name.")]
    addresses: Annotated[tuple[Address, ...], meaning("The addresses on the document.")]
    contact_id: fields.ContactId
    created_date: fields.CreatedDate
    credit_note_ids: Annotated[
        tuple[str, ...],
        meaning("The ids of the credit notes that correct it; not in the contract."),
    ]
    currency: fields.Currency
    discount_amount: fields.DiscountAmount
    due_date: fields.DueDate
    e_invoicing_events: Annotated[
        tuple[EInvoicingEvent, ...],
        meaning("What happened to it as an electronic invoice; not in the contract."),
    ]
    e_invoicing_status: Annotated[
        EInvoicingStatus | None,
        meaning("How far it got as an electronic invoice; not in the contract."),
    ]
    file_id: fields.FileId
    finalized_date: Annotated[
        Moment | None,
        meaning("When it was finalised, so that it changes no more; not in the contract."),
    ]
    invoice_date: Annotated[Moment | None, meaning("The date on the invoice.")]
    invoice_number: Annotated[str | None, meaning("The number of the invoice.")]
    invoice_type: Annotated[InvoiceType | None, meaning("What kind of document it is.")]
    invoice_url: Annotated[str | None, meaning("Where the customer sees it; not in the contract.")]
    journal_code: fields.JournalCode
    line_amount_types: Annotated[
        LineAmountTypes | None,
        meaning("Whether the prices of its lines are without tax, with it, or untaxed."),
    ]
    line_items: Annotated[tuple[InvoiceLine, ...], meaning("The lines of the invoice.")]
    name: Annotated[str | None, meaning("Whom the invoice is for.")]
    one_line_address: fields.OneLineAddress
    paid_date: fields.PaidDate
    payment_status: Annotated[PaymentStatus | None, meaning("Whether it is paid.")]
    payment_term_duration: Annotated[int | None, meaning("Days there are to pay.")]
    payment_term_id: fields.PaymentTermId
    performance_end_date: Annotated[
        Moment | None, meaning("When the service ends that it is for; not in the contract.")
    ]
    reference: fields.ReferenceText
    shipping_date: fields.ShippingDate
    status: Annotated[DocumentStatus | None, meaning("Where the document stands.")]
    sum_net_amount: Annotated[Decimal | None, meaning("The amount without tax.")]
    tax_rule: Annotated[TaxRule | None, meaning("By which rule the document is taxed.")]
    total_amount: Annotated[Decimal | None, meaning("The amount with tax.")]
    total_tax_amount: fields.TotalTaxAmount
    updated_date: fields.UpdatedDate

"""A bill received from a supplier."""

from decimal import Decimal
from typing import Annotated

import msgspec

from connector.api.meaning import Moment, meaning
from connector.unified import fields
from connector.unified.address import Address
from connector.unified.enums import (
    DocumentKind,
    DocumentStatus,
    PaymentStatus,
    ShippingType,
    TaxRule,
)


class BillDimension(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A cost centre, project or other dimension a line is booked to."""

    name: Annotated[str | None, meaning("The dimension's name.")]
    category_name: fields.CategoryName


class BillLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """One line of a bill."""

    id: fields.LineId
    account_id: fields.AccountId
    account_number: fields.AccountNumberText
    created_date: fields.CreatedDate
    deferred_end_date: fields.DeferredEndDate
    deferred_start_date: fields.DeferredStartDate
    description: fields.Description
    dimensions: Annotated[
        tuple[BillDimension, ...], meaning("What the line is booked to besides its account.")
    ]
    item_id: fields.ItemId
    item_name: fields.ItemName
    quantity: fields.Quantity
    tax_code: fields.TaxCode
    tax_rate_percentage: fields.TaxRatePercentage
    total_discount_amount: fields.TotalDiscountAmount
    total_discount_percentage: fields.TotalDiscountPercentage
    total_gross_amount: fields.TotalGrossAmount
    total_net_amount: fields.TotalNetAmount
    total_tax_amount: fields.TotalTaxAmount
    unit_amount: fields.UnitAmount
    unit_discount_amount: fields.UnitDiscountAmount
    unit_discount_percentage: fields.UnitDiscountPercentage
    unit_name: fields.UnitNameText
    updated_date: fields.UpdatedDate


class BillTax(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """The tax of a bill at one rate."""

    amount: Annotated[Decimal | None, meaning("The tax at this rate.")]
    rate_percentage: Annotated[Decimal | None, meaning("The rate of tax, in percent.")]


class Bill(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A bill received from a supplier, or another document that came in with the bills.

    `document_kind`, which the contract doesn't have, tells them apart. Beyond it are also
    `file_name`, `scheduled_date`, when it will be paid, `taxes` by their rates, and `tax_number`,
    the supplier's.
    """

    id: fields.Id
    account_id: fields.AccountId
    addresses: Annotated[tuple[Address, ...], meaning("The addresses on the document.")]
    bill_date: Annotated[Moment | None, meaning("The date on the bill.")]
    bill_number: Annotated[str | None, meaning("The supplier's number of the bill.")]
    contact_id: fields.ContactId
    created_date: fields.CreatedDate
    currency: fields.Currency
    delivery_date: fields.DeliveryDate
    document_kind: Annotated[
        DocumentKind | None, meaning("What the document really is; not in the contract.")
    ]
    due_date: fields.DueDate
    file_id: fields.FileId
    file_name: fields.FileName
    journal_code: fields.JournalCode
    line_items: Annotated[tuple[BillLine, ...], meaning("The lines of the bill.")]
    name: Annotated[str | None, meaning("Who sent the bill.")]
    one_line_address: fields.OneLineAddress
    paid_date: fields.PaidDate
    payment_reference: fields.PaymentReference
    payment_term_code: Annotated[str | None, meaning("The code of the terms of payment.")]
    payment_status: Annotated[PaymentStatus | None, meaning("Whether it is paid.")]
    payment_days: fields.PaymentDays
    reference: fields.ReferenceText
    scheduled_date: Annotated[Moment | None, meaning("When it will be paid; not in the contract.")]
    shipping_date: fields.ShippingDate
    shipping_type: Annotated[ShippingType | None, meaning("What the date of shipping is about.")]
    status: Annotated[DocumentStatus | None, meaning("Where the document stands.")]
    tax_number: fields.TaxNumber
    tax_rule: Annotated[TaxRule | None, meaning("By which rule the document is taxed.")]
    tax_text: fields.TaxText
    taxes: Annotated[tuple[BillTax, ...], meaning("The tax by its rates; not in the contract.")]
    total_discount_amount: fields.TotalDiscountAmount
    total_discount_percentage: fields.TotalDiscountPercentage
    total_gross_amount: fields.TotalGrossAmount
    total_net_amount: fields.TotalNetAmount
    total_tax_amount: fields.TotalTaxAmount
    updated_date: fields.UpdatedDate

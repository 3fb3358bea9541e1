"""A credit note received from a supplier."""

from typing import Annotated

import msgspec

from connector.api.meaning import Moment, meaning
from connector.unified import fields
from connector.unified.address import Address
from connector.unified.enums import DocumentStatus, PaymentStatus, ShippingType, TaxRule


class VendorCreditDimension(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A cost centre, project or other dimension a line is booked to."""

    name: Annotated[str | None, meaning("The dimension's name.")]
    category_name: fields.CategoryName


class VendorCreditLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """One line of a supplier's credit note."""

    id: fields.LineId
    account_id: fields.AccountId
    account_number: fields.AccountNumberText
    created_date: fields.CreatedDate
    deferred_end_date: fields.DeferredEndDate
    deferred_start_date: fields.DeferredStartDate
    description: fields.Description
    dimensions: Annotated[
        tuple[VendorCreditDimension, ...],
        meaning("What the line is booked to besides its account."),
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


class VendorCredit(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A credit note received from a supplier."""

    id: fields.Id
    account_id: fields.AccountId
    addresses: Annotated[tuple[Address, ...], meaning("The addresses on the document.")]
    contact_id: fields.ContactId
    created_date: fields.CreatedDate
    currency: fields.Currency
    delivery_date: fields.DeliveryDate
    due_date: fields.DueDate
    file_id: fields.FileId
    journal_code: fields.JournalCode
    line_items: Annotated[tuple[VendorCreditLine, ...], meaning("The lines of the credit note.")]
    name: Annotated[str | None, meaning("Who sent the credit note.")]
    one_line_address: fields.OneLineAddress
    paid_date: fields.PaidDate
    payment_reference: fields.PaymentReference
    payment_term_id: fields.PaymentTermId
    payment_status: Annotated[PaymentStatus | None, meaning("Whether it is paid.")]
    payment_days: fields.PaymentDays
    reference: fields.ReferenceText
    shipping_date: fields.ShippingDate
    shipping_type: Annotated[ShippingType | None, meaning("What the date of shipping is about.")]
    status: Annotated[DocumentStatus | None, meaning("Where the document stands.")]
    tax_rule: Annotated[TaxRule | None, meaning("By which rule the document is taxed.")]
    tax_text: fields.TaxText
    total_discount_amount: fields.TotalDiscountAmount
    total_discount_percentage: fields.TotalDiscountPercentage
    total_gross_amount: fields.TotalGrossAmount
    total_net_amount: fields.TotalNetAmount
    total_tax_amount: fields.TotalTaxAmount
    updated_date: fields.UpdatedDate
    vendor_credit_date: Annotated[Moment | None, meaning("The date on the credit note.")]
    vendor_credit_number: Annotated[
        str | None, meaning("The supplier's number of the credit note.")
    ]

"""A credit note issued to a customer."""

from typing import Annotated

import msgspec

from connector.api.meaning import Moment, meaning
from connector.unified import fields
from connector.unified.address import Address
from connector.unified.enums import DocumentStatus, PaymentStatus


class CreditNoteLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """One line of a credit note."""

    id: fields.LineId
    created_date: fields.CreatedDate
    description: fields.Description
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


class CreditNote(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = (
        """A credit note issued to a customer. `reference` names the invoice that it corrects."""
    )

    id: fields.Id
    addresses: Annotated[tuple[Address, ...], meaning("The addresses on the document.")]
    contact_id: fields.ContactId
    created_date: fields.CreatedDate
    credit_note_date: Annotated[Moment | None, meaning("The date on the credit note.")]
    credit_note_lines: Annotated[
        tuple[CreditNoteLine, ...], meaning("The lines of the credit note.")
    ]
    credit_note_number: Annotated[str | None, meaning("The number of the credit note.")]
    currency: fields.Currency
    payment_status: Annotated[PaymentStatus | None, meaning("Whether it is paid.")]
    payment_term_id: fields.PaymentTermId
    reference: Annotated[str | None, meaning("The invoice that it corrects.")]
    status: Annotated[DocumentStatus | None, meaning("Where the document stands.")]
    total_discount_amount: fields.TotalDiscountAmount
    total_discount_percentage: fields.TotalDiscountPercentage
    total_gross_amount: fields.TotalGrossAmount
    total_net_amount: fields.TotalNetAmount
    total_tax_amount: fields.TotalTaxAmount
    updated_date: fields.UpdatedDate

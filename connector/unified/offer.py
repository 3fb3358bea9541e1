"""An offer made to a customer."""

from typing import Annotated

import msgspec

from connector.api.meaning import Moment, meaning
from connector.unified import fields
from connector.unified.address import Address
from connector.unified.enums import OfferLineType, OfferStatus


class OfferLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """One line of an offer."""

    id: fields.LineId
    account_code: fields.AccountCode
    account_id: fields.AccountId
    created_date: fields.CreatedDate
    description: fields.Description
    item_id: fields.ItemId
    name: Annotated[str | None, meaning("What the line is about.")]
    quantity: fields.Quantity
    tax_code: fields.TaxCode
    tax_rate_percentage: fields.TaxRatePercentage
    tax_type: Annotated[str | None, meaning("What kind of tax is on it.")]
    type: Annotated[OfferLineType | None, meaning("What kind of line it is.")]
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


class Offer(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """An offer made to a customer."""

    id: fields.Id
    addresses: Annotated[tuple[Address, ...], meaning("The addresses on the document.")]
    contact_id: fields.ContactId
    created_date: fields.CreatedDate
    currency: fields.Currency
    line_items: Annotated[tuple[OfferLine, ...], meaning("The lines of the offer.")]
    name: Annotated[str | None, meaning("Whom the offer is for.")]
    offer_date: Annotated[Moment | None, meaning("The date on the offer.")]
    offer_number: Annotated[str | None, meaning("The number of the offer.")]
    one_line_address: fields.OneLineAddress
    reference: fields.ReferenceText
    status: Annotated[OfferStatus | None, meaning("Where the offer stands.")]
    tax_text: fields.TaxText
    total_discount_amount: fields.TotalDiscountAmount
    total_discount_percentage: fields.TotalDiscountPercentage
    total_gross_amount: fields.TotalGrossAmount
    total_net_amount: fields.TotalNetAmount
    total_tax_amount: fields.TotalTaxAmount
    updated_date: fields.UpdatedDate

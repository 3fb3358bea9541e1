"""An offer made to a customer."""

from decimal import Decimal

import msgspec

from connector.unified.address import Address
from connector.unified.enums import OfferLineType, OfferStatus


class OfferLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One line of an offer."""

    id: str | None
    account_code: str | None
    account_id: str | None
    created_date: str | None
    description: str | None
    item_id: str | None
    name: str | None
    quantity: Decimal | None
    tax_code: str | None
    tax_rate_percentage: Decimal | None
    tax_type: str | None
    type: OfferLineType | None
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


class Offer(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An offer made to a customer."""

    id: str | None
    addresses: tuple[Address, ...]
    contact_id: str | None
    created_date: str | None
    currency: str | None
    line_items: tuple[OfferLine, ...]
    name: str | None
    offer_date: str | None
    offer_number: str | None
    one_line_address: str | None
    reference: str | None
    status: OfferStatus | None
    tax_text: str | None
    total_discount_amount: Decimal | None
    total_discount_percentage: Decimal | None
    total_gross_amount: Decimal | None
    total_net_amount: Decimal | None
    total_tax_amount: Decimal | None
    updated_date: str | None

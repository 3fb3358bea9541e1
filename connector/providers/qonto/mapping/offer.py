"""A quote as a unified offer."""

from connector.providers.qonto.documents.sales import Issuer, QontoItem, Quote
from connector.providers.qonto.mapping import status
from connector.providers.qonto.mapping.calendar import Calendar, read_day
from connector.providers.qonto.mapping.client import addresses_of, client_of, name_of, one_line
from connector.providers.qonto.mapping.notes import Notes
from connector.providers.qonto.mapping.rates import (
    RateUnit,
    discount_unit_on_quote,
    tax_unit_on_quote,
)
from connector.unified.enums import OfferStatus
from connector.unified.mapped import Mapped
from connector.unified.offer import Offer, OfferLine
from connector.unified.parts import part_id


def map_offer(document: Quote, calendar: Calendar) -> Mapped[Offer]:
    """Say a quote in the unified model. Net is the total less the tax.

    Rates are read in the unit that `rates` decides on; where that is percent, it is noted.
    """
    notes = Notes("offer", document)
    currency = notes.currency(document.currency, document.total_amount)
    total = notes.amount("total_amount", document.total_amount)
    tax = notes.amount("vat_amount", document.vat_amount)
    discount, percentage = notes.discount(
        document.discount, discount_unit_on_quote(document.discount)
    )
    client = client_of(document.client)
    addresses = addresses_of(client, notes)
    notes.parts_of_total(stamp_duty_amount=document.stamp_duty_amount)
    items = document.items or ()
    unit = tax_unit_on_quote(items)
    if unit is RateUnit.PERCENT:
        notes.warn("its vat_rate is not a fraction, and was read as percent")
    offer = Offer(
        id=notes.id,
        addresses=addresses,
        contact_id=notes.reference(client.id),
        created_date=notes.date("created_at", document.created_at),
        currency=currency,
        line_items=tuple(
            _line(item, part_id(notes.id, position), unit, notes)
            for position, item in enumerate(items, start=1)
        ),
        name=name_of(client),
        offer_date=notes.date("issue_date", document.issue_date),
        offer_number=notes.text(document.number),
        one_line_address=one_line(addresses),
        reference=None,
        status=_status_of(document, calendar, notes),
        tax_text=None,
        total_discount_amount=discount,
        total_discount_percentage=percentage,
        total_gross_amount=total,
        total_net_amount=notes.net(total, tax),
        total_tax_amount=tax,
        updated_date=notes.date("updated_at", document.updated_at),
    )
    return Mapped(offer, tuple(notes.warnings))


def _status_of(document: Quote, calendar: Calendar, notes: Notes) -> OfferStatus | None:
    issuer = document.organization or Issuer()
    return status.of_quote(
        document.status,
        expiry=read_day(document.expiry_date),
        today=calendar.today(issuer.legal_country or issuer.address_country),
        notes=notes,
    )


def _line(item: QontoItem, id: str, unit: RateUnit, notes: Notes) -> OfferLine:
    discount, percentage = notes.discount(item.discount, discount_unit_on_quote(item.discount))
    return OfferLine(
        id=id,
        account_code=None,
        account_id=None,
        created_date=None,
        description=notes.text(item.description),
        item_id=None,
        name=notes.text(item.title),
        quantity=notes.number("line quantity", item.quantity),
        tax_code=None,
        tax_rate_percentage=notes.percentage("line vat_rate", item.vat_rate, unit),
        tax_type=None,
        type=None,
        total_discount_amount=discount,
        total_discount_percentage=percentage,
        total_gross_amount=notes.amount("line total_amount", item.total_amount),
        total_net_amount=notes.amount("line subtotal", item.subtotal),
        total_tax_amount=notes.amount("line total_vat", item.total_vat),
        unit_amount=notes.amount("line unit_price", item.unit_price),
        unit_discount_amount=None,
        unit_discount_percentage=None,
        unit_name=notes.text(item.unit),
        updated_date=None,
    )

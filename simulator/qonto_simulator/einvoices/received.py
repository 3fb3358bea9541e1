"""The e-invoices that a company receives: what a supplier's bill says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from qonto_simulator import exchange
from qonto_simulator.money import ZERO
from qonto_simulator.records.organisation import Organisation
from qonto_simulator.records.supplier_invoice import Reading

from . import parties
from .breakdowns import breakdowns
from .document import CREDIT_NOTE, INVOICE, EInvoice, Payment, Row
from .exemptions import tax

_NOTES = (
    ("PMT", "Indemnité forfaitaire pour frais de recouvrement : 40 EUR"),
    ("PMD", "Pénalités de retard : 10 % par an"),
    ("AAB", "Pas d'escompte"),
    ("BAR", "B2B"),
)


def supplier_invoice(reading: Reading, organisation: Organisation) -> EInvoice:
    """A bill with one line and one rate; a credit note is about an invoice of the month before."""
    french = organisation.country == "FR"
    issued, number = reading.issue_date or date.min, reading.invoice_number or ""
    buyer = parties.own(organisation, organisation.vat_number)
    net, vat = reading.net or ZERO, sum((one for one, _ in reading.taxes), ZERO)
    if reading.is_credit_note:
        net, vat = abs(net), abs(vat)
    rate = reading.taxes[0][1] if reading.taxes else Decimal(0)
    row = Row(
        name=reading.description or reading.supplier_name,
        description="",
        quantity=Decimal(-1 if net < 0 else 1),
        unit="unit",
        price=abs(net),
        gross=net,
        discount=ZERO,
        net=net,
        vat=vat,
        tax=tax(rate, None, organisation.country, buyer),
    )
    due = None if reading.is_credit_note else reading.due_date
    return EInvoice(
        number=number,
        type_code=CREDIT_NOTE if reading.is_credit_note else INVOICE,
        issued=issued,
        due=due,
        currency=reading.currency,
        seller=parties.supplier(reading, organisation),
        buyer=buyer,
        rows=(row,),
        breakdowns=breakdowns((row,), ZERO, vat),
        vat_in_euros=exchange.convert(vat, reading.currency, "EUR", issued),
        process="S1" if french else "",
        notes=_NOTES if french else (),
        terms="" if due else number,
        payment=(
            Payment(reading.iban, "", reading.supplier_name, number) if reading.iban else None
        ),
        preceding=(f"{number}-0", issued.replace(day=1)) if reading.is_credit_note else None,
    )

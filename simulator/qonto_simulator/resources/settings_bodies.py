"""``settings`` in the bodies of invoices and quotes: what this one document prints."""

from __future__ import annotations

from dataclasses import replace

from qonto_simulator.fields import Fields
from qonto_simulator.records.client_invoice import PrintedSettings
from qonto_simulator.records.organisation import Organisation
from qonto_simulator.rules.invoice_fields import printed_settings

_TEXTS = {
    "vat_number": 20,
    "company_leadership": 250,
    "district_court": 250,
    "commercial_register_number": 250,
    "tax_number": 250,
}
_FRENCH = ("late_payment_penalties", "legal_fixed_compensation", "discount_conditions")
_TRANSACTION_TYPES = ("goods", "services", "goods_and_services")
_VAT_CONDITIONS = ("on_receipts", "compensated_for_sales", "exempt")


def read_settings(
    fields: Fields,
    organisation: Organisation,
    *,
    known: PrintedSettings | None = None,
    on_quote: bool = False,
) -> PrintedSettings:
    """What is sent, laid over the organisation's own; what is ``known`` when nothing is sent.

    Quotes have the names and numbers alone.
    """
    if known is not None and "settings" not in fields:
        return known
    standard = printed_settings(organisation)
    inner = fields.nested("settings")
    if inner is None:
        return standard
    sent: dict[str, object] = {name: inner.text(name, most=most) for name, most in _TEXTS.items()}
    if not on_quote:
        sent["transaction_type"] = inner.choice("transaction_type", _TRANSACTION_TYPES)
        sent["vat_payment_condition"] = inner.choice("vat_payment_condition", _VAT_CONDITIONS)
        sent["legal_capital_share"] = inner.money("legal_capital_share")
    if not on_quote and organisation.country == "FR":
        sent |= {name: inner.text(name, most=525) for name in _FRENCH}
    changes = {name: value for name, value in sent.items() if value is not None}
    return replace(standard, **changes)  # type: ignore[arg-type]  # each read as its own kind

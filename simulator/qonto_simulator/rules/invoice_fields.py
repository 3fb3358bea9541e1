"""What is decided about a client invoice, and what it prints unless it says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qonto_simulator.money import rounded
from qonto_simulator.records.client import Client
from qonto_simulator.records.client_invoice import PrintedSettings
from qonto_simulator.records.lines import Line
from qonto_simulator.records.organisation import BankAccount, Organisation


@dataclass(frozen=True, slots=True)
class InvoiceFields:
    """What a caller decides about an invoice, checked; only a draft may lack dates or lines."""

    client: Client
    currency: str
    issue_date: date | None
    due_date: date | None
    account: BankAccount
    lines: tuple[Line, ...]
    settings: PrintedSettings
    number: str | None = None
    purchase_order: str = ""
    contact_email: str = ""
    terms_and_conditions: str = ""
    header: str = ""
    footer: str = ""
    performance_date: date | None = None
    performance_start_date: date | None = None
    performance_end_date: date | None = None
    discount: tuple[str, Decimal] | None = None
    quote_id: str | None = None
    upload_id: str | None = None
    welfare_fund: dict[str, object] | None = None
    withholding_tax: dict[str, object] | None = None
    payment_reporting: dict[str, object] | None = None
    stamp_duty_amount: str = ""


def printed_settings(organisation: Organisation) -> PrintedSettings:
    """What a document of this organisation prints unless it says otherwise."""
    french = organisation.country == "FR"
    return PrintedSettings(
        vat_number=organisation.vat_number,
        company_leadership=organisation.company_leadership,
        district_court=organisation.district_court,
        commercial_register_number=organisation.commercial_register_number,
        tax_number=organisation.tax_number,
        legal_capital_share=(rounded(Decimal(organisation.legal_share_capital)), "EUR"),
        transaction_type=organisation.transaction_type,
        vat_payment_condition=organisation.vat_payment_condition,
        late_payment_penalties=organisation.late_payment_penalties if french else None,
        legal_fixed_compensation=organisation.legal_fixed_compensation if french else None,
        discount_conditions=organisation.discount_conditions if french else None,
    )

"""Why an invoice carries no tax, where Qonto's codes leave no doubt.

    S293B (France), S19.1 (Germany)                       SMALL_BUSINESS_EXEMPTION
    S13B (Germany), S84.1.2 (Spain), N6 to N6.9 (Italy)   REVERSE_CHARGE
    S4.1B (Germany), N3.2 (Italy)                         INTRACOMMUNITY_GOODS
    N3.1 (Italy)                                          EXPORT_GOODS

The other codes name articles of law that cover several of the contract's rules, or that mean
different things in different countries.
"""

from collections.abc import Iterable

from connector.providers.qonto.documents.sales import QontoItem
from connector.providers.qonto.mapping.amounts import read_decimal
from connector.unified.enums import TaxRule

_RULES: dict[str, TaxRule] = {
    "S293B": "SMALL_BUSINESS_EXEMPTION",
    "S19.1": "SMALL_BUSINESS_EXEMPTION",
    "S13B": "REVERSE_CHARGE",
    "S84.1.2": "REVERSE_CHARGE",
    "N6": "REVERSE_CHARGE",
    "N6.1": "REVERSE_CHARGE",
    "N6.2": "REVERSE_CHARGE",
    "N6.3": "REVERSE_CHARGE",
    "N6.4": "REVERSE_CHARGE",
    "N6.5": "REVERSE_CHARGE",
    "N6.6": "REVERSE_CHARGE",
    "N6.7": "REVERSE_CHARGE",
    "N6.8": "REVERSE_CHARGE",
    "N6.9": "REVERSE_CHARGE",
    "S4.1B": "INTRACOMMUNITY_GOODS",
    "N3.2": "INTRACOMMUNITY_GOODS",
    "N3.1": "EXPORT_GOODS",
}


def tax_rule_of(items: Iterable[QontoItem]) -> TaxRule | None:
    """Return the rule that all lines are under; None when a line bears tax, or lines differ."""
    found: TaxRule | None = None
    for item in items:
        rule = _rule(item)
        if rule is None or (found is not None and rule != found):
            return None
        found = rule
    return found


def _rule(item: QontoItem) -> TaxRule | None:
    rule = _RULES.get(item.vat_exemption_reason or "")
    return rule if rule is not None and read_decimal(item.vat_rate) == 0 else None

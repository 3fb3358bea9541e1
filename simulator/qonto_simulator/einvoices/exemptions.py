"""What the API's reasons for lines without VAT are in the terms of EN 16931."""

from __future__ import annotations

from decimal import Decimal

from .document import Party, Tax

_EU = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)
_REVERSE_CHARGE = "VATEX-EU-AE"
_EXPORT = "VATEX-EU-G"
_INSIDE_THE_EU = "VATEX-EU-IC"

_FRENCH = {
    "S293B": "TVA non applicable, article 293 B du CGI",
    "S261": "Exonération de TVA, article 261 du CGI",
    "S262": "Exonération de TVA, article 262 du CGI",
    "S262.1": "Exonération de TVA, article 262 ter I du CGI",
    "S259": "TVA non applicable en France, article 259-1 du CGI",
    "S283": "Autoliquidation, article 283 du CGI",
}
_GERMAN = {
    "S19.1": "Kein Ausweis von Umsatzsteuer, Kleinunternehmer gemäß § 19 UStG",
    "S4": "Steuerfreie Leistung gemäß § 4 UStG",
    "S4.1A": "Steuerfreie Ausfuhrlieferung gemäß § 4 Nr. 1a UStG",
    "S4.1B": "Steuerfreie innergemeinschaftliche Lieferung gemäß § 4 Nr. 1b UStG",
    "S13B": "Steuerschuldnerschaft des Leistungsempfängers gemäß § 13b UStG",
}
_TEXTS = {**_FRENCH, **_GERMAN}


def tax(rate: Decimal, reason: str | None, seller_country: str, buyer: Party) -> Tax:
    """The VAT of a line; without any, the category that the reason and the buyer lead to."""
    if rate:
        return Tax("S", rate)
    unsaid = "Steuerfrei" if seller_country == "DE" else "Exonération de TVA"
    text = _TEXTS.get(reason or "", reason or unsaid)
    abroad = buyer.address.country_code if buyer.address else seller_country
    if reason in ("S283", "S13B", "S259") and (buyer.vat_number or buyer.registration):
        return Tax("AE", rate, text, _REVERSE_CHARGE)
    if reason in ("S262", "S262.1", "S4.1A", "S4.1B") and abroad != seller_country:
        if abroad not in _EU:
            return Tax("G", rate, text, _EXPORT)
        if buyer.vat_number:
            return Tax("K", rate, text, _INSIDE_THE_EU)
    return Tax("E", rate, text, "VATEX-FR-FRANCHISE" if reason == "S293B" else "")

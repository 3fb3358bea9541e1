"""Who is who on an e-invoice."""

from __future__ import annotations

from qonto_simulator.records.client import Client
from qonto_simulator.records.organisation import Address, Organisation
from qonto_simulator.records.supplier_invoice import Reading

from .document import Identifier, Party

_SIREN, _FRENCH_DIRECTORY, _MAIL = "0002", "0225", "EM"


def own(organisation: Organisation, vat_number: str) -> Party:
    """The company itself, selling or buying."""
    country, person = organisation.country, organisation.owner
    number = siren(country, organisation.legal_number)
    return Party(
        name=organisation.legal_name,
        address=organisation.address,
        electronic=_electronic(number, person.email),
        registration=_registration(number),
        vat_number=vat_number,
        tax_number=organisation.tax_number if country == "DE" else "",
        contact=f"{person.first_name} {person.last_name}",
        phone=person.phone_number,
        email=person.email,
    )


def buyer(client: Client) -> Party:
    """A client of the company."""
    place = client.billing_address
    number = siren(place.country_code if place else "", client.tax_identification_number)
    return Party(
        name=client.display_name,
        address=place,
        electronic=_electronic(client.e_invoicing_address or number, client.email or ""),
        registration=_registration(number),
        vat_number=client.vat_number or "",
        email=client.email or "",
    )


def supplier(reading: Reading, organisation: Organisation) -> Party:
    """Who sent a bill; somebody from the same town, as bills don't say where."""
    country, here = organisation.country, organisation.address
    number = siren(country, reading.tin)
    local = reading.supplier_name.lower().replace(" ", "-").encode("ascii", "ignore").decode()
    return Party(
        name=reading.supplier_name,
        address=Address("", here.city, here.zip_code, country),
        electronic=_electronic(number, f"{local or 'supplier'}@einvoice.example"),
        registration=_registration(number),
        vat_number=reading.vat_number or "",
        tax_number=(reading.tin or "") if country == "DE" else "",
        contact=reading.supplier_name,
        phone="+49 40 000000" if country == "DE" else "",
        email=f"{local or 'supplier'}@einvoice.example",
    )


def siren(country: str, number: str | None) -> str:
    """The nine digits that a SIREN or a SIRET begins with; nothing outside France."""
    digits = (number or "").replace(" ", "")
    is_french = country == "FR" and digits.isascii() and digits.isdigit()
    return digits[:9] if is_french and len(digits) in (9, 14) else ""


def _registration(number: str) -> Identifier | None:
    return Identifier(number, _SIREN) if number else None


def _electronic(address: str, mail: str) -> Identifier | None:
    if address:
        return Identifier(address, _FRENCH_DIRECTORY)
    return Identifier(mail, _MAIL) if mail else None

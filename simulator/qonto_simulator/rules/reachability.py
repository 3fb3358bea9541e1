"""Who can send e-invoices, and who can be sent them."""

from __future__ import annotations

from qonto_simulator.directory import Directory
from qonto_simulator.einvoices.parties import siren
from qonto_simulator.records.client import Client
from qonto_simulator.records.organisation import Address, Organisation


def is_registered(directory: Directory, organisation: Organisation) -> bool:
    """Whether a company is in the French directory, which is asked of French ones alone."""
    if organisation.country != "FR":
        return True
    return directory.has(siren("FR", organisation.legal_number))


def is_reachable(directory: Directory, client: Client) -> bool:
    """In the French directory by its address, or on the Italian exchange by its code."""
    if client.recipient_code:
        return True
    address = client.e_invoicing_address or ""
    return may_be_french(client.billing_address) and directory.has(address)


def may_be_french(place: Address | None) -> bool:
    """Whether the French directory speaks for a client: unless it is known to be abroad."""
    return place is None or place.country_code in ("", "FR")

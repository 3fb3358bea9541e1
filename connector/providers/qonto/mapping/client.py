"""The customer on a document: names and addresses."""

from typing import Literal

from connector.providers.qonto.documents.sales import Client, PostalAddress
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.address import Address

AddressUse = Literal["BILLING", "DELIVERY"]
"""What an address at Qonto is for."""


def client_of(value: Client | None) -> Client:
    """Return the customer, an empty one when the document has none."""
    return value or Client()


def name_of(client: Client) -> str | None:
    """Return the customer's name: the company's, else first and last name."""
    if client.name:
        return client.name
    return " ".join(part for part in (client.first_name, client.last_name) if part) or None


def places_of(client: Client) -> list[tuple[PostalAddress, AddressUse]]:
    """Return the billing address, from its newer or its older form, and the delivery address.

    Empty ones are left out.
    """
    billing = client.billing_address
    if billing is None or _is_empty(billing):
        billing = PostalAddress(client.address, client.city, client.zip_code, client.country_code)
    found: list[tuple[PostalAddress, AddressUse]] = [(billing, "BILLING")]
    if client.delivery_address is not None:
        found.append((client.delivery_address, "DELIVERY"))
    return [(address, place) for address, place in found if not _is_empty(address)]


def addresses_of(client: Client, notes: Notes) -> tuple[Address, ...]:
    """Return the customer's addresses as they are on documents."""
    return tuple(
        Address(
            address_line1=notes.text(source.street_address),
            address_line2=None,
            city=notes.text(source.city),
            country_code=notes.country(source.country_code),
            postal_code=notes.text(source.zip_code),
            type=place,
        )
        for source, place in places_of(client)
    )


def one_line(addresses: tuple[Address, ...]) -> str | None:
    """Write the first address on one line: street, postal code and city, country."""
    if not addresses:
        return None
    first = addresses[0]
    town = " ".join(part for part in (first.postal_code, first.city) if part)
    street = " ".join((first.address_line1 or "").split())
    return ", ".join(part for part in (street, town, first.country_code) if part) or None


def _is_empty(address: PostalAddress) -> bool:
    return not (address.street_address or address.city or address.zip_code or address.country_code)

"""Addresses on documents."""

import msgspec

from connector.unified.enums import AddressType


class Address(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A postal address; `country_code` is ISO 3166-1 alpha-2 in upper case, or null."""

    address_line1: str | None
    address_line2: str | None
    city: str | None
    country_code: str | None
    postal_code: str | None
    type: AddressType | None

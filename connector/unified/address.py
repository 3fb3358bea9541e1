"""Addresses on documents."""

from typing import Annotated

import msgspec

from connector.api.meaning import meaning
from connector.unified import fields
from connector.unified.enums import AddressType


class Address(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A postal address; `country_code` is ISO 3166-1 alpha-2 in upper case, or null."""

    address_line1: fields.AddressLine1
    address_line2: fields.AddressLine2
    city: fields.City
    country_code: fields.CountryCode
    postal_code: fields.PostalCode
    type: Annotated[AddressType | None, meaning("What the address is for.")]

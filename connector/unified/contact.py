"""Somebody the organisation does business with, as both addresses of contacts answer it."""

import msgspec

from connector.unified.customer import (
    ContactAddress,
    ContactPerson,
    Customer,
    EmailAddress,
    PhoneNumber,
)
from connector.unified.enums import (
    ContactAddressTypeV2,
    ContactType,
    PhoneNumberType,
    PhoneNumberTypeV2,
)


class ContactAddressV2(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A postal address; its type is never null."""

    address_line1: str | None
    address_line2: str | None
    city: str | None
    country_code: str | None
    postal_code: str | None
    type: ContactAddressTypeV2


class PhoneNumberV2(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A phone number and what it is for."""

    number: str | None
    type: PhoneNumberTypeV2 | None


class ContactPersonV2(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A person to talk to at a contact."""

    id: str | None
    email_addresses: tuple[EmailAddress, ...]
    first_name: str | None
    last_name: str | None
    phone_numbers: tuple[PhoneNumberV2, ...]
    salutation: str | None


class ContactV2(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Somebody the organisation does business with."""

    id: str | None
    addresses: tuple[ContactAddressV2, ...]
    company_name: str | None
    contact_persons: tuple[ContactPersonV2, ...]
    contact_type: ContactType | None
    created_date: str | None
    email_addresses: tuple[EmailAddress, ...]
    is_customer: bool | None
    is_supplier: bool | None
    number: str | None
    phone_numbers: tuple[PhoneNumberV2, ...]
    project_id: str | None
    updated_date: str | None
    website: str | None


_PHONES: dict[PhoneNumberType, PhoneNumberTypeV2] = {
    "BUSINESS": "BUSINESS",
    "MOBILE": "MOBILE",
    "OFFICE": "OFFICE",
    "FAX": "FAX",
    "PRIVATE": "PRIVATE",
}
"""The rest are OTHER."""


def contact_of(customer: Customer, created_date: str | None) -> ContactV2:
    """Say a customer as a contact.

    `created_date` comes apart, as customers don't have it. Ids of persons and the website
    are not known and null. An address without a type is a billing address.
    """
    return ContactV2(
        id=customer.id,
        addresses=tuple(_address(address) for address in customer.addresses),
        company_name=customer.company_name,
        contact_persons=tuple(_person(person) for person in customer.contact_persons),
        contact_type=customer.contact_type,
        created_date=created_date,
        email_addresses=customer.email_addresses,
        is_customer=None if customer.role is None else customer.role == "CUSTOMER",
        is_supplier=None if customer.role is None else customer.role == "SUPPLIER",
        number=customer.number,
        phone_numbers=tuple(_phone(phone) for phone in customer.phone_numbers),
        project_id=customer.project_id,
        updated_date=customer.updated_date,
        website=None,
    )


def _address(address: ContactAddress) -> ContactAddressV2:
    kind = address.type
    return ContactAddressV2(
        address_line1=address.address_line1,
        address_line2=address.address_line2,
        city=address.city,
        country_code=address.country_code,
        postal_code=address.postal_code,
        type="BILLING" if kind is None or kind == "EMPTY" else kind,
    )


def _person(person: ContactPerson) -> ContactPersonV2:
    return ContactPersonV2(
        id=None,
        email_addresses=person.email_addresses,
        first_name=person.first_name,
        last_name=person.last_name,
        phone_numbers=tuple(_phone(phone) for phone in person.phone_numbers),
        salutation=person.salutation,
    )


def _phone(phone: PhoneNumber) -> PhoneNumberV2:
    kind = None if phone.type is None else _PHONES.get(phone.type, "OTHER")
    return PhoneNumberV2(number=phone.number, type=kind)

"""Somebody the organisation does business with, as both addresses of contacts answer it."""

from typing import Annotated

import msgspec

from connector.api.meaning import meaning
from connector.unified import fields
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
from connector.unified.parts import part_id


class ContactAddressV2(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A postal address; its type is never null."""

    address_line1: fields.AddressLine1
    address_line2: fields.AddressLine2
    city: fields.City
    country_code: fields.CountryCode
    postal_code: fields.PostalCode
    type: Annotated[ContactAddressTypeV2, meaning("What the address is for.")]


class PhoneNumberV2(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A phone number and what it is for."""

    number: Annotated[str | None, meaning("The number.")]
    type: Annotated[PhoneNumberTypeV2 | None, meaning("What the number is for.")]


class ContactPersonV2(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A person to talk to at a contact."""

    id: Annotated[
        str,
        meaning("The person's id: the contact's and the person's place, where persons have none."),
    ]
    email_addresses: Annotated[tuple[EmailAddress, ...], meaning("The e-mail addresses.")]
    first_name: fields.FirstName
    last_name: fields.LastName
    phone_numbers: Annotated[tuple[PhoneNumberV2, ...], meaning("The phone numbers.")]
    salutation: fields.Salutation


class ContactV2(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """Somebody the organisation does business with."""

    id: fields.Id
    addresses: Annotated[tuple[ContactAddressV2, ...], meaning("The postal addresses.")]
    company_name: fields.CompanyName
    contact_persons: Annotated[tuple[ContactPersonV2, ...], meaning("Whom to talk to.")]
    contact_type: Annotated[ContactType | None, meaning("Whether it is a company or a person.")]
    created_date: fields.CreatedDate
    email_addresses: Annotated[tuple[EmailAddress, ...], meaning("The e-mail addresses.")]
    is_customer: Annotated[bool | None, meaning("Whether the organisation sells to it.")]
    is_supplier: Annotated[bool | None, meaning("Whether the organisation buys from it.")]
    number: Annotated[str | None, meaning("The number that the organisation knows it by.")]
    phone_numbers: Annotated[tuple[PhoneNumberV2, ...], meaning("The phone numbers.")]
    project_id: fields.ProjectId
    updated_date: fields.UpdatedDate
    website: Annotated[str | None, meaning("The address of its website.")]


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

    `created_date` comes apart, as customers don't have it. Ids of persons are made of the
    customer's, and the website is not known. An address without a type is a billing address.
    """
    return ContactV2(
        id=customer.id,
        addresses=tuple(_address(address) for address in customer.addresses),
        company_name=customer.company_name,
        contact_persons=tuple(
            _person(person, part_id(customer.id, position))
            for position, person in enumerate(customer.contact_persons, start=1)
        ),
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


def _person(person: ContactPerson, id: str) -> ContactPersonV2:
    return ContactPersonV2(
        id=id,
        email_addresses=person.email_addresses,
        first_name=person.first_name,
        last_name=person.last_name,
        phone_numbers=tuple(_phone(phone) for phone in person.phone_numbers),
        salutation=person.salutation,
    )


def _phone(phone: PhoneNumber) -> PhoneNumberV2:
    kind = None if phone.type is None else _PHONES.get(phone.type, "OTHER")
    return PhoneNumberV2(number=phone.number, type=kind)

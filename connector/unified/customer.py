"""Somebody the organisation does business with (first version of the contract)."""

from typing import Annotated

import msgspec

from connector.api.meaning import meaning
from connector.unified import fields
from connector.unified.enums import (
    ContactAddressType,
    ContactRole,
    ContactType,
    EmailAddressType,
    PhoneNumberType,
)


class ContactAddress(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A postal address; `country_code` is ISO 3166-1 alpha-2 in upper case, or null."""

    address_line1: fields.AddressLine1
    address_line2: fields.AddressLine2
    city: fields.City
    country_code: fields.CountryCode
    postal_code: fields.PostalCode
    type: Annotated[ContactAddressType | None, meaning("What the address is for.")]


class ContactBankAccount(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A bank account of a contact."""

    bic: fields.Bic
    holder: Annotated[str | None, meaning("Whose account it is.")]
    is_main_account: Annotated[bool | None, meaning("Whether it is the one to pay to.")]
    iban: fields.Iban
    name: Annotated[str | None, meaning("What the account is called.")]
    sepa: Annotated[bool | None, meaning("Whether it takes SEPA payments.")]


class EmailAddress(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """An e-mail address and what it is for."""

    email: Annotated[str | None, meaning("The address.")]
    type: Annotated[EmailAddressType | None, meaning("What the address is for.")]


class PhoneNumber(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A phone number and what it is for."""

    number: Annotated[str | None, meaning("The number.")]
    type: Annotated[PhoneNumberType | None, meaning("What the number is for.")]


class ContactPerson(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A person to talk to at a contact."""

    email_addresses: Annotated[tuple[EmailAddress, ...], meaning("The e-mail addresses.")]
    first_name: fields.FirstName
    last_name: fields.LastName
    phone_numbers: Annotated[tuple[PhoneNumber, ...], meaning("The phone numbers.")]
    salutation: fields.Salutation


class Customer(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """Somebody the organisation does business with. A person has no `company_name`.

    Beyond the contract: `currency` and `locale` of their documents, `e_invoicing_address` and
    `tax_number`.
    """

    id: fields.Id
    addresses: Annotated[tuple[ContactAddress, ...], meaning("The postal addresses.")]
    account_number: Annotated[int | None, meaning("The number of its account in the books.")]
    bank_accounts: Annotated[tuple[ContactBankAccount, ...], meaning("Its bank accounts.")]
    company_name: fields.CompanyName
    contact_persons: Annotated[tuple[ContactPerson, ...], meaning("Whom to talk to.")]
    contact_type: Annotated[ContactType | None, meaning("Whether it is a company or a person.")]
    currency: Annotated[
        str | None,
        meaning("The currency of its documents, by its ISO 4217 code; not in the contract."),
    ]
    document_id: fields.DocumentId
    e_invoicing_address: Annotated[
        str | None, meaning("Where electronic invoices are sent; not in the contract.")
    ]
    email_addresses: Annotated[tuple[EmailAddress, ...], meaning("The e-mail addresses.")]
    locale: Annotated[str | None, meaning("The language of its documents; not in the contract.")]
    number: Annotated[str | None, meaning("The number that the organisation knows it by.")]
    phone_numbers: Annotated[tuple[PhoneNumber, ...], meaning("The phone numbers.")]
    project_id: fields.ProjectId
    role: Annotated[
        ContactRole | None, meaning("Whether the organisation sells to it or buys from it.")
    ]
    tax_number: fields.TaxNumber
    updated_date: fields.UpdatedDate
    vat_id: fields.VatId

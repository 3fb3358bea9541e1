"""Somebody the organisation does business with (first version of the contract)."""

import msgspec

from connector.unified.enums import (
    ContactAddressType,
    ContactRole,
    ContactType,
    EmailAddressType,
    PhoneNumberType,
)


class ContactAddress(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A postal address; `country_code` is ISO 3166-1 alpha-2 in upper case, or null."""

    address_line1: str | None
    address_line2: str | None
    city: str | None
    country_code: str | None
    postal_code: str | None
    type: ContactAddressType | None


class ContactBankAccount(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A bank account of a contact."""

    bic: str | None
    holder: str | None
    is_main_account: bool | None
    iban: str | None
    name: str | None
    sepa: bool | None


class EmailAddress(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An e-mail address and what it is for."""

    email: str | None
    type: EmailAddressType | None


class PhoneNumber(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A phone number and what it is for."""

    number: str | None
    type: PhoneNumberType | None


class ContactPerson(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A person to talk to at a contact."""

    email_addresses: tuple[EmailAddress, ...]
    first_name: str | None
    last_name: str | None
    phone_numbers: tuple[PhoneNumber, ...]
    salutation: str | None


class Customer(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Somebody the organisation does business with. A person has no `company_name`.

    Beyond the contract: `currency` and `locale` of their documents, `e_invoicing_address` and
    `tax_number`.
    """

    id: str | None
    addresses: tuple[ContactAddress, ...]
    account_number: int | None
    bank_accounts: tuple[ContactBankAccount, ...]
    company_name: str | None
    contact_persons: tuple[ContactPerson, ...]
    contact_type: ContactType | None
    currency: str | None
    document_id: str | None
    e_invoicing_address: str | None
    email_addresses: tuple[EmailAddress, ...]
    locale: str | None
    number: str | None
    phone_numbers: tuple[PhoneNumber, ...]
    project_id: str | None
    role: ContactRole | None
    tax_number: str | None
    updated_date: str | None
    vat_id: str | None

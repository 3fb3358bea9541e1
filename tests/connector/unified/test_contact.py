"""Customers as contacts."""

import pytest

from connector.api.named import words_of
from connector.unified.contact import contact_of
from connector.unified.customer import (
    ContactAddress,
    ContactPerson,
    Customer,
    EmailAddress,
    PhoneNumber,
)
from connector.unified.enums import (
    ContactAddressType,
    ContactAddressTypeV2,
    ContactRole,
    PhoneNumberType,
    PhoneNumberTypeV2,
)


def _customer(
    role: ContactRole | None = "CUSTOMER",
    addresses: tuple[ContactAddress, ...] = (),
    persons: tuple[ContactPerson, ...] = (),
    phones: tuple[PhoneNumber, ...] = (),
) -> Customer:
    return Customer(
        id="c1",
        addresses=addresses,
        account_number=70000,
        bank_accounts=(),
        company_name="Vauquelin",
        contact_persons=persons,
        contact_type="COMPANY",
        currency=None,
        e_invoicing_address=None,
        locale=None,
        tax_number=None,
        document_id=None,
        email_addresses=(EmailAddress(email="a@vauquelin.example", type="INVOICE"),),
        number="K-7",
        phone_numbers=phones,
        project_id=None,
        role=role,
        updated_date="2026-11-01T00:00:00.000Z",
        vat_id="FR1",
    )


def test_what_both_versions_have_is_the_same() -> None:
    """The date of creation is given apart, a person is known by its place; there is no website."""
    person = ContactPerson((), "Inès", "Keller", (PhoneNumber("+331", "MOBILE"),), "Mme")
    customer = _customer(persons=(person,))
    contact = contact_of(customer, "2026-10-01T00:00:00.000Z")
    assert (contact.id, contact.company_name, contact.number) == ("c1", "Vauquelin", "K-7")
    assert contact.email_addresses == customer.email_addresses
    assert contact.updated_date == customer.updated_date
    assert contact.created_date == "2026-10-01T00:00:00.000Z"
    assert contact.website is None
    (told,) = contact.contact_persons
    assert (told.id, told.first_name, told.last_name, told.salutation) == (
        "c1-1",
        "Inès",
        "Keller",
        "Mme",
    )
    assert (told.phone_numbers[0].number, told.phone_numbers[0].type) == ("+331", "MOBILE")


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("CUSTOMER", (True, False)),
        ("SUPPLIER", (False, True)),
        ("CONTACT", (False, False)),
        (None, (None, None)),
    ],
)
def test_a_role_becomes_two_flags(
    role: ContactRole | None, expected: tuple[bool | None, bool | None]
) -> None:
    """Unknown stays unknown."""
    contact = contact_of(_customer(role), None)
    assert (contact.is_customer, contact.is_supplier) == expected


@pytest.mark.parametrize("kind", [*words_of(ContactAddressType), None])
def test_the_type_of_an_address_is_never_null(kind: ContactAddressType | None) -> None:
    """The second version has no EMPTY and takes no null; both become BILLING."""
    address = ContactAddress("1 rue", None, "Paris", "FR", "75001", kind)
    (told,) = contact_of(_customer(addresses=(address,)), None).addresses
    same = kind in words_of(ContactAddressTypeV2)
    assert told.type == (kind if same else "BILLING")
    assert (told.address_line1, told.city, told.country_code) == ("1 rue", "Paris", "FR")


@pytest.mark.parametrize("kind", [*words_of(PhoneNumberType), None])
def test_kinds_of_phones_that_were_dropped_are_other(kind: PhoneNumberType | None) -> None:
    """LANDLINE, SKYPE and WHATSAPP; an unknown kind stays unknown."""
    (told,) = contact_of(_customer(phones=(PhoneNumber("+331", kind),)), None).phone_numbers
    same = kind is None or kind in words_of(PhoneNumberTypeV2)
    assert told.type == (kind if same else "OTHER")
    assert told.number == "+331"

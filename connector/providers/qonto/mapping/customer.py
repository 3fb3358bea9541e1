"""A client of the organisation as a unified customer, and as a contact."""

from connector.providers.qonto.documents.sales import ClientRecord, Phone
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.client import places_of
from connector.providers.qonto.mapping.names import same_name
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.contact import ContactV2, contact_of
from connector.unified.customer import (
    ContactAddress,
    ContactPerson,
    Customer,
    EmailAddress,
    PhoneNumber,
)
from connector.unified.enums import ContactType
from connector.unified.mapped import Mapped

_TYPES: dict[str, ContactType] = {
    "company": "COMPANY",
    "individual": "CONTACT_PERSON",
    "freelancer": "CONTACT_PERSON",
}


def map_customer(document: ClientRecord, calendar: Calendar) -> Mapped[Customer]:
    """Say a client in the unified model.

    Of a person, first and last name are in `contact_persons`, and `company_name` is only what the
    client's name says beyond them. What e-mail addresses and phone numbers are for is not known.
    """
    del calendar  # a client has no state that depends on the day
    notes = Notes("customer", document)
    person = _person_of(document, notes)
    customer = Customer(
        id=notes.id,
        addresses=_addresses_of(document, notes),
        account_number=None,
        bank_accounts=(),
        company_name=_company_of(document, person),
        contact_persons=() if person is None else (person,),
        contact_type=_type_of(document, notes),
        currency=notes.currency(document.currency, None),
        document_id=None,
        e_invoicing_address=notes.text(document.e_invoicing_address),
        email_addresses=_emails_of(document),
        locale=notes.text(document.locale),
        number=None,
        phone_numbers=_phones_of(document),
        project_id=None,
        role="CUSTOMER",
        tax_number=notes.text(document.tax_identification_number),
        updated_date=notes.date("updated_at", document.updated_at),
        vat_id=notes.text(document.vat_number),
    )
    return Mapped(customer, tuple(notes.warnings))


def map_contact(document: ClientRecord, calendar: Calendar) -> Mapped[ContactV2]:
    """Say a client as a contact."""
    customer = map_customer(document, calendar)
    notes = Notes("customer", customer.value.id)
    contact = contact_of(customer.value, notes.date("created_at", document.created_at))
    return Mapped(contact, (*customer.warnings, *notes.warnings))


def _type_of(document: ClientRecord, notes: Notes) -> ContactType:
    kind = document.kind or document.type
    if kind and kind not in _TYPES:
        notes.warn(f"kind {kind[:40]!r} has no counterpart")
    return _TYPES.get(kind or "", "UNDEFINED")


def _person_of(document: ClientRecord, notes: Notes) -> ContactPerson | None:
    if not (document.first_name or document.last_name):
        return None
    return ContactPerson(
        email_addresses=(),
        first_name=notes.text(document.first_name),
        last_name=notes.text(document.last_name),
        phone_numbers=(),
        salutation=None,
    )


def _company_of(document: ClientRecord, person: ContactPerson | None) -> str | None:
    name = document.name or None
    if person is None:
        return name
    told = " ".join(part for part in (person.first_name, person.last_name) if part)
    return None if name is None or same_name(name, told) else name


def _addresses_of(document: ClientRecord, notes: Notes) -> tuple[ContactAddress, ...]:
    return tuple(
        ContactAddress(
            address_line1=notes.text(source.street_address),
            address_line2=None,
            city=notes.text(source.city),
            country_code=notes.country(source.country_code),
            postal_code=notes.text(source.zip_code),
            type=place,
        )
        for source, place in places_of(document)
    )


def _emails_of(document: ClientRecord) -> tuple[EmailAddress, ...]:
    extra = document.extra_emails
    more = extra if isinstance(extra, list) else [extra]
    each = dict.fromkeys(email for email in (document.email, *more) if email)
    return tuple(EmailAddress(email=email, type=None) for email in each)


def _phones_of(document: ClientRecord) -> tuple[PhoneNumber, ...]:
    """Return the one number, from the field that has it whole or else from its two parts."""
    phone = document.phone
    if isinstance(phone, Phone):
        phone = f"{phone.country_code or ''}{phone.number}" if phone.number else None
    number = document.phone_number or phone
    return (PhoneNumber(number=number, type=None),) if number else ()

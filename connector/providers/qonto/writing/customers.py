"""Customers and contacts at Qonto: its clients."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from connector.ports import PreparedWrite, Writer, WriteRequest
from connector.providers.qonto.documents.sales import ClientRecord
from connector.providers.qonto.session.lists import CREATED, known_id
from connector.providers.qonto.writing.mails import EMAIL
from connector.providers.qonto.writing.matching import without_nothing
from connector.providers.qonto.writing.surroundings import lacking_for_documents
from connector.providers.qonto.writing.texts import check_lengths
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared
from connector.providers.qonto.writing.writers import Change, Creation, Deletion
from connector.writing.problems import Problems
from connector.writing.requests.contact import ContactChange, ContactFields, ContactRequest
from connector.writing.requests.customer import (
    CustomerAddress,
    CustomerChange,
    CustomerFields,
    CustomerRequest,
    PartyFields,
)

LOCALES = ("fr", "en", "it", "de", "es")

_LIMITS = {"company_name": 250, "vat_id": 20, "tax_number": 30}
_LONGEST_PERSON = 60
_MOST_EMAILS = 100
_PHONE = re.compile(r"\+[1-9][\d\s./()-]{5,30}", re.ASCII)
_LONGEST_PHONE = 15
_CALLING_CODES = frozenset(
    {"1", "7", "20", "27", "36", "39", "81", "82", "84", "86", "98"}
    | {f"3{digit}" for digit in "012346"}
    | {f"4{digit}" for digit in "013456789"}
    | {f"5{digit}" for digit in "12345678"}
    | {f"6{digit}" for digit in "0123456"}
    | {f"9{digit}" for digit in "012345"}
)
"""The calling codes of one and two digits; all others have three."""
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_UNUSED = "Qonto's clients have nothing of the kind."


@dataclass(frozen=True)
class Customers:
    """What is sent to Qonto for a customer, or everything that is wrong with it."""

    records: Records[Any, Any]

    async def create(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        del account_id
        request: CustomerRequest | ContactRequest = asked.body
        problems = Problems(asked.confirmed)
        is_company = _is_company(request)
        body = {
            "kind": "company" if is_company else "individual",
            **_body(request, problems, is_company=is_company),
        }
        _check_names(request, problems, is_company=is_company)
        _check_role(request, problems)
        problems.check()
        warnings = _warnings(request, problems, is_company=is_company)
        return prepared(QontoRequest("POST", body), (*warnings, *_incomplete(body)))

    async def update(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: CustomerChange | ContactChange = asked.body
        record_id = known_id(asked.record_id or "")
        problems = Problems(asked.confirmed)
        document, _ = await self.records.one(account_id, record_id)
        is_company = (document.kind or document.type) == "company"
        if request.contact_type in ("COMPANY", "CONTACT_PERSON") and is_company != (
            request.contact_type == "COMPANY"
        ):
            problems.add(
                "contactType", "NOT_ALLOWED", "A company doesn't become a person, nor a person one."
            )
        body = _body(request, problems, is_company=is_company)
        _check_role(request, problems)
        if not body:
            problems.add("body", "REQUIRED", "There is nothing to change.")
        problems.check()
        warnings = _warnings(request, problems, is_company=is_company)
        return prepared(QontoRequest("PATCH", body, record_id), warnings)

    async def delete(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        record_id = known_id(asked.record_id or "")
        await self.records.one(account_id, record_id)
        return prepared(QontoRequest("DELETE", record_id=record_id))


def customer_writers(
    records: Records[Any, Any], contacts: Records[Any, Any]
) -> dict[str, Writer[Any]]:
    """Return the writers of customers, and the same for those who call them contacts."""
    found: dict[str, Writer[Any]] = {}
    for name, each in (("customers", records), ("contacts", contacts)):
        customers = Customers(each)
        found |= {
            f"{name}.create": Creation(each, customers.create, CREATED.descending),
            f"{name}.update": Change(each, customers.update),
            f"{name}.delete": Deletion(each, customers.delete),
        }
    return found


CONTACTS_ARE_CUSTOMERS = {
    f"contacts.{action}": f"customers.{action}" for action in ("create", "update", "delete")
}


def _is_company(request: CustomerRequest | ContactRequest) -> bool:
    if request.contact_type == "UNDEFINED":
        return request.company_name is not None
    return request.contact_type == "COMPANY"


def _check_names(
    request: CustomerRequest | ContactRequest, problems: Problems, *, is_company: bool
) -> None:
    if is_company:
        if request.company_name is None:
            problems.add("companyName", "REQUIRED", "A company has a name.")
        return
    person = request.contact_persons[0] if request.contact_persons else None
    for name, value in (
        ("firstName", person and person.first_name),
        ("lastName", person and person.last_name),
    ):
        if not value:
            problems.add(f"contactPersons.0.{name}", "REQUIRED", "A person has both names.")


def _check_role(request: PartyFields, problems: Problems) -> None:
    """Refuse whoever is no customer: nothing else would come of it at Qonto."""
    message = "Qonto keeps customers only."
    if isinstance(request, CustomerFields) and request.role == "SUPPLIER":
        problems.add("role", "NOT_ALLOWED", message)
    if isinstance(request, ContactFields):
        if request.is_customer is False:
            problems.add("isCustomer", "NOT_ALLOWED", message)
        elif request.is_supplier and request.is_customer is None:
            problems.add(
                "isSupplier", "NOT_ALLOWED", message, "Send isCustomer=true if it is both."
            )


def _incomplete(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Warn of what Qonto will miss on the first document for a customer."""
    lacking = lacking_for_documents(msgspec.convert(body, ClientRecord))
    if not lacking:
        return ()
    return (f"It has no {', '.join(lacking)}: until it does, Qonto refuses documents for it.",)


def _body(request: PartyFields, problems: Problems, *, is_company: bool) -> dict[str, Any]:
    check_lengths(request, _LIMITS, problems)
    emails = _emails(request, problems)
    return without_nothing(
        {
            **({"name": request.company_name} if is_company else _person(request, problems)),
            "email": emails[0] if emails else None,
            "extra_emails": list(emails[1:]),
            "phone": _phone(request, problems),
            "vat_number": request.vat_id,
            "tax_identification_number": request.tax_number,
            "currency": _code(request.currency, "currency", _CURRENCY, problems),
            "locale": _locale(request.locale, problems),
            "e_invoicing_address": request.e_invoicing_address,
            **_addresses(request.addresses, problems),
        }
    )


def _person(request: PartyFields, problems: Problems) -> dict[str, str | None]:
    if not request.contact_persons:
        return {}
    person = request.contact_persons[0]
    for name, value in (("firstName", person.first_name), ("lastName", person.last_name)):
        if len(value or "") > _LONGEST_PERSON:
            problems.add(
                f"contactPersons.0.{name}",
                "TOO_LONG",
                f"Qonto takes at most {_LONGEST_PERSON} characters.",
            )
    return {"first_name": person.first_name, "last_name": person.last_name}


def _emails(request: PartyFields, problems: Problems) -> tuple[str, ...]:
    for position, one in enumerate(request.email_addresses):
        if not EMAIL.fullmatch(one.email):
            problems.add(
                f"emailAddresses.{position}.email", "NOT_AN_EMAIL", "This is no e-mail address."
            )
    if len(request.email_addresses) > _MOST_EMAILS:
        problems.add("emailAddresses", "TOO_MANY", f"Qonto takes at most {_MOST_EMAILS}.")
    return tuple(one.email for one in request.email_addresses)


def _phone(request: PartyFields, problems: Problems) -> dict[str, str] | None:
    if not request.phone_numbers:
        return None
    given = request.phone_numbers[0].number
    digits = re.sub(r"\(0\)|\D", "", given)
    if not _PHONE.fullmatch(given.strip()) or not 6 <= len(digits) <= _LONGEST_PHONE:
        problems.add(
            "phoneNumbers.0.number",
            "NOT_A_PHONE_NUMBER",
            "Qonto takes numbers with their country code only.",
            "Write it as +33 6 12 34 56 78.",
        )
        return None
    size = next((size for size in (1, 2) if digits[:size] in _CALLING_CODES), 3)
    return {"country_code": f"+{digits[:size]}", "number": digits[size:]}


def _code(value: str | None, field: str, form: re.Pattern[str], problems: Problems) -> str | None:
    code = value and value.upper()
    if code and not form.fullmatch(code):
        problems.add(field, "NOT_ALLOWED", f"{value[:20]!r} is no ISO code.")  # type: ignore[index]
        return None
    return code


def _locale(value: str | None, problems: Problems) -> str | None:
    locale = value and value.lower()[:2]
    if locale and locale not in LOCALES:
        problems.add("locale", "NOT_ALLOWED", f"Qonto knows {', '.join(LOCALES)}.")
        return None
    return locale


def _addresses(
    addresses: Sequence[CustomerAddress], problems: Problems
) -> Mapping[str, dict[str, str]]:
    """Return the first address for each of Qonto's two places; any other kind is for billing."""
    found: dict[str, dict[str, str]] = {}
    for position, one in enumerate(addresses):
        place = "delivery_address" if one.type == "DELIVERY" else "billing_address"
        if place in found:
            continue
        country = _code(one.country_code, f"addresses.{position}.countryCode", _COUNTRY, problems)
        street = " ".join(part for part in (one.address_line1, one.address_line2) if part)
        found[place] = without_nothing(
            {
                "street_address": street,
                "city": one.city,
                "zip_code": one.postal_code,
                "country_code": country,
            }
        )
    return found


def _warnings(request: PartyFields, problems: Problems, *, is_company: bool) -> tuple[str, ...]:
    unused: dict[str, object] = {
        "number": request.number,
        "projectId": request.project_id,
        "phoneNumbers after the first": request.phone_numbers[1:] or None,
        "addresses after one for each purpose": _spare(request.addresses) or None,
    }
    if is_company:
        unused["contactPersons"] = request.contact_persons or None
    else:
        unused["companyName"] = request.company_name
        unused["contactPersons after the first"] = request.contact_persons[1:] or None
    if isinstance(request, CustomerFields):
        unused["documentId"] = request.document_id
    if isinstance(request, ContactFields):
        unused |= {
            "id": request.id,
            "isSupplier": request.is_supplier or None,
            "website": request.website,
        }
    return problems.unused(unused, _UNUSED)


def _spare(addresses: Sequence[CustomerAddress]) -> int:
    return len(addresses) - len({one.type == "DELIVERY" for one in addresses})

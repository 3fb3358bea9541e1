"""Customers at Qonto: its clients."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.ports import PreparedWrite, Writer, WriteRequest
from connector.providers.qonto.session.lists import CREATED, known_id
from connector.providers.qonto.writing.mails import EMAIL
from connector.providers.qonto.writing.matching import without_nothing
from connector.providers.qonto.writing.texts import check_lengths
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared
from connector.providers.qonto.writing.writers import Change, Creation, Deletion
from connector.writing.problems import Problems
from connector.writing.requests.customer import (
    CustomerAddress,
    CustomerChange,
    CustomerFields,
    CustomerRequest,
)

LOCALES = ("fr", "en", "it", "de", "es")

_LIMITS = {"company_name": 250, "vat_id": 20, "tax_number": 30}
_LONGEST_PERSON = 60
_MOST_EMAILS = 100
_PHONE = re.compile(r"(\+\d{1,3})[\s.-]?([\d\s./()-]{4,20})", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_UNUSED = "Qonto's clients have nothing of the kind."


@dataclass(frozen=True)
class Customers:
    """What is sent to Qonto for a customer, or everything that is wrong with it."""

    records: Records[Any, Any]

    async def create(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        del account_id
        request: CustomerRequest = asked.body
        problems = Problems(asked.confirmed)
        body = _body(request, problems)
        body["kind"] = "company" if request.contact_type == "COMPANY" else "individual"
        _check_name(request, problems)
        problems.check()
        return prepared(QontoRequest("POST", body), _warnings(request, problems))

    async def update(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: CustomerChange = asked.body
        record_id = known_id(asked.record_id or "")
        problems = Problems(asked.confirmed)
        if request.contact_type is not None:
            await self._check_kind(account_id, record_id, request, problems)
        body = _body(request, problems)
        if not body:
            problems.add("body", "REQUIRED", "There is nothing to change.")
        problems.check()
        return prepared(QontoRequest("PATCH", body, record_id), _warnings(request, problems))

    async def delete(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        del account_id
        return prepared(QontoRequest("DELETE", record_id=known_id(asked.record_id or "")))

    async def _check_kind(
        self, account_id: str, record_id: str, request: CustomerChange, problems: Problems
    ) -> None:
        document, _ = await self.records.one(account_id, record_id)
        is_company = (document.kind or document.type) == "company"
        if is_company != (request.contact_type == "COMPANY"):
            problems.add(
                "contactType", "NOT_ALLOWED", "A company doesn't become a person, nor a person one."
            )


def customer_writers(records: Records[Any, Any]) -> dict[str, Writer[Any]]:
    """Return the writers of customers."""
    customers = Customers(records)
    return {
        "customers.create": Creation(records, customers.create, CREATED.descending),
        "customers.update": Change(records, customers.update),
        "customers.delete": Deletion(records, customers.delete),
    }


def _check_name(request: CustomerRequest, problems: Problems) -> None:
    if request.contact_type == "COMPANY":
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


def _body(request: CustomerFields, problems: Problems) -> dict[str, Any]:
    check_lengths(request, _LIMITS, problems)
    emails = _emails(request, problems)
    return without_nothing(
        {
            "name": request.company_name,
            **_person(request, problems),
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


def _person(request: CustomerFields, problems: Problems) -> dict[str, str | None]:
    if not request.contact_persons or request.company_name is not None:
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


def _emails(request: CustomerFields, problems: Problems) -> tuple[str, ...]:
    for position, one in enumerate(request.email_addresses):
        if not EMAIL.fullmatch(one.email):
            problems.add(
                f"emailAddresses.{position}.email", "NOT_AN_EMAIL", "This is no e-mail address."
            )
    if len(request.email_addresses) > _MOST_EMAILS:
        problems.add("emailAddresses", "TOO_MANY", f"Qonto takes at most {_MOST_EMAILS}.")
    return tuple(one.email for one in request.email_addresses)


def _phone(request: CustomerFields, problems: Problems) -> dict[str, str] | None:
    if not request.phone_numbers:
        return None
    parts = _PHONE.fullmatch(request.phone_numbers[0].number.strip())
    if parts is None:
        problems.add(
            "phoneNumbers.0.number",
            "NOT_A_PHONE_NUMBER",
            "Qonto takes numbers with their country code only.",
            "Write it as +33 6 12 34 56 78.",
        )
        return None
    return {"country_code": parts[1], "number": re.sub(r"\D", "", parts[2])}


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


def _warnings(request: CustomerFields, problems: Problems) -> tuple[str, ...]:
    unused: dict[str, object] = {
        "number": request.number,
        "documentId": request.document_id,
        "projectId": request.project_id,
        "role": request.role if request.role not in (None, "CUSTOMER") else None,
        "phoneNumbers after the first": request.phone_numbers[1:] or None,
    }
    if request.company_name is not None:
        unused["contactPersons"] = request.contact_persons or None
    return problems.unused(unused, _UNUSED)

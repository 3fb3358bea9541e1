"""Customers and contacts as Qonto takes them: each rule refuses and accepts."""

import asyncio
import json
from typing import Any, cast

import pytest

from connector.ports import PreparedWrite, WriteRequest
from connector.providers.qonto.writing.customers import Customers
from connector.writing.requests.contact import ContactRequest
from connector.writing.requests.customer import CustomerRequest
from storage.errors import Invalid

PARIS = {"addressLine1": "1 rue", "city": "Paris", "postalCode": "75002", "countryCode": "FR"}
WHOLE: dict[str, Any] = {
    "contactType": "COMPANY",
    "companyName": "Lune",
    "currency": "EUR",
    "locale": "fr",
    "taxNumber": "552100554",
    "addresses": [PARIS],
}
PERSON = {
    "contactType": "CONTACT_PERSON",
    "contactPersons": [{"firstName": "Ada", "lastName": "Lovelace"}],
}


def create(fields: dict[str, Any]) -> PreparedWrite:
    """Check a creation; nothing of it needs Qonto."""
    contact = fields.get("contactType") == "UNDEFINED" or "isCustomer" in fields
    model = ContactRequest if contact or "isSupplier" in fields else CustomerRequest
    customers = Customers(cast(Any, None))
    return asyncio.run(customers.create("", WriteRequest(model.model_validate(fields))))


def sent(fields: dict[str, Any]) -> dict[str, Any]:
    return json.loads(create(fields).request)["body"]


def wrong(fields: dict[str, Any]) -> dict[str, str]:
    """What is wrong, by field."""
    try:
        create(fields)
    except Invalid as refusal:
        return {one.field: one.code for one in refusal.fields}
    return {}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in WHOLE.items() if name not in names}


def phone(number: str) -> dict[str, Any]:
    return {**WHOLE, "phoneNumbers": [{"number": number}]}


def person(**names: str) -> dict[str, Any]:
    return {**PERSON, "contactPersons": [names]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (WHOLE, {}),
        (PERSON, {}),
        (without("companyName"), {"companyName": "REQUIRED"}),
        ({**WHOLE, "companyName": "é" * 250}, {}),
        ({**WHOLE, "companyName": "é" * 251}, {"companyName": "TOO_LONG"}),
        ({**WHOLE, "vatId": "F" * 21}, {"vatId": "TOO_LONG"}),
        ({**WHOLE, "vatId": "F" * 20, "taxNumber": "1" * 30}, {}),
        ({**WHOLE, "taxNumber": "1" * 31}, {"taxNumber": "TOO_LONG"}),
        (
            {"contactType": "CONTACT_PERSON", "companyName": "Lune"},
            {
                "contactPersons.0.firstName": "REQUIRED",
                "contactPersons.0.lastName": "REQUIRED",
            },
        ),
        (person(firstName="Ada"), {"contactPersons.0.lastName": "REQUIRED"}),
        (person(firstName="a" * 60, lastName="b"), {}),
        (person(firstName="a" * 61, lastName="b"), {"contactPersons.0.firstName": "TOO_LONG"}),
        ({**PERSON, "companyName": "Not used"}, {}),
        ({**WHOLE, "currency": "eur", "locale": "FR-fr"}, {}),
        ({**WHOLE, "currency": "E"}, {"currency": "NOT_ALLOWED"}),
        ({**WHOLE, "locale": "pt"}, {"locale": "NOT_ALLOWED"}),
        ({**WHOLE, "addresses": [{"countryCode": "fr"}]}, {}),
        (
            {**WHOLE, "addresses": [{"countryCode": "FRA"}]},
            {"addresses.0.countryCode": "NOT_ALLOWED"},
        ),
        ({**WHOLE, "emailAddresses": [{"email": "a@b.fr"}] * 100}, {}),
        ({**WHOLE, "emailAddresses": [{"email": "a@b.fr"}] * 101}, {"emailAddresses": "TOO_MANY"}),
        (
            {**WHOLE, "emailAddresses": [{"email": "a@b.fr"}, {"email": "b"}]},
            {"emailAddresses.1.email": "NOT_AN_EMAIL"},
        ),
        (phone("+33612345678"), {}),
        (phone("0612345678"), {"phoneNumbers.0.number": "NOT_A_PHONE_NUMBER"}),
        (phone("+33 call me"), {"phoneNumbers.0.number": "NOT_A_PHONE_NUMBER"}),
        (phone("+1234"), {"phoneNumbers.0.number": "NOT_A_PHONE_NUMBER"}),
        (phone("+1234567890123456"), {"phoneNumbers.0.number": "NOT_A_PHONE_NUMBER"}),
        ({**WHOLE, "role": "CUSTOMER"}, {}),
        ({**WHOLE, "role": "CONTACT"}, {}),
        ({**WHOLE, "role": "SUPPLIER"}, {"role": "NOT_ALLOWED"}),
        ({**WHOLE, "isCustomer": True, "isSupplier": True}, {}),
        ({**WHOLE, "isCustomer": False}, {"isCustomer": "NOT_ALLOWED"}),
        ({**WHOLE, "isSupplier": True}, {"isSupplier": "NOT_ALLOWED"}),
        ({**WHOLE, "contactType": "UNDEFINED"}, {}),
        ({**PERSON, "contactType": "UNDEFINED"}, {}),
    ],
)
def test_each_rule_refuses_and_accepts(fields: dict[str, Any], expected: dict[str, str]) -> None:
    assert wrong(fields) == expected


def test_a_customer_in_qontos_words() -> None:
    delivery = {**PARIS, "type": "DELIVERY", "addressLine2": "2nd floor"}
    assert sent(
        {
            **WHOLE,
            "addresses": [PARIS, delivery],
            "emailAddresses": [{"email": "a@b.fr"}, {"email": "c@d.fr"}],
            "vatId": "FR40303265045",
            "eInvoicingAddress": "552100554",
        }
    ) == {
        "kind": "company",
        "name": "Lune",
        "email": "a@b.fr",
        "extra_emails": ["c@d.fr"],
        "vat_number": "FR40303265045",
        "tax_identification_number": "552100554",
        "currency": "EUR",
        "locale": "fr",
        "e_invoicing_address": "552100554",
        "billing_address": {
            "street_address": "1 rue",
            "city": "Paris",
            "zip_code": "75002",
            "country_code": "FR",
        },
        "delivery_address": {
            "street_address": "1 rue 2nd floor",
            "city": "Paris",
            "zip_code": "75002",
            "country_code": "FR",
        },
    }
    assert sent({**PERSON, "companyName": "Not used"}) == {
        "kind": "individual",
        "first_name": "Ada",
        "last_name": "Lovelace",
    }
    assert sent({**WHOLE, "contactType": "UNDEFINED"})["kind"] == "company"
    assert sent({**PERSON, "contactType": "UNDEFINED"})["kind"] == "individual"


@pytest.mark.parametrize(
    ("number", "country_code", "rest"),
    [
        ("+33612345678", "+33", "612345678"),
        ("+33 (0)6 12 34 56 78", "+33", "612345678"),
        ("+49-30-123456", "+49", "30123456"),
        ("+352 621 123 456", "+352", "621123456"),
        ("+1 (212) 555.0100", "+1", "2125550100"),
        ("+351912345678", "+351", "912345678"),
        ("+39 06 1234567", "+39", "061234567"),
    ],
)
def test_a_number_is_parted_at_its_calling_code(number: str, country_code: str, rest: str) -> None:
    assert sent(phone(number))["phone"] == {"country_code": country_code, "number": rest}


@pytest.mark.covers("QX-48")
@pytest.mark.parametrize(
    ("fields", "lacking"),
    [
        (WHOLE, ()),
        (without("currency", "locale"), ("currency", "locale")),
        (without("taxNumber"), ("tax number",)),
        (without("addresses"), ("street", "city", "postal code", "country")),
        ({**without("taxNumber"), "addresses": [{**PARIS, "countryCode": "DE"}]}, ()),
        ({**PERSON, "currency": "EUR", "locale": "fr", "addresses": [PARIS]}, ()),
        ({**WHOLE, "addresses": [{**PARIS, "type": "DELIVERY"}]}, ("street",)),
    ],
)
def test_what_its_documents_will_need_is_warned_of(
    fields: dict[str, Any], lacking: tuple[str, ...]
) -> None:
    """It is no mistake: a customer need not be invoiced."""
    told = [one for one in create(fields).warnings if "Qonto refuses documents" in one]
    assert len(told) == bool(lacking)
    assert all(name in told[0] for name in lacking)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({**WHOLE, "number": "7"}, "number"),
        ({**WHOLE, "projectId": "7"}, "projectId"),
        ({**WHOLE, "documentId": "7"}, "documentId"),
        ({**WHOLE, "contactPersons": PERSON["contactPersons"]}, "contactPersons"),
        ({**PERSON, "companyName": "Lune"}, "companyName"),
        ({**phone("+33612345678"), "phoneNumbers": [{"number": "+33612345678"}] * 2}, "phoneN"),
        ({**WHOLE, "addresses": [PARIS, PARIS]}, "addresses"),
        ({**WHOLE, "isCustomer": True, "website": "https://lune.example"}, "website"),
        ({**WHOLE, "isCustomer": True, "isSupplier": True}, "isSupplier"),
        ({**WHOLE, "isCustomer": True, "id": "7"}, "id"),
    ],
)
def test_what_qonto_has_no_place_for_is_told(fields: dict[str, Any], name: str) -> None:
    assert any(one.startswith(name) for one in create(fields).warnings)
    assert create(WHOLE).warnings == ()

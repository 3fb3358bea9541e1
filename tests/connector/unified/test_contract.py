"""The unified models against the facts of Maesn's contract: names, types, nullability, values.

`contract.json` lists them by model and field; `type` may be null unless `nullable` is false, and
the key is always there unless `required` is false. Here ids of records and of lines are never null.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connector.api.envelope import Pagination
from connector.api.named import words_of
from connector.unified import enums, iso
from connector.unified.address import Address
from connector.unified.bank_account import BankAccount
from connector.unified.bill import Bill, BillDimension, BillLine
from connector.unified.booking_proposal import BookingProposal, BookingProposalLine
from connector.unified.company import Company, CompanySubscription, Environment
from connector.unified.contact import ContactAddressV2, ContactPersonV2, ContactV2, PhoneNumberV2
from connector.unified.credit_note import CreditNote, CreditNoteLine
from connector.unified.customer import (
    ContactAddress,
    ContactBankAccount,
    ContactPerson,
    Customer,
    EmailAddress,
    PhoneNumber,
)
from connector.unified.document import Document, DocumentExtensions, DocumentType
from connector.unified.expense import Expense, ExpenseDimension, ExpenseLine, ExpenseTaxRate
from connector.unified.invoice import Invoice, InvoiceDimension, InvoiceLine
from connector.unified.item import Item
from connector.unified.offer import Offer, OfferLine
from connector.unified.payment import Payment, PaymentLine
from connector.unified.transaction import Transaction
from connector.unified.user import UserInfo
from connector.unified.vendor_credit import VendorCredit, VendorCreditDimension, VendorCreditLine

CONTRACT: dict[str, dict[str, dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "contract.json").read_text()
)
DESCRIBED_AGAIN = {"EmailAddressV2": EmailAddress, "OfferAddress": Address}
"""What the contract describes twice in the same words is one model here."""

MODELS: dict[str, Any] = DESCRIBED_AGAIN | {
    model.__name__: model
    for model in (
        Address,
        BankAccount,
        Bill,
        BillDimension,
        BillLine,
        BookingProposal,
        BookingProposalLine,
        Company,
        CompanySubscription,
        ContactAddress,
        ContactAddressV2,
        ContactBankAccount,
        ContactPerson,
        ContactPersonV2,
        ContactV2,
        CreditNote,
        CreditNoteLine,
        Customer,
        Document,
        DocumentExtensions,
        DocumentType,
        EmailAddress,
        Environment,
        Expense,
        ExpenseDimension,
        ExpenseLine,
        ExpenseTaxRate,
        Invoice,
        InvoiceDimension,
        InvoiceLine,
        Item,
        Offer,
        OfferLine,
        Pagination,
        Payment,
        PaymentLine,
        PhoneNumber,
        PhoneNumberV2,
        Transaction,
        UserInfo,
        VendorCredit,
        VendorCreditDimension,
        VendorCreditLine,
    )
}
ADDED = {
    *(("Invoice", "id"), ("Invoice", "creditNoteIds"), ("Invoice", "eInvoicingEvents")),
    *(("Invoice", "eInvoicingStatus"), ("Invoice", "finalizedDate"), ("Invoice", "invoiceUrl")),
    ("Invoice", "performanceEndDate"),
    *(("Bill", "documentKind"), ("Bill", "fileName"), ("Bill", "scheduledDate")),
    *(("Bill", "taxNumber"), ("Bill", "taxes")),
    *(("Customer", "currency"), ("Customer", "eInvoicingAddress"), ("Customer", "locale")),
    ("Customer", "taxNumber"),
    ("Transaction", "cardLastDigits"),
    *(("Payment", "declinedReason"), ("Payment", "scheduledDate"), ("Payment", "status")),
    ("Payment", "transferIds"),
}
"""What newer pages of the contract have beyond its published description, and what we add."""

OWN_IDS = {"id", "lineItemId"}
INVOICES_FORMER_ID = ("Invoice", "invoiceId")
ID_OF_NO_RECORD = ("ExpenseTaxRate", "id")

JSON_TYPES = {"integer": "number"}
CODE_LISTS = {"countryCode": iso.COUNTRY_CODES, "currency": iso.BANK_CURRENCY_CODES}


def _fields(model: Any) -> dict[str, Any]:
    _, components = msgspec.json.schema_components([model], ref_template="{name}")
    return components[model.__name__]["properties"]


def _choices(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return schema.get("anyOf", [schema])


def _type(schema: dict[str, Any]) -> str:
    if schema.get("format") == "decimal":
        return "number"
    if "enum" in schema:
        return "string"
    if "$ref" in schema:
        return "object"
    name: str = schema["type"]
    return JSON_TYPES.get(name, name)


def test_every_model_of_the_contract_is_compared() -> None:
    """None is left out by mistake."""
    assert set(MODELS) == set(CONTRACT)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_has_exactly_the_contracts_fields(name: str) -> None:
    """The same names, JSON types and nullability; lists and own ids are never null here."""
    fields = _fields(MODELS[name])
    added = {field for model, field in ADDED if model == name}
    assert set(fields) - added == set(CONTRACT[name])
    for field, fact in CONTRACT[name].items():
        choices = _choices(fields[field])
        types = {_type(choice) for choice in choices}
        nullable = fact.get("nullable", True) and fact["type"] != "array"
        if (field in OWN_IDS and (name, field) != ID_OF_NO_RECORD) or (
            (name, field) == INVOICES_FORMER_ID
        ):
            nullable = False
        assert types == {fact["type"], *(["null"] if nullable else [])}, field


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_admits_exactly_the_contracts_values(name: str) -> None:
    """Every closed vocabulary, value by value; codes have lists of their own."""
    fields = _fields(MODELS[name])
    for field, fact in CONTRACT[name].items():
        if field in CODE_LISTS and "enum" in fact:
            assert set(fact["enum"]) == CODE_LISTS[field]
            continue
        listed = [choice["enum"] for choice in _choices(fields[field]) if "enum" in choice]
        assert sorted(fact.get("enum", [])) == sorted(value for enum in listed for value in enum)


@pytest.mark.parametrize("name", sorted(set(MODELS)))
def test_no_key_of_a_model_can_be_missing(name: str) -> None:
    """Fields have no defaults and none is left out when it is null."""
    model = MODELS[name]
    _, components = msgspec.json.schema_components([model], ref_template="{name}")
    assert set(components[model.__name__]["required"]) == set(_fields(model))
    assert not model.__struct_config__.omit_defaults


def test_currencies_have_three_capitals() -> None:
    """And the euro is one."""
    assert "EUR" in iso.CURRENCY_CODES
    assert all(len(code) == 3 and code.isupper() for code in iso.CURRENCY_CODES)
    assert set(words_of(enums.BookingType)) >= {"INVOICE", "BILL"}

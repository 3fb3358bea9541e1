"""A record that Qonto sends without an id is told all the same, by an id made of its content."""

import json
from typing import Any

import pytest

from connector.errors import DocumentNotFound
from connector.ports import Order, Query
from connector.providers.qonto.documents.attachments import ATTACHMENTS
from connector.providers.qonto.documents.bank import ORGANIZATION
from connector.providers.qonto.mapping.stand_ins import stand_in
from tests.connector.providers.qonto.bank import (
    NOW,
    Bank,
    client_invoice,
    credit_note,
    provider,
    supplier_invoice,
    uuid,
)
from tests.connector.providers.qonto.test_golden import MAPPINGS
from tests.connector.providers.qonto.test_odd_shapes import DOCUMENTS

ACCOUNT = "acct_1"
NAMELESS = "without-id-"


def _read(resource: Any, document: dict[str, Any]) -> Any:
    (record,) = resource.read_page(json.dumps({resource.plural: [document]}).encode()).records
    assert record.id is None, "nothing else may take it for known"
    return record.document


def _written_otherwise(document: dict[str, Any]) -> dict[str, Any]:
    """The same content: fields in another order, and nothing said in another way."""
    return {"id": "", **dict(reversed(document.items()))}


@pytest.mark.parametrize("sample", sorted(DOCUMENTS))
def test_every_kind_of_record_has_an_id_that_stays(sample: str) -> None:
    """Another record has another, and the warning is there once."""
    resource, maps = MAPPINGS[sample.partition(".")[0]]
    content = {name: value for name, value in DOCUMENTS[sample].items() if name != "id"}
    first, again = _read(resource, content), _read(resource, _written_otherwise(content))
    other = _read(resource, content | {"created_at": "2020-01-01T00:00:00.000Z", "name": "Other"})
    for mapping in maps.values():
        mapped = mapping(first)
        if mapped is None:
            continue
        assert mapped.value.id == stand_in(first)
        assert mapped.value.id.startswith(NAMELESS)
        assert mapping(again).value.id == mapped.value.id != mapping(other).value.id
        told = [warning for warning in mapped.warnings if "without an id" in warning]
        assert len(told) == 1
        assert mapped.value.id in told[0]


@pytest.mark.parametrize(
    ("resource", "field", "values"),
    [
        (ATTACHMENTS, "url", ("https://files.example/a?sig=1", "https://files.example/a?sig=2")),
        (ATTACHMENTS, "probative_attachment", ({"url": "https://files.example/b"}, None)),
        (ORGANIZATION, "bank_accounts", ([{"balance": 1.5}], [{"balance": 2.5}])),
    ],
)
def test_what_every_answer_writes_anew_does_not_count(
    resource: Any, field: str, values: tuple[Any, Any]
) -> None:
    one, two = (_read(resource, {"name": "x", field: value}) for value in values)
    assert stand_in(one) == stand_in(two)


def _bank() -> Bank:
    """Three documents in each list, the second of which is shown without an id."""
    bank = Bank()
    days = [NOW.replace(day=number) for number in (1, 2, 3)]
    bank.client_invoices = [client_invoice(1000 + day.day, day) for day in days]
    bank.supplier_invoices = [supplier_invoice(2000 + day.day, day) for day in days]
    bank.credit_notes = [credit_note(3000 + day.day, day) for day in days]
    for documents in (bank.client_invoices, bank.supplier_invoices, bank.credit_notes):
        documents[1]["is_nameless"] = True
    return bank


@pytest.mark.parametrize(
    ("kind", "query", "count"),
    [
        ("invoices", Query(), 3),
        ("invoices", Query(limit=2), 2),
        ("invoices", Query(order=Order("invoiceNumber")), 3),
        ("invoices", Query(order=Order("invoiceNumber"), page=2, limit=1), 1),
        ("invoices", Query(status="PAID"), 3),
        ("bills", Query(), 3),
        ("bills", Query(order=Order("billNumber")), 3),
        ("credit_notes", Query(), 3),
        ("credit_notes", Query(modified_since=NOW.replace(day=2)), 2),
        ("payments", Query(), 6),
        ("booking_proposals", Query(), 9),
    ],
)
async def test_a_record_without_an_id_is_in_every_list(kind: str, query: Query, count: int) -> None:
    """Paged by Qonto, ordered or chosen from here, and merged of several; the ids stay."""
    reader = getattr(provider(_bank()).readers, kind)
    page = await reader.list(ACCOUNT, query)
    ids = [item.id for item in page.items]
    assert len(set(ids)) == len(ids) == count
    nameless = [one for one in ids if one.startswith(NAMELESS)]
    assert len(nameless) == max(1, count // 3)
    assert len(page.warnings) == len(nameless)
    assert all("without an id" in warning for warning in page.warnings)
    again = await getattr(provider(_bank()).readers, kind).list(ACCOUNT, query)
    assert [item.id for item in again.items] == ids
    for one in nameless:
        with pytest.raises(DocumentNotFound):
            await reader.get(ACCOUNT, one)


async def test_a_payment_names_its_document_as_that_is_named() -> None:
    readers = provider(_bank()).readers
    invoices = {one.id for one in (await readers.invoices.list(ACCOUNT, Query())).items}
    bills = {one.id for one in (await readers.bills.list(ACCOUNT, Query())).items}
    payments = (await readers.payments.list(ACCOUNT, Query())).items
    assert {one.payment_lines[0].invoice_id for one in payments} == invoices | bills
    assert {one.id for one in payments} == invoices | bills


async def test_records_without_an_id_are_not_taken_for_one() -> None:
    """Neither by an empty id nor by none; those alike in all that is told share theirs."""
    bank = _bank()
    first, second, third = bank.client_invoices
    first["id"] = third["id"] = ""
    bank.client_invoices.append({**second, "id": uuid(1)})
    for order in (None, Order("invoiceNumber")):
        page = await provider(bank).readers.invoices.list(ACCOUNT, Query(order=order))
        ids = [item.id for item in page.items]
        assert (len(ids), len(set(ids)), page.total) == (4, 3, 4)

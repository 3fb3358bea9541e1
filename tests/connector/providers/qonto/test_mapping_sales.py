"""Quotes, credit notes, products and clients: what holds for every one of them."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.api.envelope import encode
from connector.providers.qonto import mapping
from connector.providers.qonto.documents.purchases import SUPPLIER_INVOICES
from connector.providers.qonto.documents.reading import QontoResource
from connector.providers.qonto.documents.sales import (
    CLIENT_INVOICES,
    CLIENTS,
    CREDIT_NOTES,
    PRODUCTS,
    QUOTES,
    ClientInvoice,
    ClientRecord,
    Product,
    QontoItem,
    Quote,
)

SAMPLES = Path(mapping.__file__).parents[1] / "samples"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CALENDAR = mapping.Calendar(NOW)
EXACT = Context(prec=3000, traps=[Inexact])

amounts = st.from_regex(r"\A-?[0-9]{1,40}(\.[0-9]{1,20})?\Z") | st.decimals(
    allow_nan=False, allow_infinity=False, places=None
).filter(lambda value: abs(value.adjusted()) < 300).map(str)
ODD = ("quantity", "vat_rate")
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | amounts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def _read(resource: QontoResource[Any], document: dict[str, Any]) -> Any:
    return resource.read_one(msgspec.json.encode({resource.singular: document}))[0]


def _on_the_wire(value: object) -> Decimal:
    return json.loads(encode(value), parse_float=Decimal, parse_int=Decimal)


def _money(value: str) -> dict[str, str]:
    return {"value": value, "currency": "EUR"}


@pytest.mark.covers("QX-41")
@given(total=amounts, tax=amounts, price=amounts)
def test_no_amount_of_the_sales_side_ever_changes(total: str, tax: str, price: str) -> None:
    """Totals, net, lines and prices are the numbers that Qonto wrote, however long or small."""
    line = {
        "unit_price": _money(price),
        "total_amount": _money(total),
        "total_vat": _money(tax),
        "subtotal": _money(price),
        "quantity": tax,
    }
    document = {
        "id": "x",
        "currency": "EUR",
        "total_amount": _money(total),
        "vat_amount": _money(tax),
        "items": [line],
    }
    note = mapping.map_credit_note(_read(CREDIT_NOTES, document), CALENDAR).value
    offer = mapping.map_offer(_read(QUOTES, document), CALENDAR).value
    for unified, lines in ((note, note.credit_note_lines), (offer, offer.line_items)):
        assert _on_the_wire(unified.total_gross_amount) == Decimal(total)
        assert _on_the_wire(unified.total_tax_amount) == Decimal(tax)
        assert unified.total_net_amount is not None
        assert EXACT.add(unified.total_net_amount, Decimal(tax)) == Decimal(total)
        (only,) = lines
        assert _on_the_wire(only.unit_amount) == Decimal(price)
        assert _on_the_wire(only.total_net_amount) == Decimal(price)
        assert _on_the_wire(only.total_gross_amount) == Decimal(total)
        assert _on_the_wire(only.total_tax_amount) == Decimal(tax)
        assert _on_the_wire(only.quantity) == Decimal(tax)
    item = mapping.map_item(_read(PRODUCTS, {"unit_price": _money(price)}), CALENDAR).value
    assert _on_the_wire(item.unit_sales_price) == Decimal(price)


@given(total=st.from_regex(r"\A-?[1-9][0-9]{0,18}\.[0-9]{1,9}\Z"))
def test_a_vendor_credit_keeps_its_amounts_and_their_sign(total: str) -> None:
    """As read from the file, whether sent as text or as a number."""
    body = '{"supplier_invoice":{"is_credit_note":true,"total_amount":{"value":%s}}}'
    for written in (f'"{total}"', total):
        document, _ = SUPPLIER_INVOICES.read_one((body % written).encode())
        credit = mapping.map_vendor_credit(document, CALENDAR).value
        assert encode(credit.total_gross_amount).decode() == total


@pytest.mark.parametrize(
    ("status", "expiry", "expected"),
    [
        ("pending_approval", "2026-11-21", "SENT"),
        ("pending_approval", "2026-11-20", "SENT"),
        ("pending_approval", "2026-11-19", "EXPIRED"),
        ("pending_approval", "", "SENT"),
        ("pending_approval", "soon", "SENT"),
        ("approved", "2026-11-19", "ACCEPTED"),
        ("canceled", "2026-11-19", "VOIDED"),
        ("declined", "2026-11-21", None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_every_status_of_a_quote(
    status: str | None, expiry: str | None, expected: str | None
) -> None:
    """The whole table; what has no counterpart is null with a warning."""
    mapped = mapping.map_offer(Quote(id="x", status=status, expiry_date=expiry), CALENDAR)
    assert mapped.value.status == expected
    assert bool(mapped.warnings) == (expected is None)


@pytest.mark.parametrize(("country", "expected"), [("FR", "EXPIRED"), ("PT", "SENT")])
def test_a_quote_expires_at_midnight_where_its_issuer_is(country: str, expected: str) -> None:
    """Half past midnight in Paris is half past eleven in Lisbon."""
    quote = _read(
        QUOTES,
        {
            "id": "x",
            "status": "pending_approval",
            "expiry_date": "2026-11-20",
            "organization": {"legal_country": country},
        },
    )
    late = mapping.Calendar(NOW + timedelta(hours=11, minutes=30))
    assert mapping.map_offer(quote, late).value.status == expected


@given(st.integers(0, 30), st.text(min_size=1, max_size=40) | st.none() | st.just(""))
def test_lines_are_counted_from_1_in_qontos_order(count: int, document_id: str | None) -> None:
    """Their id is the document's and that number, also where something stands for the former."""
    sold = {"id": document_id, "items": [{"title": str(place)} for place in range(count)]}
    invoice = mapping.map_invoice(_read(CLIENT_INVOICES, sold), CALENDAR).value
    proposal = mapping.propose_invoice(_read(CLIENT_INVOICES, sold), CALENDAR).value
    note = mapping.map_credit_note(_read(CREDIT_NOTES, sold), CALENDAR).value
    offer = mapping.map_offer(_read(QUOTES, sold), CALENDAR).value
    told = (
        (invoice.id, [line.line_item_id for line in invoice.line_items]),
        (proposal.id, [line.id for line in proposal.line_items]),
        (note.id, [line.id for line in note.credit_note_lines]),
        (offer.id, [line.id for line in offer.line_items]),
    )
    for own, ids in told:
        assert own == document_id or (not document_id and own.startswith("without-id-"))
        assert ids == [f"{own}-{place + 1}" for place in range(count)]


@pytest.mark.parametrize(
    ("reasons", "rule"),
    [
        (["S293B"], "SMALL_BUSINESS_EXEMPTION"),
        (["S19.1", "S293B"], "SMALL_BUSINESS_EXEMPTION"),
        (["S13B", "S13B"], "REVERSE_CHARGE"),
        (["N6.3"], "REVERSE_CHARGE"),
        (["N3.2"], "INTRACOMMUNITY_GOODS"),
        (["N3.1"], "EXPORT_GOODS"),
        (["N3.1", "N3.2"], None),
        (["S293B", None], None),
        (["S259"], None),
        (["brand new"], None),
        ([], None),
    ],
)
def test_a_tax_rule_is_told_only_when_every_line_says_the_same(
    reasons: list[str | None], rule: str | None
) -> None:
    """Codes that could mean several rules, mixed lines and taxed lines tell none."""
    lines = [QontoItem(vat_rate="0", vat_exemption_reason=reason) for reason in reasons]
    assert mapping.map_invoice(ClientInvoice(items=lines), CALENDAR).value.tax_rule == rule
    taxed = [*lines, QontoItem(vat_rate="0.2", vat_exemption_reason="S293B")]
    assert mapping.map_invoice(ClientInvoice(items=taxed), CALENDAR).value.tax_rule is None


@pytest.mark.parametrize(
    ("unit", "name"),
    [("day", "DAY"), ("Hour", "HOUR"), ("square_meter", "SQUARE_METRE"), ("liter", "LITRE")],
)
def test_units_with_a_counterpart_are_named_so(unit: str, name: str) -> None:
    """In either case of letters, without a warning."""
    mapped = mapping.map_item(Product(id="x", unit=unit), CALENDAR)
    assert (mapped.value.unit_name, mapped.warnings) == (name, ())


@given(st.text(max_size=20).filter(lambda text: "\x00" not in text))
def test_a_unit_in_free_text_never_fails(unit: str) -> None:
    """It is one of the contract's or null; null for a text is noted."""
    mapped = mapping.map_item(Product(id="x", unit=unit), CALENDAR)
    assert bool(mapped.warnings) == (bool(unit) and mapped.value.unit_name is None)


@pytest.mark.covers("QX-42")
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(ODD, anything)), anything, anything)
def test_whatever_a_line_holds_its_document_is_mapped(
    line: dict[str, Any], value: Any, total: Any
) -> None:
    """Numbers, rates and discounts of any type and size; the other fields stay."""
    discount = {"type": "percentage", "value": value, "amount": {"value": total}}
    sold = {
        "id": "x",
        "number": "7",
        "total_amount": {"value": total},
        "discount": discount,
        "items": [line | {"title": "Day", "discount": discount, "subtotal": {"value": value}}],
    }
    offer = mapping.map_offer(_read(QUOTES, sold), CALENDAR).value
    note = mapping.map_credit_note(_read(CREDIT_NOTES, sold), CALENDAR).value
    assert json.loads(encode(offer))["lineItems"][0]["name"] == offer.line_items[0].name == "Day"
    assert json.loads(encode(note))["creditNoteNumber"] == "7"


@pytest.mark.parametrize("empty", ['""', "null"])
@pytest.mark.parametrize(
    ("sample", "resource", "mapped"),
    [
        ("client.get", CLIENTS, mapping.map_customer),
        ("client.get", CLIENTS, mapping.map_contact),
        ("product.get", PRODUCTS, mapping.map_item),
        ("quote.get", QUOTES, mapping.map_offer),
        ("credit_note.german", CREDIT_NOTES, mapping.map_credit_note),
        ("supplier_invoice.credit_note", SUPPLIER_INVOICES, mapping.map_vendor_credit),
    ],
)
def test_null_and_empty_are_the_same_as_absent(
    sample: str, resource: QontoResource[Any], mapped: Any, empty: str
) -> None:
    """Every field may be any of the three."""
    fields = json.loads((SAMPLES / f"{sample}.json").read_bytes())[resource.singular]
    never_text = {"items", "is_credit_note"}
    said = {name: None if name in never_text else json.loads(empty) for name in fields}
    with_empty = mapped(_read(resource, said | {"id": "x"}), CALENDAR)
    assert with_empty == mapped(_read(resource, {"id": "x"}), CALENDAR)


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({"phone": {"country_code": "+33", "number": "478"}, "phone_number": "+33478"}, ["+33478"]),
        ({"phone": {"country_code": "+33", "number": "478"}, "phone_number": ""}, ["+33478"]),
        ({"phone": {"country_code": None, "number": "0478"}}, ["0478"]),
        ({"phone": {"country_code": "+33", "number": None}}, []),
        ({"phone": "0478"}, ["0478"]),
        ({}, []),
    ],
)
def test_a_clients_phone_is_read_in_each_of_its_forms(
    fields: dict[str, Any], numbers: list[str]
) -> None:
    """One number, once."""
    customer = mapping.map_customer(_read(CLIENTS, fields), CALENDAR).value
    assert [phone.number for phone in customer.phone_numbers] == numbers


@pytest.mark.parametrize(
    ("fields", "contact_type"),
    [
        ({"kind": "company", "type": "individual"}, "COMPANY"),
        ({"type": "individual"}, "CONTACT_PERSON"),
        ({"kind": "freelancer"}, "CONTACT_PERSON"),
        ({"kind": "association"}, "UNDEFINED"),
        ({}, "UNDEFINED"),
    ],
)
def test_kind_goes_before_its_older_twin(fields: dict[str, Any], contact_type: str) -> None:
    """And a kind that isn't known is UNDEFINED, with a warning."""
    mapped = mapping.map_customer(_read(CLIENTS, {"id": "x", **fields}), CALENDAR)
    assert mapped.value.contact_type == contact_type
    assert bool(mapped.warnings) == ("association" in fields.values())


@pytest.mark.parametrize(
    "name", ["Zoe\u0301 Blanc", "Zoé\u00a0Blanc", "ZOÉ BLANC", " zoé  blanc ", "Zoé\u202fBlanc"]
)
def test_a_person_s_name_is_no_company_s_however_it_is_written(name: str) -> None:
    """Letters apart from their accents, spaces that don't break, capitals."""
    person = ClientRecord(id="x", name=name, first_name="Zoé", last_name="Blanc")
    assert mapping.map_customer(person, CALENDAR).value.company_name is None
    shop = ClientRecord(id="x", name="Blanc & Zoé", first_name="Zoé", last_name="Blanc")
    assert mapping.map_customer(shop, CALENDAR).value.company_name == "Blanc & Zoé"

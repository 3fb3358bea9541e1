"""What holds for every document, not only for the samples."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Context, Decimal, Inexact
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.api.envelope import encode
from connector.providers.qonto import mapping
from connector.providers.qonto.documents.amounts import Money
from connector.providers.qonto.documents.purchases import SUPPLIER_INVOICES, SupplierInvoice
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
    Quote,
)
from connector.providers.qonto.mapping.amounts import read_decimal, read_percentage
from connector.unified.mapped import Mapped

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CALENDAR = mapping.Calendar(NOW)
EXACT = Context(prec=3000, traps=[Inexact])

digits = st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(
    lambda value: abs(value.adjusted()) < 300
)
written = st.one_of(
    digits.map(str),
    digits.map(lambda value: format(value, "f")),
    st.from_regex(r"\A-?[0-9]{1,40}(\.[0-9]{1,20})?\Z"),
)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)

MAPPINGS: tuple[tuple[QontoResource[Any], Callable[[Any, mapping.Calendar], Mapped[Any]]], ...] = (
    (CLIENT_INVOICES, mapping.propose_invoice),
    (CREDIT_NOTES, mapping.propose_credit_note),
    (CREDIT_NOTES, mapping.map_credit_note),
    (SUPPLIER_INVOICES, mapping.propose_supplier_invoice),
    (SUPPLIER_INVOICES, mapping.map_vendor_credit),
    (QUOTES, mapping.map_offer),
    (PRODUCTS, mapping.map_item),
    (CLIENTS, mapping.map_customer),
    (CLIENTS, mapping.map_contact),
)
FIELDS = sorted(
    {*ClientInvoice.__struct_fields__, *Quote.__struct_fields__, *Product.__struct_fields__}
    | {*ClientRecord.__struct_fields__, "new"}
)


def _on_the_wire(value: object) -> Decimal:
    encoded = encode(value)
    return json.loads(encoded, parse_float=Decimal, parse_int=Decimal)


@pytest.mark.covers("QX-41")
@given(total=written, tax=written)
def test_no_amount_ever_changes(total: str, tax: str) -> None:
    """An amount on the wire is the very number Qonto wrote, and net is exactly the difference."""
    document = ClientInvoice(
        id="x", currency="EUR", total_amount=Money(total, "EUR"), vat_amount=Money(tax, "EUR")
    )
    invoice = mapping.map_invoice(document, CALENDAR).value
    assert _on_the_wire(invoice.total_amount) == Decimal(total)
    assert _on_the_wire(invoice.total_tax_amount) == Decimal(tax)
    assert invoice.sum_net_amount is not None
    proposal = mapping.propose_invoice(document, CALENDAR).value
    assert _on_the_wire(proposal.total_gross_amount) == Decimal(total)
    assert EXACT.add(invoice.sum_net_amount, Decimal(tax)) == Decimal(total)


@given(st.from_regex(r"\A[0-9]{1,18}\.[0-9]{1,6}\Z"))
def test_an_amount_sent_as_a_number_keeps_its_digits_too(text: str) -> None:
    """A JSON number outside a string never passes through a float."""
    body = '{"supplier_invoice":{"id":"x","total_amount":{"value":%s,"currency":"EUR"}}}'
    whole, _, decimals = text.partition(".")
    significant = f"{int(whole)}.{decimals}"
    document, _ = SUPPLIER_INVOICES.read_one((body % significant).encode())
    bill = mapping.map_bill(document, CALENDAR).value
    assert encode(bill.total_gross_amount).decode() == significant


@given(written)
def test_a_rate_in_percent_is_the_fraction_moved_by_two_places(fraction: str) -> None:
    """Converting a rate rounds nothing, whatever its length."""
    percent = read_percentage(fraction)
    assert percent is not None
    assert percent.as_tuple().sign == Decimal(fraction).as_tuple().sign
    assert percent == EXACT.multiply(Decimal(fraction), Decimal(100))


@pytest.mark.parametrize(
    ("fraction", "percent"),
    [("0.2", "20"), ("0.055", "5.5"), ("0.20", "20"), ("0", "0"), (1, "100")],
)
def test_rates_are_written_as_people_write_them(fraction: object, percent: str) -> None:
    """20 %, not 2E+1 %."""
    assert encode(read_percentage(fraction)).decode() == percent


@pytest.mark.parametrize(
    "value", ["", "NaN", "Infinity", "1_000", " 1", "12,5", "٣", True, None, [], "1E+999999999", {}]
)
def test_what_is_no_number_is_not_taken_for_one(value: object) -> None:
    """Neither what Decimal would accept beyond JSON, nor exponents beyond reason."""
    assert read_decimal(value) is None
    assert read_percentage(value) is None


@pytest.mark.covers("QX-42")
@given(st.dictionaries(st.sampled_from(FIELDS), anything))
def test_any_object_is_mapped_or_left_out_but_never_fails_its_page(fields: dict[str, Any]) -> None:
    """Whatever Qonto puts into a record, the page and the other record survive."""
    good = {"id": "019d07ca-0001-7000-8000-000000000042", "status": "paid"}
    for resource, mapped in MAPPINGS:
        body = msgspec.json.encode({resource.plural: [fields, good], "meta": {}})
        page = resource.read_page(body)
        assert len(page.records) == 2
        assert page.records[1].document is not None
        for record in page.records:
            assert json.loads(record.raw) == json.loads(
                msgspec.json.encode(fields if record is page.records[0] else good)
            )
            if record.document is not None:
                json.loads(encode(mapped(record.document, CALENDAR).value))


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-14 * 60, 14 * 60))
def test_instants_are_the_same_moment_in_utc(moment: datetime, offset: int) -> None:
    """Qonto writes offsets, milliseconds and Z; the wire has UTC to the millisecond."""
    zone = timezone(timedelta(minutes=offset))
    try:
        local = moment.astimezone(zone).isoformat()
    except OverflowError:
        return
    invoice = mapping.map_invoice(ClientInvoice(id="x", created_at=local), CALENDAR).value
    assert invoice.created_date is not None
    assert invoice.created_date.endswith("Z")
    told = datetime.fromisoformat(invoice.created_date)
    assert timedelta(0) <= moment - told < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("zone_country", "now", "status"),
    [
        # 23:30 in Paris on the 20th, then half past midnight on the 21st
        ("FR", datetime(2026, 11, 20, 22, 30, tzinfo=UTC), "OPEN"),
        ("FR", datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "OVERDUE"),
        (None, datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "OVERDUE"),
        # an hour later in Lisbon
        ("PT", datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "OPEN"),
    ],
)
def test_an_invoice_is_overdue_from_the_day_after_its_due_date_where_its_issuer_is(
    zone_country: str | None, now: datetime, status: str
) -> None:
    """The due date itself still counts, in the zone of the issuer's country, else of Paris."""
    body = {
        "id": "x",
        "status": "unpaid",
        "due_date": "2026-11-20",
        "organization": {"legal_country": zone_country},
    }
    document, _ = CLIENT_INVOICES.read_one(msgspec.json.encode(body))
    invoice = mapping.map_invoice(document, mapping.Calendar(now)).value
    assert (invoice.status, invoice.payment_status) == (status, "PENDING")


def test_a_zone_that_was_set_goes_before_the_country() -> None:
    """The account's own setting decides what day it is."""
    document = ClientInvoice(id="x", status="unpaid", due_date="2026-11-20")
    early = mapping.Calendar(
        datetime(2026, 11, 21, 5, 0, tzinfo=UTC), timezone(timedelta(hours=-10))
    )
    assert early.today("FR") == date(2026, 11, 20)
    assert mapping.map_invoice(document, early).value.status == "OPEN"


@pytest.mark.covers("QX-47")
@pytest.mark.parametrize(
    ("status", "due", "expected"),
    [
        ("to_review", "2026-11-01", ("SUBMITTED", "PENDING")),
        ("to_approve", "2026-12-01", ("OPEN", "PENDING")),
        ("to_approve", "2026-11-01", ("OVERDUE", "PENDING")),
        ("awaiting_payment", "2026-11-01", ("OVERDUE", "PENDING")),
        ("awaiting_payment", "", ("OPEN", "PENDING")),
        ("to_pay", "2026-11-20", ("OPEN", "PENDING")),
        ("pending", "2026-11-01", ("OPEN", "PENDING")),
        ("scheduled", "2026-11-01", ("OPEN", "PENDING")),
        ("paid", "2026-11-01", ("PAID", "PAID")),
        ("rejected", None, ("VOIDED", "CANCELED")),
        ("discarded", None, ("VOIDED", "CANCELED")),
        ("archived", None, (None, "UNKNOWN")),
        ("brand_new", None, (None, "UNKNOWN")),
        (None, None, (None, "UNKNOWN")),
    ],
)
def test_every_status_of_a_supplier_invoice(
    status: str | None, due: str | None, expected: tuple[str | None, str]
) -> None:
    """The whole table; what has no counterpart is null with a warning."""
    document = SupplierInvoice(id="x", status=status, due_date=due, analyzed_at="2026-11-01")
    mapped = mapping.map_bill(document, CALENDAR)
    assert (mapped.value.status, mapped.value.payment_status) == expected
    assert bool(mapped.warnings) == (expected[0] is None)


@pytest.mark.parametrize(
    ("status", "paid", "due", "expected"),
    [
        ("draft", None, None, ("DRAFT", "NO_OPEN_ITEM")),
        ("unpaid", "0.00", None, ("OPEN", "PENDING")),
        ("unpaid", "0.00", "2026-11-19", ("OVERDUE", "PENDING")),
        ("unpaid", "0.01", "2026-12-19", ("PARTIALLY_PAID", "PARTLY_PAID")),
        ("unpaid", "99.99", "2026-11-19", ("PARTIALLY_PAID", "PARTLY_PAID")),
        ("unpaid", "100.00", "2026-12-19", ("OPEN", "PENDING")),
        ("paid", "0.00", "2026-11-19", ("PAID", "PAID")),
        ("canceled", "0.00", "2026-11-19", ("VOIDED", "CANCELED")),
        ("frozen", "0.00", None, (None, "UNKNOWN")),
    ],
)
def test_every_status_of_a_client_invoice(
    status: str, paid: str | None, due: str | None, expected: tuple[str | None, str]
) -> None:
    """The whole table; an invoice marked paid by hand has no amount paid, and is paid."""
    document = ClientInvoice(
        id="x",
        status=status,
        due_date=due,
        currency="EUR",
        total_amount=Money("100.00", "EUR"),
        amount_paid=None if paid is None else Money(paid, "EUR"),
    )
    mapped = mapping.map_invoice(document, CALENDAR)
    assert (mapped.value.status, mapped.value.payment_status) == expected
    proposal = mapping.propose_invoice(document, CALENDAR).value
    assert proposal.status == expected[0]

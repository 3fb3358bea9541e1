"""What was paid on a document: when there is a payment, and of how much."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.api.envelope import encode
from connector.providers.qonto import mapping
from connector.providers.qonto.documents.amounts import Money, MoneyField
from connector.providers.qonto.documents.purchases import SUPPLIER_INVOICES, SupplierInvoice
from connector.providers.qonto.documents.reading import QontoResource
from connector.providers.qonto.documents.sales import CLIENT_INVOICES, ClientInvoice
from connector.unified.mapped import Mapped
from connector.unified.payment import Payment

CALENDAR = mapping.Calendar(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
Map = Callable[[Any, mapping.Calendar], Mapped[Payment] | None]
NONE = "no payment"
positive = st.decimals(
    min_value=Decimal("0.01"), max_value=Decimal(10) ** 15, places=2, allow_nan=False
)


def _amount(mapped: Mapped[Payment] | None) -> str:
    if mapped is None:
        return NONE
    (line,) = mapped.value.payment_lines
    return encode(line.amount).decode()


def _euros(value: str | None) -> MoneyField:
    return None if value is None else Money(value, "EUR")


@pytest.mark.parametrize(
    ("status", "paid", "expected"),
    [
        ("draft", None, NONE),
        ("draft", "0.00", NONE),
        ("unpaid", "0.00", NONE),
        ("unpaid", None, NONE),
        ("unpaid", "", NONE),
        ("unpaid", "-5.00", NONE),
        ("unpaid", "lots", NONE),
        ("unpaid", "0.01", "0.01"),
        ("unpaid", "40.50", "40.50"),
        ("unpaid", "100.00", "100.00"),
        ("unpaid", "130.00", "130.00"),
        ("canceled", "0.00", NONE),
        ("canceled", "40.50", "40.50"),
        ("paid", "100.00", "100.00"),
        ("paid", "130.00", "130.00"),
        ("paid", "99.99", "99.99"),
        ("paid", "0.00", "100.00"),
        ("paid", "0", "100.00"),
        ("paid", "", "100.00"),
        ("paid", None, "100.00"),
        ("paid", "lots", "null"),
        ("frozen", "0.00", NONE),
    ],
)
def test_a_payment_of_an_invoice(status: str, paid: str | None, expected: str) -> None:
    """What was matched to it; all of it when it was marked paid by hand; else there is none."""
    document = ClientInvoice(
        id="x",
        status=status,
        currency="EUR",
        total_amount=Money("100.00", "EUR"),
        amount_paid=_euros(paid),
    )
    mapped = mapping.map_invoice_payment(document, CALENDAR)
    assert _amount(mapped) == expected
    if mapped is not None:
        assert bool(mapped.warnings) == (expected == "null")


@pytest.mark.parametrize("total", [Money("0.00", "EUR"), Money("-5.00", "EUR")])
def test_marking_paid_what_costs_nothing_is_no_payment(total: Money) -> None:
    """There was nothing to pay."""
    invoice = ClientInvoice(id="x", status="paid", currency="EUR", total_amount=total)
    assert mapping.map_invoice_payment(invoice, CALENDAR) is None
    bill = SupplierInvoice(id="x", status="paid", total_amount=total)
    assert mapping.map_bill_payment(bill, CALENDAR) is None


@given(positive)
def test_what_was_paid_is_never_changed(amount: Decimal) -> None:
    """To the digit, matched or by hand, invoice or bill."""
    money = Money(str(amount), "EUR")
    partly = ClientInvoice(id="x", status="unpaid", currency="EUR", amount_paid=money)
    by_hand = ClientInvoice(id="x", status="paid", currency="EUR", total_amount=money)
    bill = SupplierInvoice(id="x", status="paid", total_amount=money)
    assert Decimal(_amount(mapping.map_invoice_payment(partly, CALENDAR))) == amount
    assert Decimal(_amount(mapping.map_invoice_payment(by_hand, CALENDAR))) == amount
    assert Decimal(_amount(mapping.map_bill_payment(bill, CALENDAR))) == amount


@pytest.mark.parametrize(
    ("status", "payable", "expected"),
    [
        ("to_pay", None, NONE),
        ("scheduled", "100.00", NONE),
        ("archived", "100.00", NONE),
        (None, None, NONE),
        ("paid", None, "100.00"),
        ("paid", "100.00", "100.00"),
        ("paid", "80.00", "80.00"),
        ("paid", "0.00", "100.00"),
    ],
)
def test_a_payment_of_a_bill(status: str | None, payable: str | None, expected: str) -> None:
    """Only paid ones have one: of the total less credit notes, else of the total."""
    document = SupplierInvoice(
        id="x",
        status=status,
        total_amount=Money("100.00", "EUR"),
        payable_amount=_euros(payable),
    )
    assert _amount(mapping.map_bill_payment(document, CALENDAR)) == expected


@pytest.mark.parametrize(
    ("payable", "credited", "expected"),
    [
        ("0.00", "100.00", NONE),
        (None, "100.00", NONE),
        ("0.00", "-100.00", NONE),
        ("0.00", "100.01", NONE),
        ("0.00", "33.34", "66.66"),
        (None, "33.34", "66.66"),
        ("66.66", "33.34", "66.66"),
        ("0.00", "0.00", "100.00"),
        ("0.00", "lots", "null"),
        ("", "", "100.00"),
    ],
)
def test_what_credit_notes_cover_of_a_bill_was_not_paid(
    payable: str | None, credited: str, expected: str
) -> None:
    """To the cent; without a payment when they cover all of it."""
    document = SupplierInvoice(
        id="x",
        status="paid",
        total_amount=Money("100.00", "EUR"),
        payable_amount=_euros(payable),
        total_amount_credit_notes=_euros(credited),
    )
    assert _amount(mapping.map_bill_payment(document, CALENDAR)) == expected


@pytest.mark.parametrize(
    ("credited", "status"), [(None, "OVERDUE"), ("99.99", "OVERDUE"), ("100", "OPEN")]
)
def test_a_bill_that_credit_notes_cover_is_not_overdue(credited: str | None, status: str) -> None:
    """Nothing of it is due any more, as a bill and as a booking proposal."""
    document = SupplierInvoice(
        id="x",
        status="to_pay",
        due_date="2026-11-01",
        total_amount=Money("100.00", "EUR"),
        total_amount_credit_notes=_euros(credited),
    )
    assert mapping.map_bill(document, CALENDAR).value.status == status
    assert mapping.propose_supplier_invoice(document, CALENDAR).value.status == status


def test_an_invoice_paid_by_hand_that_was_credited_says_that_less_may_have_been_paid() -> None:
    """Qonto names its credit notes there, and not their amounts."""
    document = ClientInvoice(
        id="x",
        status="paid",
        currency="EUR",
        total_amount=Money("100.00", "EUR"),
        credit_notes_ids=["y"],
    )
    mapped = mapping.map_invoice_payment(document, CALENDAR)
    assert mapped is not None
    assert "credit notes" in mapped.warnings[0]


def test_a_suppliers_credit_note_has_no_payment() -> None:
    """It isn't a bill, though it is in the same list."""
    document = SupplierInvoice(
        id="x", status="paid", is_credit_note=True, total_amount=Money("100.00", "EUR")
    )
    assert mapping.map_bill_payment(document, CALENDAR) is None


def test_a_paid_bill_that_was_not_read_has_a_payment_of_an_unknown_amount() -> None:
    """With a warning, since the file's amounts are missing."""
    mapped = mapping.map_bill_payment(SupplierInvoice(id="x", status="paid"), CALENDAR)
    assert mapped is not None
    assert mapped.value.payment_lines[0].amount is None
    assert mapped.warnings == ("payment of bill x: it is paid, and how much isn't said",)


@given(
    st.dictionaries(
        st.sampled_from(["status", "amount_paid", "total_amount", "payable_amount", "currency"]),
        st.sampled_from(
            ["paid", "", None, 7, {"value": "1.00"}, {"value": [], "currency": "EUR"}, {"value": 1}]
        ),
    )
)
def test_odd_documents_never_raise(fields: dict[str, Any]) -> None:
    """Whatever stands in the fields a payment is made of."""
    both: list[tuple[QontoResource[Any], Map]] = [
        (CLIENT_INVOICES, mapping.map_invoice_payment),
        (SUPPLIER_INVOICES, mapping.map_bill_payment),
    ]
    for resource, mapped in both:
        body = msgspec.json.encode({resource.plural: [{"id": "x", "status": "paid"} | fields]})
        (record,) = resource.read_page(body).records
        if record.document is not None:
            payment = mapped(record.document, CALENDAR)
            if payment is not None:
                json.loads(encode(payment.value))

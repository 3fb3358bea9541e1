"""Ages of unpaid documents: what counts as old, in which order, and what it comes to."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from connector.ageing import aged
from connector.finding import SUPPLIER_INVOICE, plain

TODAY = date(2026, 11, 30)


@dataclass(frozen=True)
class Paper:
    id: str
    bill_date: str | None
    due_date: str | None = None
    created_date: str | None = None
    total_gross_amount: Decimal | None = Decimal("0.10")
    currency: str | None = "EUR"
    contact_id: str | None = None


def test_older_than_the_days_counts_and_the_oldest_comes_first() -> None:
    """60 days ago isn't more than 60 days; without a date on it, the day it came in counts."""
    papers = [
        Paper("young", "2026-10-01T00:00:00.000Z"),
        Paper("old", "2026-09-30T00:00:00.000Z", due_date="2026-12-30"),
        Paper("older", None, created_date="2026-01-01T10:00:00.000Z", due_date="2026-01-31"),
        Paper("undated", None),
    ]
    found = aged(papers, SUPPLIER_INVOICE, 60, TODAY)
    told = [(one.record.id, one.days_unpaid, one.days_overdue) for one in found.documents]
    assert told == [("older", 333, 303), ("old", 61, -30)]
    assert found.undated == 1


def test_sums_are_exact_and_by_currency() -> None:
    old = "2026-01-01"
    papers = [
        *(Paper(f"e{n}", old) for n in range(3)),
        Paper("d", old, currency="USD"),
        Paper("?", old, total_gross_amount=None),
    ]
    wide = ("99999999999999999999.12", "0.000000000012")
    papers += [Paper(f"w{one}", old, None, None, Decimal(one), "CHF") for one in wide]
    found = aged(papers, SUPPLIER_INVOICE, 60, TODAY)
    assert found.totals == {
        "EUR": Decimal("0.30"),
        "USD": Decimal("0.10"),
        "CHF": Decimal("99999999999999999999.120000000012"),
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [("INV-2026-042", "inv-2026-042 "), ("Société Générale", "SOCIETE  generale"), ("İ", "i")],
)
def test_names_are_alike_whatever_people_leave_out(one: str, other: str) -> None:
    assert plain(one) == plain(other)

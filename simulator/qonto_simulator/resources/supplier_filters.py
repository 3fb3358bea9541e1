"""The filters and orders of the list of supplier invoices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from starlette.datastructures import QueryParams

from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_in_list, refuse
from qonto_simulator.filters import (
    day,
    flag,
    many,
    plain,
    sorting,
    statuses,
    window,
)
from qonto_simulator.money import parse_decimal
from qonto_simulator.records.supplier_invoice import SupplierInvoice
from qonto_simulator.times import today

STATUSES = (
    "to_review",
    "to_approve",
    "to_pay",
    "awaiting_payment",
    "pending",
    "scheduled",
    "paid",
    "archived",
    "rejected",
    "discarded",
)
_SORTS = (
    "created_at",
    "updated_at",
    "file_name",
    "supplier_name",
    "payment_date",
    "due_date",
    "scheduled_date",
    "total_amount",
)
_TO_PAY = frozenset({"to_pay", "awaiting_payment", "pending", "scheduled"})
_PROCESSED = frozenset({"paid", "archived", "rejected", "discarded"})
_PERIODS = ("today", "yesterday", "this_week", "past_week", "this_month", "past_month")
_DUE = ("past_and_today", "future", "missing_date")
_DOCUMENT_TYPES = ("duplicates", "non_financial_documents")
_QUERY_FIELDS = ("supplier_name", "amount", "file_name", "invoice_number")

Condition = Callable[[SupplierInvoice], bool]


def selection(query: QueryParams, now: datetime) -> Selection[SupplierInvoice]:
    """What the query asks for; 422 for a value that is not in the documented lists."""
    wanted = statuses(query, "filter[status]", STATUSES)
    order, direction = sorting(query, _SORTS, _default_order(wanted))
    return Selection(
        statuses=wanted,
        created=window(query, "created_at"),
        updated=window(query, "updated_at"),
        where=tuple(_conditions(query, today(now))),
        order="updated_at" if order == "updated_at" else "created_at",
        key=None if order in ("created_at", "updated_at") else _key(order),
        descending=direction == "desc",
    )


def _default_order(wanted: frozenset[str] | None) -> str:
    """By the tab of the app in which documents with these statuses are shown."""
    if wanted and wanted <= _TO_PAY:
        return "payment_date:asc"
    if wanted and wanted <= _PROCESSED:
        return "payment_date:desc"
    return "created_at:desc"


def _key(order: str) -> Callable[[SupplierInvoice], Any]:
    def key(bill: SupplierInvoice) -> tuple[bool, Any]:
        value = _value(bill, order)
        return (value is not None, value if value is not None else 0)

    return key


def _value(bill: SupplierInvoice, name: str) -> Any:
    reading = bill.reading if bill.analyzed_at else None
    match name:
        case "file_name":
            return plain(bill.file_name)
        case "supplier_name":
            return plain(reading.supplier_name) if reading else None
        case "payment_date":
            return bill.payment_date
        case "scheduled_date":
            return bill.scheduled_date
        case "due_date":
            return reading.due_date if reading else None
        case _:
            return reading.total if reading else None


def _conditions(query: QueryParams, now: date) -> list[Condition]:
    found: list[Condition] = []
    attachments = many(query, "filter[attachment_id]")
    if attachments:
        found.append(lambda bill: bill.attachment_id in attachments)
    sources = many(query, "filter[source]")
    if sources:
        found.append(lambda bill: bill.source in sources)
    if many(query, "filter[approver_id]"):
        found.append(lambda _: False)
    found += _dates(query, now)
    matched = flag(query, "filter[matched_transactions]")
    if matched is not None:
        found.append(lambda bill: bool(bill.matched_transactions) == matched)
    missing = flag(query, "filter[missing_data]")
    if missing is not None:
        found.append(lambda bill: _lacks_data(bill) == missing)
    if flag(query, "filter[exclude_credit_notes]"):
        found.append(lambda bill: not (bill.reading and bill.reading.is_credit_note))
    found += _kinds(query)
    found += _amounts(query)
    found += _search(query)
    return found


def _lacks_data(bill: SupplierInvoice) -> bool:
    reading = bill.reading if bill.analyzed_at else None
    return reading is None or reading.total is None or not reading.iban


def _dates(query: QueryParams, now: date) -> list[Condition]:
    found: list[Condition] = []
    due = query.get("filter[due_date]", "")
    if due:
        if due not in _DUE:
            raise not_in_list("filter[due_date]", "due_date", _DUE)
        found.append(lambda bill: _due_fits(_value(bill, "due_date"), due, now))
    paid = _period(query, "filter[payment_date]", now)
    if paid:
        found.append(lambda bill: _within(bill.payment_date, paid))
    issued = _period(query, "filter[issue_date]", now)
    if issued:
        found.append(lambda bill: _within(_issued(bill), issued))
    since = day(query, "filter[issue_date_from]")
    if since:
        found.append(lambda bill: _within(_issued(bill), (since, date.max)))
    return found


def _issued(bill: SupplierInvoice) -> date | None:
    return bill.reading.issue_date if bill.reading and bill.analyzed_at else None


def _within(moment: date | None, span: tuple[date, date]) -> bool:
    return moment is not None and span[0] <= moment <= span[1]


def _due_fits(due: date | None, wanted: str, now: date) -> bool:
    if due is None:
        return wanted == "missing_date"
    return due <= now if wanted == "past_and_today" else wanted == "future" and due > now


def _period(query: QueryParams, name: str, now: date) -> tuple[date, date] | None:
    wanted = query.get(name, "")
    if not wanted:
        return None
    if wanted not in _PERIODS:
        raise not_in_list(name, name.removeprefix("filter[").rstrip("]"), _PERIODS)
    one = timedelta(days=1)
    monday, first = now - now.weekday() * one, now.replace(day=1)
    match wanted:
        case "today":
            return now, now
        case "yesterday":
            return now - one, now - one
        case "this_week":
            return monday, monday + 6 * one
        case "past_week":
            return monday - 7 * one, monday - one
        case "this_month":
            return first, (first + 31 * one).replace(day=1) - one
        case _:
            return (first - one).replace(day=1), first - one


def _kinds(query: QueryParams) -> list[Condition]:
    kind = query.get("filter[document_type]", "")
    if not kind:
        return []
    if kind not in _DOCUMENT_TYPES:
        raise not_in_list("filter[document_type]", "document_type", _DOCUMENT_TYPES)
    if kind == "duplicates":
        return [lambda bill: bill.has_duplicates]
    return [
        lambda bill: bool(bill.reading and bill.reading.category == "OTHER_NON_FINANCIAL_DOCUMENT")
    ]


def _amounts(query: QueryParams) -> list[Condition]:
    text = query.get("filter[payable_amount]", "")
    if not text:
        return []
    operator, _, rest = text.partition(":")
    value, _, currency = rest.partition(":")
    try:
        limit = parse_decimal(value)
    except ValueError:
        limit = None
    if limit is None or operator not in ("lte", "gte") or not currency:
        detail = "payable_amount must look like lte:100.00:EUR"
        raise refuse(422, "invalid", detail, parameter="filter[payable_amount]")
    return [lambda bill: _amount_fits(bill, operator, limit, currency)]


def _amount_fits(bill: SupplierInvoice, operator: str, limit: Decimal, currency: str) -> bool:
    reading = bill.reading if bill.analyzed_at else None
    if reading is None or reading.total is None or reading.currency != currency:
        return False
    return reading.total <= limit if operator == "lte" else reading.total >= limit


def _search(query: QueryParams) -> list[Condition]:
    text = plain(query.get("query", "").strip())
    if not text:
        return []
    names = many(query, "query_fields") or list(_QUERY_FIELDS)
    if any(name not in _QUERY_FIELDS for name in names):
        raise not_in_list("query_fields", "query_fields", _QUERY_FIELDS)
    return [lambda bill: any(text in _searchable(bill, name) for name in names)]


def _searchable(bill: SupplierInvoice, name: str) -> str:
    reading = bill.reading if bill.analyzed_at else None
    match name:
        case "file_name":
            return plain(bill.file_name)
        case "supplier_name":
            return plain(reading.supplier_name) if reading else ""
        case "invoice_number":
            return plain(reading.invoice_number or "") if reading else ""
        case _:
            return str(reading.total) if reading and reading.total is not None else ""

"""``/v2/sepa/transfers``, ``bulk_transfers`` and ``recurring_transfers``, to read."""

from __future__ import annotations

from collections.abc import Callable

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found, refuse
from qonto_simulator.filters import day, many, sorting, statuses, window
from qonto_simulator.paging import read_page
from qonto_simulator.records.transfer import STATUSES, BulkTransfer, RecurringTransfer, Transfer
from qonto_simulator.render.transfers import bulk_transfer, recurring_transfer, transfer

MOST_IDS = 100


async def index(call: Call) -> Reply:
    """Filters have flat names; the last changed comes first."""
    query = call.request.query_params
    order, direction = sorting(query, ("updated_at", "scheduled_date"), "updated_at:desc")
    wanted: Selection[Transfer] = Selection(
        statuses=statuses(query, "status", STATUSES),
        updated=window(query, "updated_at", "{}"),
        where=_conditions(call),
        order="updated_at",
        key=(lambda one: one.scheduled_date) if order == "scheduled_date" else None,
        descending=direction == "desc",
    )
    page = read_page(query)
    return list_reply(call, "transfers", call.books.sepa_transfers, wanted, page, transfer)


def _conditions(call: Call) -> tuple[Callable[[Transfer], bool], ...]:
    query = call.request.query_params
    found: list[Callable[[Transfer], bool]] = []
    ids = many(query, "ids")
    if len(ids) > MOST_IDS:
        raise refuse(422, "invalid", f"ids has at most {MOST_IDS} entries", parameter="ids[]")
    if ids:
        found.append(lambda one: one.id in ids)
    payees = many(query, "beneficiary_ids")
    if payees:
        found.append(lambda one: one.beneficiary_id in payees)
    orders = many(query, "recurring_transfer_ids")
    if orders:
        found.append(lambda one: one.recurring_transfer_id in orders)
    since, until = day(query, "scheduled_date_from"), day(query, "scheduled_date_to")
    if since is not None:
        found.append(lambda one: one.scheduled_date >= since)
    if until is not None:
        found.append(lambda one: one.scheduled_date <= until)
    return tuple(found)


async def show(call: Call) -> Reply:
    one = call.books.sepa_transfers.get(call.id)
    if one is None:
        raise not_found("transfer")
    return Reply(document={"transfer": transfer(one)})


async def bulks(call: Call) -> Reply:
    """The last changed first."""
    wanted: Selection[BulkTransfer] = Selection(order="updated_at")
    page = read_page(call.request.query_params)
    return list_reply(
        call, "bulk_transfers", call.books.bulk_transfers, wanted, page, bulk_transfer
    )


async def bulk(call: Call) -> Reply:
    one = call.books.bulk_transfers.get(call.id)
    if one is None:
        raise not_found("bulk transfer")
    return Reply(document={"bulk_transfer": bulk_transfer(one)})


async def recurring(call: Call) -> Reply:
    """The last changed first."""
    wanted: Selection[RecurringTransfer] = Selection(order="updated_at")
    page = read_page(call.request.query_params)
    return list_reply(
        call,
        "recurring_transfers",
        call.books.recurring_transfers,
        wanted,
        page,
        recurring_transfer,
    )


async def one_recurring(call: Call) -> Reply:
    one = call.books.recurring_transfers.get(call.id)
    if one is None:
        raise not_found("recurring transfer")
    return Reply(document={"recurring_transfer": recurring_transfer(one)})


ENDPOINTS = (
    Endpoint("GET", "/sepa/transfers", index),
    Endpoint("GET", "/sepa/transfers/{id}", show),
    Endpoint("GET", "/sepa/bulk_transfers", bulks),
    Endpoint("GET", "/sepa/bulk_transfers/{id}", bulk),
    Endpoint("GET", "/sepa/recurring_transfers", recurring),
    Endpoint("GET", "/sepa/recurring_transfers/{id}", one_recurring),
)

"""``/v2/sepa/direct_debit_mandates``, ``_subscriptions`` and ``_collections``, to read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found
from qonto_simulator.filters import statuses
from qonto_simulator.paging import read_page
from qonto_simulator.records.direct_debit import (
    COLLECTION_STATUSES,
    MANDATE_STATUSES,
    SUBSCRIPTION_STATUSES,
    DirectDebitCollection,
    DirectDebitSubscription,
    Mandate,
)
from qonto_simulator.render.direct_debits import collection, mandate, subscription


async def mandates(call: Call) -> Reply:
    """The newest first, as in all three lists."""
    query = call.request.query_params
    wanted: Selection[Mandate] = Selection(statuses=statuses(query, "status", MANDATE_STATUSES))
    shown = partial(mandate, base_url=call.world.base_url)
    page, rows = read_page(query), call.books.mandates
    return list_reply(call, "direct_debit_mandates", rows, wanted, page, shown)


async def one_mandate(call: Call) -> Reply:
    one = call.books.mandates.get(call.id)
    if one is None:
        raise not_found("direct debit mandate")
    return Reply(document={"direct_debit_mandate": mandate(one, call.world.base_url)})


async def subscriptions(call: Call) -> Reply:
    query = call.request.query_params
    wanted: Selection[DirectDebitSubscription] = Selection(
        statuses=statuses(query, "status", SUBSCRIPTION_STATUSES)
    )
    page, rows = read_page(query), call.books.debit_subscriptions
    return list_reply(call, "direct_debit_subscriptions", rows, wanted, page, subscription)


async def one_subscription(call: Call) -> Reply:
    one = call.books.debit_subscriptions.get(call.id)
    if one is None:
        raise not_found("direct debit subscription")
    return Reply(document={"direct_debit_subscription": subscription(one)})


async def collections(call: Call) -> Reply:
    query = call.request.query_params
    wanted: Selection[DirectDebitCollection] = Selection(
        statuses=statuses(query, "status", COLLECTION_STATUSES)
    )
    page, rows = read_page(query), call.books.debit_collections
    return list_reply(call, "direct_debit_collections", rows, wanted, page, collection)


async def one_collection(call: Call) -> Reply:
    one = call.books.debit_collections.get(call.id)
    if one is None:
        raise not_found("direct debit collection")
    return Reply(document={"direct_debit_collection": collection(one)})


def _get(path: str, handle: Callable[[Call], Awaitable[Reply]]) -> Endpoint:
    return Endpoint("GET", f"/sepa/direct_debit_{path}", handle)


ENDPOINTS = (
    _get("mandates", mandates),
    _get("mandates/{id}", one_mandate),
    _get("subscriptions", subscriptions),
    _get("subscriptions/{id}", one_subscription),
    _get("collections", collections),
    _get("collections/{id}", one_collection),
)

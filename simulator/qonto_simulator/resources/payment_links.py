"""``/v2/payment_links``, to read; a single link comes bare."""

from __future__ import annotations

from functools import partial

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found
from qonto_simulator.filters import statuses
from qonto_simulator.paging import meta, read_page
from qonto_simulator.records.payment_link import STATUSES, PaymentLink
from qonto_simulator.render.payment_links import payment, payment_link

METHODS = ("credit_card", "apple_pay", "paypal", "ideal")


async def index(call: Call) -> Reply:
    """The newest first."""
    query = call.request.query_params
    wanted: Selection[PaymentLink] = Selection(statuses=statuses(query, "status", STATUSES))
    shown = partial(payment_link, base_url=call.world.base_url)
    rows, page = call.books.payment_links, read_page(query)
    return list_reply(call, "payment_links", rows, wanted, page, shown)


def _find(call: Call) -> PaymentLink:
    one = call.books.payment_links.get(call.id)
    if one is None:
        raise not_found("payment link")
    return one


async def show(call: Call) -> Reply:
    return Reply(document=payment_link(_find(call), call.world.base_url))


async def payments(call: Call) -> Reply:
    rows, page = _find(call).payments, call.limited(read_page(call.request.query_params))
    shown = [payment(one) for one in rows[page.start : page.stop]]
    return Reply(document={"payments": shown, "meta": meta(page, len(rows), call.quirks)})


async def methods(call: Call) -> Reply:
    """What the provider offers on the connected account."""
    enabled = call.books.payment_connection is not None
    shown = [{"name": name, "enabled": enabled} for name in METHODS]
    return Reply(document={"payment_methods": shown})


async def connection(call: Call) -> Reply:
    """The account that the provider pays to."""
    one = call.books.payment_connection
    if one is None:
        raise not_found("connection")
    return Reply(
        document={
            "connection_location": None,
            "status": one.status,
            "bank_account_id": one.bank_account_id,
        }
    )


ENDPOINTS = (
    Endpoint("GET", "/payment_links", index),
    Endpoint("GET", "/payment_links/payment_methods", methods),
    Endpoint("GET", "/payment_links/connections", connection),
    Endpoint("GET", "/payment_links/{id}", show),
    Endpoint("GET", "/payment_links/{id}/payments", payments),
)

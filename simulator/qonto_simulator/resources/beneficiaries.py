"""``/v2/sepa/beneficiaries``, to read."""

from __future__ import annotations

from collections.abc import Callable

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found
from qonto_simulator.filters import flag, many, sorting, statuses, window
from qonto_simulator.paging import read_page
from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.render.beneficiaries import beneficiary

STATUSES = ("pending", "validated", "declined")
PER_PAGE = 25


async def index(call: Call) -> Reply:
    """Filters come with and without the ``filter[...]`` around them."""
    query = call.request.query_params
    order, direction = sorting(query, ("created_at", "updated_at"), "updated_at:desc")
    where: list[Callable[[Beneficiary], bool]] = []
    ibans = [*many(query, "iban"), *many(query, "filter[iban]")]
    if ibans:
        where.append(lambda one: one.iban in ibans)
    name = (query.get("name", "") or query.get("filter[name]", "")).lower()
    if name:
        where.append(lambda one: name in one.name.lower())
    trusted = flag(query, "trusted")
    if trusted is not None:
        where.append(lambda one: one.trusted == trusted)
    wanted: Selection[Beneficiary] = Selection(
        statuses=statuses(query, "status", STATUSES),
        updated=window(query, "updated_at", "{}"),
        where=tuple(where),
        order="updated_at" if order == "updated_at" else "created_at",
        descending=direction == "desc",
    )
    page = read_page(query, default=PER_PAGE)
    return list_reply(call, "beneficiaries", call.books.beneficiaries, wanted, page, beneficiary)


async def show(call: Call) -> Reply:
    one = call.books.beneficiaries.get(call.id)
    if one is None:
        raise not_found("beneficiary")
    return Reply(document={"beneficiary": beneficiary(one)})


ENDPOINTS = (
    Endpoint("GET", "/sepa/beneficiaries", index),
    Endpoint("GET", "/sepa/beneficiaries/{id}", show),
)

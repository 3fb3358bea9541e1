"""``/v2/requests``: what people ask the owner or an admin for, to read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_in_list
from qonto_simulator.filters import instant, many, sorting, statuses
from qonto_simulator.paging import read_page
from qonto_simulator.records.request import STATUSES, TYPES, Request
from qonto_simulator.render.requests import request

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_SORTS = ("processed_at", "created_at", "status")


async def index(call: Call) -> Reply:
    """The newest first; by status they come pending, approved, declined, canceled."""
    query = call.request.query_params
    order, direction = sorting(query, _SORTS, "created_at:desc")
    wanted: Selection[Request] = Selection(
        statuses=statuses(query, "status", STATUSES),
        created=(instant(query, "created_at_from"), None),
        where=_conditions(call),
        key=_by(order),
        descending=direction == "desc",
    )
    return list_reply(call, "requests", call.books.requests, wanted, read_page(query), request)


def _conditions(call: Call) -> tuple[Callable[[Request], bool], ...]:
    query = call.request.query_params
    found: list[Callable[[Request], bool]] = []
    types = many(query, "request_type")
    if any(name not in TYPES for name in types):
        raise not_in_list("request_type[]", "request_type", TYPES)
    if types:
        found.append(lambda one: one.request_type in types)
    since = instant(query, "processed_at_from")
    if since is not None:
        found.append(lambda one: one.processed_at is not None and one.processed_at >= since)
    return tuple(found)


def _by(order: str) -> Callable[[Request], object] | None:
    match order:
        case "status":
            return lambda one: STATUSES.index(one.status)
        case "processed_at":
            return lambda one: one.processed_at or _NEVER
        case _:
            return None


ENDPOINTS = (Endpoint("GET", "/requests", index),)

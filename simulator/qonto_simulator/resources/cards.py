"""``/v2/cards``, to read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from qonto_simulator.api import Call, Endpoint, Reply, stir
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_in_list
from qonto_simulator.filters import many, plain, sorting, statuses
from qonto_simulator.paging import meta, read_page
from qonto_simulator.records.card import LEVELS, STATUSES, Card
from qonto_simulator.render import cards as render

_SORTS = ("status", "nickname", "last_activity_at", "created_at")
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


async def index(call: Call) -> Reply:
    """``next_page`` is missing on the last page, not ``null``."""
    query = call.request.query_params
    order, direction = sorting(query, _SORTS, "status:asc")
    wanted: Selection[Card] = Selection(
        statuses=statuses(query, "statuses", STATUSES),
        where=_conditions(call),
        key=_by(order),
        descending=direction == "desc",
    )
    page = call.limited(read_page(query))
    shown = partial(render.card, books=call.books, now=call.now)
    rows, total = call.books.cards.select(wanted, page.start, page.stop)
    below = meta(page, total, call.quirks)
    if below.get("next_page") is None:
        below.pop("next_page", None)
    stir(call, call.books.cards)
    return Reply(document={"cards": [call.shaped(shown(row)) for row in rows], "meta": below})


def _by(order: str) -> Callable[[Card], object] | None:
    match order:
        case "status":
            return lambda one: one.status
        case "nickname":
            return lambda one: one.nickname
        case "last_activity_at":
            return lambda one: one.last_activity_at or _NEVER
        case _:
            return None


def _conditions(call: Call) -> tuple[Callable[[Card], bool], ...]:
    query = call.request.query_params
    found: list[Callable[[Card], bool]] = []
    levels = many(query, "card_levels")
    if any(name not in LEVELS for name in levels):
        raise not_in_list("card_levels[]", "card_levels", LEVELS)
    if levels:
        found.append(lambda one: one.level in levels)
    ids, holders = many(query, "ids"), many(query, "holder_ids")
    if ids:
        found.append(lambda one: one.id in ids)
    if holders:
        found.append(lambda one: one.holder_id in holders)
    accounts = many(query, "bank_account_ids")
    if accounts:
        found.append(lambda one: one.bank_account_id in accounts)
    words = plain(query.get("query", ""))
    if words:
        names = {
            person.id: f"{person.first_name} {person.last_name}"
            for person in call.books.organisation.members
        }
        found.append(lambda one: any(words in plain(text) for text in _searched(one, names)))
    return tuple(found)


def _searched(one: Card, names: dict[str, str]) -> tuple[str, ...]:
    month, year = one.expires
    holder = names.get(one.holder_id, "")
    return holder, one.id, one.nickname, one.last_digits, one.status, str(year), str(month)


ENDPOINTS = (Endpoint("GET", "/cards", index),)

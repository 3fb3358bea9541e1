"""``/v2/requests``: what people ask the owner or an admin for; asking moves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_in_list
from qonto_simulator.fields import Fields
from qonto_simulator.filters import instant, many, sorting, statuses
from qonto_simulator.paging import read_page
from qonto_simulator.records.request import STATUSES, TYPES, Request
from qonto_simulator.render.requests import request, wrapped_request
from qonto_simulator.rules import requests as rules

from .request_bodies import (
    check_plan,
    read_card_limit,
    read_debited,
    read_end,
    read_line,
    read_lines,
    read_note,
    read_recurrence,
    read_scheduled_date,
)
from .transfer_bodies import read_body, read_inner

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_SORTS = ("processed_at", "created_at", "status")


async def index(call: Call) -> Reply:
    """The newest first; by status they come pending, approved, declined, canceled."""
    if call.books.organisation.plan not in rules.PLANS_WITH_LIST:
        raise rules.not_in_plan()
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


async def create_flash_card(call: Call) -> Reply:
    check_plan(call, "flash_card")
    body, fields = await _open(call, "flash_card")
    note = read_note(fields, required=False)
    limit = read_card_limit(fields, "payment_lifespan_limit")
    end = read_end(fields, "pre_expires_at", now=call.now)
    body.check()
    one = _new(call, "flash_card", note)
    return _asked(call, replace(one, limit=limit, pre_expires_at=end))


async def create_virtual_card(call: Call) -> Reply:
    check_plan(call, "virtual_card")
    body, fields = await _open(call, "virtual_card")
    note = read_note(fields, required=False)
    limit = read_card_limit(fields, "payment_monthly_limit")
    fields.choice("card_level", ("virtual",))
    design = fields.text("card_design", most=100)
    body.check()
    one = _new(call, "virtual_card", note)
    return _asked(call, replace(one, limit=limit, card_design=design or one.card_design))


async def create_transfer(call: Call) -> Reply:
    check_plan(call, "transfer")
    body, fields = await _open(call, "transfer")
    note, line = read_note(fields), read_line(call, fields)
    day = read_scheduled_date(fields, now=call.now)
    recurrence, last = read_recurrence(fields, first=day)
    debited = read_debited(call, fields, required=False)
    body.check()
    if line is None:
        raise AssertionError("what is missing was refused")
    one = replace(
        _new(call, "transfer", note),
        transfers=(line,),
        scheduled_date=day,
        recurrence=recurrence,
        last_recurrence_date=last,
        debit_iban=debited.iban if debited else None,
    )
    return _asked(call, one)


async def create_multi_transfer(call: Call) -> Reply:
    check_plan(call, "multi_transfer")
    body, fields = await _open(call, "multi_transfer")
    note, lines = read_note(fields), read_lines(call, fields)
    day = read_scheduled_date(fields, now=call.now)
    debited = read_debited(call, fields, required=False)
    body.check()
    one = replace(
        _new(call, "multi_transfer", note),
        transfers=tuple(lines),
        scheduled_date=day,
        debit_iban=debited.iban if debited else None,
    )
    return _asked(call, one)


async def _open(call: Call, request_type: str) -> tuple[Fields, Fields]:
    """The body, and what it wraps under the name of the type."""
    body = await read_body(call)
    return body, read_inner(body, f"request_{request_type}")


def _new(call: Call, request_type: str, note: str) -> Request:
    return Request(
        id=call.world.ids.uuid7(call.now),
        request_type=request_type,
        status="pending",
        initiator_id=call.caller.membership_id,
        created_at=call.now,
        updated_at=call.now,
        note=note,
    )


def _asked(call: Call, one: Request) -> Reply:
    return call.created(wrapped_request(call.books.requests.add(one)))


ENDPOINTS = (
    Endpoint("GET", "/requests", index),
    Endpoint("POST", "/requests/flash_cards", create_flash_card),
    Endpoint("POST", "/requests/virtual_cards", create_virtual_card),
    Endpoint("POST", "/requests/transfers", create_transfer, replays=True),
    Endpoint("POST", "/requests/multi_transfers", create_multi_transfer, replays=True),
)

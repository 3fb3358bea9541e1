"""``/v2/transactions``: per account, with flat filter names, and their attachments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from qonto_simulator.api import Call, Endpoint, Reply, page_of, stir
from qonto_simulator.collection import Collection, Selection, Window
from qonto_simulator.errors import ApiError, Problem, Wording, not_found, not_in_list, refuse
from qonto_simulator.filters import flag, many, statuses, window
from qonto_simulator.paging import meta, read_page
from qonto_simulator.records.transaction import Transaction
from qonto_simulator.render.attachments import attachment
from qonto_simulator.render.common import Document
from qonto_simulator.render.transactions import transaction_document
from qonto_simulator.rules import bank

from .uploads import REQUEST_LIMIT, read_upload

CAP = 10_000
_SORTS = ("created_at", "updated_at", "settled_at", "emitted_at")
_INCLUDES = ("attachments", "labels", "vat_details")


def _find(call: Call) -> Transaction:
    one = call.books.transaction(call.id)
    if one is None:
        raise not_found("transaction", parameter="id")
    return one


def _account(call: Call) -> Collection[Transaction]:
    """One of ``bank_account_id`` and ``iban`` must say which account."""
    query = call.request.query_params
    id, iban = query.get("bank_account_id", ""), query.get("iban", "")
    if not id and not iban:
        detail = "bank_account_id or iban is required"
        raise refuse(422, "required", detail, parameter="bank_account_id")
    account = call.books.account(id) if id else call.books.account_by_iban(iban)
    if account is None:
        raise not_found("bank account")
    return call.books.transactions[account.id]


async def index(call: Call) -> Reply:
    """Completed ones unless ``status[]`` says more; at most 10,000 may fit."""
    query = call.request.query_params
    collection = _account(call)
    order, direction = _order(query.get("sort_by", ""))
    wanted: Selection[Transaction] = Selection(
        statuses=statuses(query, "status", bank.STATUSES) or frozenset({"completed"}),
        created=_window(call, "created_at"),
        updated=_window(call, "updated_at"),
        where=_conditions(call),
        order="updated_at" if order == "updated_at" else "created_at",
        key=_by(order) if order in ("settled_at", "emitted_at") else None,
        descending=direction == "desc",
    )
    page = call.limited(read_page(query, current_page=True))
    rows, total = page_of(call, collection, wanted, page)
    if total > CAP:
        raise refuse(422, "search_limit_reached", "narrow the search, by dates for example")
    below = meta(page, total, call.quirks, strict=True)
    includes = many(query, "includes")
    if any(name not in _INCLUDES for name in includes):
        raise not_in_list("includes[]", "includes", _INCLUDES)
    shown = [call.shaped(_with(call, row, includes)) for row in rows]
    stir(call, collection)
    return Reply(document={"transactions": shown, "meta": below})


def _order(text: str) -> tuple[str, str]:
    """Property and direction; either may be missing. 400 for anything else."""
    name, _, direction = text.partition(":")
    name, direction = name or "settled_at", direction or "desc"
    if name not in _SORTS or direction not in ("asc", "desc"):
        message = f"sort_by must be one of {', '.join(_SORTS)} with :asc or :desc"
        raise _unusable("sort_invalid", message, "sort_by")
    return name, direction


def _window(call: Call, name: str) -> Window:
    """From and to of a time, both included; 400 for what is no time."""
    try:
        return window(call.request.query_params, name, "{}")
    except ApiError as refusal:
        first = refusal.problems[0]
        raise _unusable("date_invalid", first.detail, first.parameter) from refusal


def _unusable(code: str, message: str, parameter: str | None) -> ApiError:
    return ApiError(400, Problem(code, message, parameter=parameter, message=message))


def _by(order: str) -> Callable[[Transaction], datetime]:
    return lambda one: getattr(one, order) or one.created_at


def _conditions(call: Call) -> tuple[Callable[[Transaction], bool], ...]:
    query = call.request.query_params
    found: list[Callable[[Transaction], bool]] = []
    side = query.get("side", "")
    if side:
        if side not in bank.SIDES:
            raise not_in_list("side", "side", bank.SIDES)
        found.append(lambda one: one.side == side)
    operations = many(query, "operation_type")
    if any(name not in bank.OPERATIONS for name in operations):
        raise not_in_list("operation_type[]", "operation_type", bank.OPERATIONS)
    if operations:
        found.append(lambda one: one.operation_type in operations)
    attached = flag(query, "with_attachments")
    if attached is not None:
        found.append(lambda one: bool(one.attachment_ids) == attached)
    for name in ("settled_at", "emitted_at"):
        span = _window(call, name)
        if span != (None, None):
            found.append(lambda one, name=name, span=span: _within(getattr(one, name), span))
    return tuple(found)


def _within(moment: datetime | None, span: Window) -> bool:
    since, until = span
    return (
        moment is not None
        and (since is None or moment >= since)
        and (until is None or moment <= until)
    )


def _with(call: Call, one: Transaction, includes: list[str]) -> Document:
    document = transaction_document(one)
    if "attachments" in includes:
        document["attachments"] = _attachments(call, one)
    if "labels" in includes:
        labels = [label for label in call.books.labels if label.id in one.label_ids]
        document["labels"] = [
            {"id": label.id, "name": label.name, "parent_id": label.parent_id} for label in labels
        ]
    if "vat_details" in includes:
        document["vat_details"] = {"items": []}
    return document


def _attachments(call: Call, one: Transaction) -> list[Document]:
    stored = [call.world.attachments[id] for id in one.attachment_ids]
    return [attachment(call.world, each, call.now) for each in stored]


async def show(call: Call) -> Reply:
    includes = many(call.request.query_params, "includes")
    document = call.shaped(_with(call, _find(call), includes))
    return Reply(document={"transaction": document})


async def attachments(call: Call) -> Reply:
    """One page of them; unlike other lists it comes without ``meta``."""
    page = call.limited(read_page(call.request.query_params))
    shown = _attachments(call, _find(call))[page.start : page.stop]
    return Reply(document={"attachments": shown})


async def attach(call: Call) -> Reply:
    """Takes one more file and says nothing of it; it is attached some seconds later."""
    one = _find(call)
    upload = await read_upload(call, most=REQUEST_LIMIT)
    due = call.now + timedelta(seconds=call.quirks.attachment_delay)
    call.world.agenda.at(due, partial(bank.attach, call.world, call.books, one, upload.id))
    return Reply()


async def detach(call: Call) -> Reply:
    one = _find(call)
    one.attachment_ids.clear()
    bank.change(call.world, call.books, one, at=call.now)
    return Reply()


async def detach_one(call: Call) -> Reply:
    one, id = _find(call), call.request.path_params["attachment_id"]
    if id not in one.attachment_ids:
        raise not_found("attachment", parameter="attachment_id")
    one.attachment_ids.remove(id)
    bank.change(call.world, call.books, one, at=call.now)
    return Reply()


_ATTACHMENTS = "/transactions/{id}/attachments"

ENDPOINTS = (
    Endpoint("GET", "/transactions", index),
    Endpoint("GET", "/transactions/{id}", show),
    Endpoint("GET", _ATTACHMENTS, attachments, wording=Wording.SINGLE_404),
    Endpoint("POST", _ATTACHMENTS, attach, replays=True, wording=Wording.SINGLE_404),
    Endpoint("DELETE", _ATTACHMENTS, detach, wording=Wording.SINGLE_404),
    Endpoint("DELETE", f"{_ATTACHMENTS}/{{attachment_id}}", detach_one, wording=Wording.SINGLE_404),
)

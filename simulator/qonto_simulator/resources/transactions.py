"""``/v2/transactions``: per account, with flat filter names, and their attachments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from qonto_simulator.api import Call, Endpoint, Reply, page_of, stir
from qonto_simulator.collection import Collection, Selection, Window
from qonto_simulator.errors import not_found, not_in_list, refuse
from qonto_simulator.filters import flag, many, sorting, statuses, window
from qonto_simulator.paging import meta, read_page
from qonto_simulator.records.transaction import Transaction
from qonto_simulator.render.attachments import attachment
from qonto_simulator.render.common import Document
from qonto_simulator.render.transactions import transaction_document
from qonto_simulator.rules import bank

from .uploads import read_upload

READ = "organization.read"
CAP = 10_000
_SORTS = ("created_at", "updated_at", "settled_at", "emitted_at")
_INCLUDES = ("attachments", "labels", "vat_details")
_FLAT = "{}"


def _find(call: Call) -> Transaction:
    for collection in call.books.transactions.values():
        one = collection.get(call.id)
        if one is not None:
            return one
    raise not_found("transaction")


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
    order, direction = sorting(query, _SORTS, "settled_at:desc")
    wanted: Selection[Transaction] = Selection(
        statuses=statuses(query, "status", bank.STATUSES) or frozenset({"completed"}),
        created=window(query, "created_at", _FLAT),
        updated=window(query, "updated_at", _FLAT),
        where=_conditions(call),
        order="updated_at" if order == "updated_at" else "created_at",
        key=_by(order) if order in ("settled_at", "emitted_at") else None,
        descending=direction == "desc",
    )
    page = call.limited(read_page(query))
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
        span = window(query, name, _FLAT)
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
    return Reply(document={"attachments": _attachments(call, _find(call))})


async def attach(call: Call) -> Reply:
    """Uploads one more file; answers with what is attached then."""
    one = _find(call)
    upload = await read_upload(call)
    one.attachment_ids.append(upload.id)
    bank.change(call.world, call.books, one, at=call.now)
    return Reply(document={"attachments": _attachments(call, one)})


async def detach(call: Call) -> Reply:
    one = _find(call)
    one.attachment_ids.clear()
    bank.change(call.world, call.books, one, at=call.now)
    return Reply(204)


async def detach_one(call: Call) -> Reply:
    one, id = _find(call), call.request.path_params["attachment_id"]
    if id not in one.attachment_ids:
        raise not_found("attachment")
    one.attachment_ids.remove(id)
    bank.change(call.world, call.books, one, at=call.now)
    return Reply(204)


ENDPOINTS = (
    Endpoint("GET", "/transactions", READ, index),
    Endpoint("GET", "/transactions/{id}", READ, show),
    Endpoint("GET", "/transactions/{id}/attachments", "attachment.read", attachments),
    Endpoint("POST", "/transactions/{id}/attachments", "attachment.write", attach),
    Endpoint("DELETE", "/transactions/{id}/attachments", "attachment.write", detach),
    Endpoint(
        "DELETE",
        "/transactions/{id}/attachments/{attachment_id}",
        "attachment.write",
        detach_one,
    ),
)

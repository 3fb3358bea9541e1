"""``/v2/bank_accounts``, ``/v2/statements`` and ``/v2/labels``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from qonto_simulator import pdf
from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.errors import not_found, refuse
from qonto_simulator.fields import Fields
from qonto_simulator.files import link
from qonto_simulator.filters import many, sorting
from qonto_simulator.paging import meta, read_page
from qonto_simulator.records.catalogue import Label, Statement
from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.render.common import Document
from qonto_simulator.render.organisations import bank_account
from qonto_simulator.rules import accounts as rules
from qonto_simulator.rules import sca

_FOR_EVERYBODY = ("id", "name", "status", "main", "organization_id")
_BALANCES = (
    *_FOR_EVERYBODY,
    *("currency", "balance", "balance_cents", "authorized_balance", "authorized_balance_cents"),
)
_PERIOD = re.compile(r"(0[1-9]|1[0-2])-(\d{4})")
T = TypeVar("T")


def _page(call: Call, rows: Sequence[T], *, current_page: bool = False) -> tuple[list[T], Document]:
    page = call.limited(read_page(call.request.query_params, current_page=current_page))
    return list(rows[page.start : page.stop]), meta(page, len(rows), call.quirks)


def _account(call: Call) -> BankAccount:
    account = call.books.account(call.id)
    if account is None:
        raise not_found("bank account")
    return account


async def accounts(call: Call) -> Reply:
    rows, below = _page(call, call.books.organisation.bank_accounts)
    return Reply(document={"bank_accounts": [_full(call, row) for row in rows], "meta": below})


def _full(call: Call, account: BankAccount) -> Document:
    """Everything for an owner or an admin; others see less, most of them no balances either."""
    document: Document = {
        **bank_account(account),
        "organization_id": call.books.organisation.id,
        "is_external_account": account.is_external_account,
        "account_number": account.iban[4:],
    }
    if call.member.is_admin:
        return document
    shown = _BALANCES if call.member.sees_balances else _FOR_EVERYBODY
    return {name: document[name] for name in shown}


async def account(call: Call) -> Reply:
    return Reply(document={"bank_account": _full(call, _account(call))})


async def create(call: Call) -> Reply:
    """``{bank_account: {name}}``."""
    call.require_admin()
    name = _name(await call.json())
    made = rules.open_account(call.world, call.books, name, at=call.now)
    return call.created({"bank_account": _full(call, made)})


async def update(call: Call) -> Reply:
    call.require_admin()
    one = _account(call)
    name = _name(await call.json())
    rules.require_open(one)
    rules.rename(call.world, call.books, one, name, at=call.now)
    return Reply(document={"bank_account": _full(call, one)})


async def close(call: Call) -> Reply:
    """Once the person has confirmed it."""
    call.require_admin()
    one = _account(call)
    rules.require_closable(call.books, one)
    await sca.require(call, "bank_account.close")
    rules.close(call.world, call.books, one, at=call.now)
    return Reply(document={"bank_account": _full(call, one)})


def _name(data: dict[str, object]) -> str:
    """The name in the wrapped body; 422 without it."""
    outer = Fields(data, lambda name: f"/{name}")
    inner = outer.nested("bank_account", required=True)
    name = inner.text("name", most=100, required=True) if inner else None
    outer.check()
    return name or ""


async def certificate(call: Call) -> Reply:
    """A PDF with the account's identity."""
    one, holder = _account(call), call.books.organisation.legal_name
    texts = [f"Holder {holder}", f"IBAN {one.iban}", f"BIC {one.bic}"]
    content = pdf.sheet("Bank identity", texts, one.created_at)
    return Reply(content=content, content_type="application/pdf")


def _month(call: Call, name: str) -> tuple[int, int] | None:
    text = call.request.query_params.get(name, "")
    if not text:
        return None
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise refuse(422, "invalid", f"{name} must look like MM-YYYY", parameter=name)
    return int(match[2]), int(match[1])


def _period(statement: Statement) -> tuple[int, int]:
    return int(statement.period[3:]), int(statement.period[:2])


def _wanted_accounts(call: Call) -> set[str] | None:
    """The accounts named by id or by IBAN, ``None`` for all; 422 for both at once."""
    query = call.request.query_params
    ids, ibans = many(query, "bank_account_ids"), many(query, "ibans")
    if ids and ibans:
        detail = "bank_account_ids and ibans can't be used together"
        raise refuse(422, "invalid", detail, parameter="ibans[]")
    if ibans:
        found = (call.books.account_by_iban(iban) for iban in ibans)
        return {account.id for account in found if account is not None}
    return set(ids) or None


async def statements(call: Call) -> Reply:
    """Newest month first; ``period_from`` and ``period_to`` are ``MM-YYYY``."""
    wanted = _wanted_accounts(call)
    _, direction = sorting(call.request.query_params, ("period",), "period:desc")
    since, until = _month(call, "period_from"), _month(call, "period_to")
    rows = [
        one
        for one in call.books.statements
        if (wanted is None or one.bank_account_id in wanted)
        and (since is None or _period(one) >= since)
        and (until is None or _period(one) <= until)
    ]
    rows.sort(key=_period, reverse=direction == "desc")
    shown, below = _page(call, rows)
    return Reply(document={"statements": [_statement(call, one) for one in shown], "meta": below})


async def statement(call: Call) -> Reply:
    for one in call.books.statements:
        if one.id == call.id:
            return Reply(document={"statement": _statement(call, one)})
    raise not_found("statement")


def _statement(call: Call, one: Statement) -> Document:
    file = call.world.attachments[one.attachment_id]
    return {
        "id": one.id,
        "bank_account_id": one.bank_account_id,
        "period": one.period,
        "file": {
            "file_name": file.file_name,
            "file_content_type": file.content_type,
            "file_size": str(len(file.read())),
            "file_url": link(call.world, file, call.now),
        },
    }


async def labels(call: Call) -> Reply:
    rows, below = _page(call, call.books.labels, current_page=True)
    return Reply(document={"labels": [_label(row) for row in rows], "meta": below})


async def label(call: Call) -> Reply:
    for one in call.books.labels:
        if one.id == call.id:
            return Reply(document={"label": _label(one)})
    raise not_found("label")


def _label(one: Label) -> Document:
    return {"id": one.id, "name": one.name, "parent_id": one.parent_id}


ENDPOINTS = (
    Endpoint("GET", "/bank_accounts", accounts),
    Endpoint("POST", "/bank_accounts", create, replays=True),
    Endpoint("GET", "/bank_accounts/{id}", account),
    Endpoint("PATCH", "/bank_accounts/{id}", update),
    Endpoint("POST", "/bank_accounts/{id}/close", close),
    Endpoint("GET", "/bank_accounts/{id}/iban_certificate", certificate),
    Endpoint("GET", "/statements", statements),
    Endpoint("GET", "/statements/{id}", statement),
    Endpoint("GET", "/labels", labels),
    Endpoint("GET", "/labels/{id}", label),
)

"""``/v2/sepa/transfers``."""

from __future__ import annotations

from collections.abc import Callable

from qonto_simulator import pdf
from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found, refuse
from qonto_simulator.filters import day, many, sorting, statuses, window
from qonto_simulator.paging import read_page
from qonto_simulator.records.transfer import STATUSES, Transfer
from qonto_simulator.render.transfers import transfer
from qonto_simulator.rules import payees, proofs, sca
from qonto_simulator.rules import transfers as rules
from qonto_simulator.times import with_seconds

from .transfer_bodies import read_wrapped

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


def _find(call: Call) -> Transfer:
    one = call.books.sepa_transfers.get(call.id)
    if one is None:
        raise not_found("transfer")
    return one


async def show(call: Call) -> Reply:
    return Reply(document={"transfer": transfer(_find(call))})


async def create(call: Call) -> Reply:
    """The person is asked unless the beneficiary is trusted."""
    asked, proof = (await read_wrapped(call, "transfer")).proven(call)
    if not payees.is_trusted(asked.payee):
        await sca.require(call, "transfer.single.create")
    proofs.followed(proof)
    made = rules.make(
        call.world,
        call.books,
        asked.order,
        payees.known(call.world, call.books, asked.payee, at=call.now),
        initiator_id=call.caller.membership_id,
        at=call.now,
    )
    return call.created({"transfer": transfer(made)})


async def cancel(call: Call) -> Reply:
    rules.cancel(call.books, _find(call), at=call.now)
    return Reply(204)


async def download_proof(call: Call) -> Reply:
    """A PDF, once the money has arrived."""
    one = _find(call)
    account = call.books.account(one.bank_account_id)
    if one.completed_at is None or account is None:
        raise refuse(422, "invalid", f"a {one.status} transfer has no proof")
    payee = rules.beneficiary_of(call.books, one)
    texts = [
        f"From {call.books.organisation.legal_name}, {account.iban}",
        f"To {payee.name}, {payee.iban}",
        f"Amount {one.amount} {one.currency}",
        f"Reference {one.reference}",
        f"Executed {with_seconds(one.completed_at)}",
        f"Transfer {one.id}",
    ]
    content = pdf.sheet("Proof of transfer", texts, one.completed_at)
    return Reply(content=content, content_type="application/pdf")


ENDPOINTS = (
    Endpoint("GET", "/sepa/transfers", index),
    Endpoint("POST", "/sepa/transfers", create, replays=True),
    Endpoint("GET", "/sepa/transfers/{id}", show),
    Endpoint("POST", "/sepa/transfers/{id}/cancel", cancel),
    Endpoint("POST", "/sepa/transfers/{id}/download_proof", download_proof),
)

"""``/v2/sepa/recurring_transfers``."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found
from qonto_simulator.paging import read_page
from qonto_simulator.records.transfer import RecurringTransfer
from qonto_simulator.render.transfers import recurring_transfer
from qonto_simulator.rules import payees, proofs, sca
from qonto_simulator.rules import recurring_transfers as rules

from .transfer_bodies import read_wrapped

_FIRST = "first_execution_date"
_LAST = "last_execution_date"


async def index(call: Call) -> Reply:
    """The last changed first."""
    wanted: Selection[RecurringTransfer] = Selection(order="updated_at")
    page = read_page(call.request.query_params)
    rows = call.books.recurring_transfers
    return list_reply(call, "recurring_transfers", rows, wanted, page, recurring_transfer)


def _find(call: Call) -> RecurringTransfer:
    one = call.books.recurring_transfers.get(call.id)
    if one is None:
        raise not_found("recurring transfer")
    return one


async def show(call: Call) -> Reply:
    return Reply(document={"recurring_transfer": recurring_transfer(_find(call))})


async def create(call: Call) -> Reply:
    """The person is always asked."""
    wrapped = await read_wrapped(call, "recurring_transfer", day=_FIRST)
    fields = wrapped.fields
    frequency = fields.choice("frequency", rules.FREQUENCIES, required=True)
    first, last = fields.day(_FIRST, required=True), fields.day(_LAST)
    if first is not None and last is not None and last < first:
        fields.problem(_LAST, "invalid", f"{_LAST} lies before {_FIRST}")
    asked, proof = wrapped.proven(call)
    if frequency is None:
        raise AssertionError("what is missing was refused")
    await sca.require(call, "transfer.recurring.create")
    proofs.followed(proof)
    made = rules.make(
        call.world,
        call.books,
        asked.order,
        payees.known(call.world, call.books, asked.payee, at=call.now),
        frequency=frequency,
        last=last,
        initiator_id=call.caller.membership_id,
        at=call.now,
    )
    return call.created({"recurring_transfer": recurring_transfer(made)})


async def cancel(call: Call) -> Reply:
    rules.cancel(call.books, _find(call), at=call.now)
    return Reply(204)


ENDPOINTS = (
    Endpoint("GET", "/sepa/recurring_transfers", index),
    Endpoint("POST", "/sepa/recurring_transfers", create, replays=True),
    Endpoint("GET", "/sepa/recurring_transfers/{id}", show),
    Endpoint("POST", "/sepa/recurring_transfers/{id}/cancel", cancel),
)

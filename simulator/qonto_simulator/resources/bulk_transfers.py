"""``/v2/sepa/bulk_transfers``: the body is flat, and what is created comes back bare."""

from __future__ import annotations

from uuid import UUID

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found
from qonto_simulator.fields import Fields
from qonto_simulator.paging import read_page
from qonto_simulator.records.transfer import BulkTransfer
from qonto_simulator.render.transfers import bulk_transfer
from qonto_simulator.rules import bulk_transfers as rules
from qonto_simulator.rules import payees, proofs, sca

from .transfer_bodies import read_account, read_asked, read_body


async def index(call: Call) -> Reply:
    """The last changed first."""
    wanted: Selection[BulkTransfer] = Selection(order="updated_at")
    page = read_page(call.request.query_params)
    return list_reply(
        call, "bulk_transfers", call.books.bulk_transfers, wanted, page, bulk_transfer
    )


async def show(call: Call) -> Reply:
    one = call.books.bulk_transfers.get(call.id)
    if one is None:
        raise not_found("bulk transfer")
    return Reply(document={"bulk_transfer": bulk_transfer(one)})


async def create(call: Call) -> Reply:
    """Shape, payees and proof are checked at once, each transfer on its own afterwards.

    The person is asked unless every line names a trusted beneficiary.
    """
    body = await read_body(call)
    token = body.text("vop_proof_token", required=True)
    lines = _read_lines(call, body)
    body.check()
    if token is None:
        raise AssertionError("what is missing was refused")
    proof = proofs.check(call.books, token, (line.payee.iban for line in lines), at=call.now)
    if not all(payees.is_trusted(line.payee) for line in lines):
        await sca.require(call, "transfer.bulk.create")
    proofs.followed(proof)
    made = rules.accept(
        call.world, call.books, lines, initiator_id=call.caller.membership_id, at=call.now
    )
    return call.created(bulk_transfer(made))


def _read_lines(call: Call, body: Fields) -> list[rules.Line]:
    account = read_account(call, body)
    lines: list[rules.Line] = []
    ids: set[str] = set()
    count = 0
    for _, fields in body.each("bulk_transfers", "/bulk_transfers", required=True):
        count += 1
        id = _read_id(fields, ids)
        asked = read_asked(call, fields, account.id if account else None)
        if id is not None and asked is not None:
            lines.append(rules.Line(id, asked.order, asked.payee))
    if count > rules.MOST_LINES:
        detail = f"bulk_transfers must have at most {rules.MOST_LINES} entries"
        body.problem("bulk_transfers", "invalid", detail)
    return lines


def _read_id(fields: Fields, taken: set[str]) -> str | None:
    """The application's own id of the line, a UUID that no other line has."""
    id = fields.text("client_transfer_id", required=True)
    if id is None:
        return None
    try:
        number = str(UUID(id))
    except ValueError:
        fields.problem("client_transfer_id", "invalid", "client_transfer_id must be a UUID")
        return None
    if number in taken:
        fields.problem("client_transfer_id", "invalid", "client_transfer_id is there twice")
        return None
    taken.add(number)
    return id


ENDPOINTS = (
    Endpoint("GET", "/sepa/bulk_transfers", index),
    Endpoint("POST", "/sepa/bulk_transfers", create, replays=True),
    Endpoint("GET", "/sepa/bulk_transfers/{id}", show),
)

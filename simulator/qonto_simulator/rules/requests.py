"""What becomes of a request.

::

    pending --> approved, declined or canceled, which are final

Nothing moves before it is approved. Then what was asked for is made, once: a transfer for each
line, a standing order, or a card.
"""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.errors import ApiError, refuse
from qonto_simulator.records.card import CardLimits
from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.records.request import Request, RequestedTransfer
from qonto_simulator.times import today
from qonto_simulator.world import Books, World

from . import cards, payees, recurring_transfers, transfers
from .beneficiaries import BeneficiaryFields

MOST_LINES = 400
REVIEWERS = ("owner", "admin")
PLANS_WITH_LIST = ("business", "enterprise")
"""Where requests can be listed, and where people ask for cards."""
SCA_ACTIONS = {
    "flash_card": "card.order",
    "virtual_card": "card.order",
    "transfer": "transfer.single.create",
    "multi_transfer": "transfer.bulk.create",
}


def is_in_plan(plan: str, request_type: str) -> bool:
    """Whether an organisation with this price plan has requests of this type."""
    of_cards = request_type in ("flash_card", "virtual_card")
    return plan in PLANS_WITH_LIST if of_cards else plan != "solo_basic"


def not_in_plan() -> ApiError:
    """403 that gives no reason."""
    return refuse(403, "unknown", "Unknown error")


def check_pending(one: Request) -> None:
    """422 for a request that was decided."""
    if one.status != "pending":
        raise refuse(422, "invalid", f"the request is {one.status} already")


def approve(
    world: World,
    books: Books,
    one: Request,
    account: BankAccount,
    *,
    approver_id: str,
    at: datetime,
) -> Request:
    """What was asked for is made, at the cost of the account."""
    check_pending(one)
    one.made_ids = tuple(_make(world, books, one, account, at))
    return _decide(books, one, "approved", at, approver_id)


def decline(books: Books, one: Request, note: str, *, approver_id: str, at: datetime) -> Request:
    """The answer is no, and why."""
    check_pending(one)
    one.declined_note = note
    return _decide(books, one, "declined", at, approver_id)


def cancel(books: Books, one: Request, *, at: datetime) -> Request:
    """Who asked takes it back."""
    check_pending(one)
    return _decide(books, one, "canceled", at)


def _decide(
    books: Books, one: Request, status: str, at: datetime, approver_id: str | None = None
) -> Request:
    one.status, one.processed_at, one.approver_id = status, at, approver_id
    return books.requests.save(one, at)


def _make(
    world: World, books: Books, one: Request, account: BankAccount, at: datetime
) -> list[str]:
    """The ids of what is made."""
    if one.transfers:
        return [_pay(world, books, one, line, account, at) for line in one.transfers]
    limit = one.limit or 0
    is_flash = one.request_type == "flash_card"
    limits = CardLimits(0, 0, 0, lifespan=limit) if is_flash else CardLimits(limit, limit, limit)
    card = cards.issue(
        world,
        books,
        "flash" if is_flash else "virtual",
        limits,
        holder=world.membership(one.initiator_id)[1],
        account=account,
        at=at,
        design=None if is_flash else one.card_design,
        pre_expires_at=one.pre_expires_at,
    )
    return [card.id]


def _pay(
    world: World,
    books: Books,
    one: Request,
    line: RequestedTransfer,
    account: BankAccount,
    at: datetime,
) -> str:
    """The id of the transfer, or of the standing order, to whoever has the account of the line."""
    payee = BeneficiaryFields(line.credit_account_name, line.credit_iban)
    order = transfers.Order(
        bank_account_id=account.id,
        amount=line.amount,
        reference=line.reference,
        day=max(one.scheduled_date or today(at), today(at)),
        attachment_ids=line.attachment_ids,
    )
    beneficiary = payees.known(world, books, payee, at=at)
    by = one.initiator_id
    if one.recurrence == "once":
        return transfers.make(world, books, order, beneficiary, initiator_id=by, at=at).id
    return recurring_transfers.make(
        world,
        books,
        order,
        beneficiary,
        frequency=one.recurrence,
        last=one.last_recurrence_date,
        initiator_id=by,
        at=at,
    ).id

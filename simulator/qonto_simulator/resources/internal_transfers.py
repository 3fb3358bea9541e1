"""``/v2/internal_transfers``: between accounts of the organisation, without asking anybody."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.render.transfers import internal_transfer
from qonto_simulator.rules import internal_transfers as rules

from .transfer_bodies import LONGEST_REFERENCE, read_amount, read_body, read_inner, read_own_iban


async def create(call: Call) -> Reply:
    body = await read_body(call)
    fields = read_inner(body, "internal_transfer")
    debited, credited = (read_own_iban(call, fields, one) for one in ("debit_iban", "credit_iban"))
    reference = fields.text("reference", most=LONGEST_REFERENCE, required=True)
    amount = read_amount(fields)
    currency = fields.currency("currency", required=True)
    for account in (debited, credited):
        if account is not None and currency is not None and account.currency != currency:
            fields.problem("currency", "invalid", "currency must be that of both accounts")
            break
    if debited is not None and debited is credited:
        fields.problem("credit_iban", "invalid", "credit_iban must be that of another account")
    if debited is not None and amount is not None and amount > debited.authorized_balance:
        fields.problem("amount", "invalid", "amount is above what the account holds")
    body.check()
    if debited is None or credited is None or amount is None or reference is None:
        raise AssertionError("what is missing was refused")
    made = rules.make(
        call.world,
        call.books,
        debited,
        credited,
        amount=amount,
        reference=reference,
        initiator_id=call.caller.membership_id,
        at=call.now,
    )
    return call.created({"internal_transfer": internal_transfer(made)})


ENDPOINTS = (Endpoint("POST", "/internal_transfers", create, replays=True),)

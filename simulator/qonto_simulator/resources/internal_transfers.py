"""``/v2/internal_transfers``: between accounts of the organisation, without asking anybody."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.fields import Fields
from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.render.transfers import internal_transfer
from qonto_simulator.rules import internal_transfers as rules

from .transfer_bodies import LONGEST_REFERENCE, is_open, read_amount, read_body, read_inner


async def create(call: Call) -> Reply:
    body = await read_body(call)
    fields = read_inner(body, "internal_transfer")
    debited, credited = (_read_account(call, fields, one) for one in ("debit_iban", "credit_iban"))
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


def _read_account(call: Call, fields: Fields, name: str) -> BankAccount | None:
    iban = fields.text(name, required=True)
    account = call.books.account_by_iban(iban or "")
    if iban is not None and (account is None or not is_open(account)):
        fields.problem(name, "not_found", "bank account not found")
        return None
    return account


ENDPOINTS = (Endpoint("POST", "/internal_transfers", create, replays=True),)

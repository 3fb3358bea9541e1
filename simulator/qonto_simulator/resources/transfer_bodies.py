"""What bodies say of a transfer: alone, as a line of a bulk, or as a standing order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qonto_simulator.api import Call
from qonto_simulator.fields import Fields
from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.records.proof import Proof
from qonto_simulator.rules import proofs
from qonto_simulator.rules.payees import Payee
from qonto_simulator.rules.transfers import Order, objections
from qonto_simulator.times import today

from .payee_bodies import read_beneficiary

LONGEST_REFERENCE = 140
LONGEST_NOTE = 1_000
MOST_ATTACHMENTS = 50
_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Asked:
    """An order and whom it is for."""

    order: Order
    payee: Payee


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A body with a proof beside the transfer that it wraps."""

    body: Fields
    fields: Fields
    token: str | None
    asked: Asked | None

    def proven(self, call: Call) -> tuple[Asked, Proof]:
        """What is asked for, and the proof for it; 422 with all that is wrong."""
        self.body.check()
        if self.asked is None or self.token is None:
            raise AssertionError("what is missing was refused")
        iban = self.asked.payee.iban
        return self.asked, proofs.check(call.books, self.token, [iban], at=call.now)


async def read_wrapped(call: Call, name: str, *, day: str = "scheduled_date") -> Wrapped:
    """The one transfer of a body, and what stands against it."""
    body = await read_body(call)
    token = body.text("vop_proof_token", required=True)
    fields = read_inner(body, name)
    account = read_account(call, fields)
    asked = read_asked(call, fields, account.id if account else None, day=day)
    found = objections(call.world, call.books, asked.order, at=call.now) if asked else ()
    for one in found:
        field = day if one.field == "scheduled_date" else one.field
        fields.problem(field, one.code, one.detail.replace(one.field, field))
    return Wrapped(body, fields, token, asked)


async def read_body(call: Call) -> Fields:
    """The body, with pointers that begin at its root."""
    return Fields(await call.json(), pointer=lambda name: f"/{name}")


def read_inner(body: Fields, name: str) -> Fields:
    """The object that the body wraps; an empty one, after a problem is noted, where it lacks."""
    return body.nested(name, required=True) or Fields({}, problems=[])


def read_asked(
    call: Call, fields: Fields, account_id: str | None, *, day: str = "scheduled_date"
) -> Asked | None:
    """A transfer from the account; ``day`` is the field of its date, today where it lacks."""
    amount = read_amount(fields)
    reference = fields.text("reference", most=LONGEST_REFERENCE, required=True)
    note = fields.text("note", most=LONGEST_NOTE)
    attachments = fields.texts("attachment_ids", most=MOST_ATTACHMENTS)
    when: date | None = fields.day(day)
    payee = _read_payee(call, fields)
    if amount is None or reference is None or payee is None or account_id is None:
        return None
    order = Order(
        bank_account_id=account_id,
        amount=amount,
        reference=reference,
        day=when or today(call.now),
        note=note,
        attachment_ids=tuple(attachments),
    )
    return Asked(order, payee)


def read_amount(fields: Fields, name: str = "amount") -> Decimal | None:
    """A decimal string above zero, to the cent; JSON numbers are not taken."""
    text = fields.text(name, required=True)
    if text is None:
        return None
    if not _AMOUNT.fullmatch(text) or not Decimal(text):
        detail = f"{name} must be above zero, with two decimals at most"
        fields.problem(name, "invalid", detail)
        return None
    return Decimal(text).quantize(Decimal("0.01"))


def read_account(call: Call, fields: Fields) -> BankAccount | None:
    """An account of the organisation that euros can leave."""
    id = fields.text("bank_account_id", required=True)
    account = call.books.account(id or "")
    if id is not None and account is None:
        fields.problem("bank_account_id", "not_found", "bank account not found")
    if account is not None and (not is_open(account) or account.currency != "EUR"):
        fields.problem("bank_account_id", "invalid", "no transfer can leave this bank account")
    return account


def read_own_iban(
    call: Call, fields: Fields, name: str, *, required: bool = True
) -> BankAccount | None:
    """An account of the organisation by its IBAN, on which money can move."""
    iban = fields.text(name, required=required)
    account = call.books.account_by_iban(iban or "")
    if iban is not None and (account is None or not is_open(account)):
        fields.problem(name, "not_found", "bank account not found")
        return None
    return account


def is_open(account: BankAccount) -> bool:
    """Whether money can move on it from here."""
    return account.status == "active" and not account.is_external_account


def _read_payee(call: Call, fields: Fields) -> Payee | None:
    """A known beneficiary by id, or one that the body describes; exactly one of them."""
    id, described = fields.text("beneficiary_id"), fields.nested("beneficiary")
    if described is not None:
        if id is not None:
            detail = "beneficiary_id and beneficiary can't be used together"
            fields.problem("beneficiary", "invalid", detail)
        return read_beneficiary(described)
    if id is None:
        fields.problem("beneficiary_id", "required", "beneficiary_id or beneficiary is required")
        return None
    known = call.books.beneficiaries.get(id)
    if known is None:
        fields.problem("beneficiary_id", "not_found", "beneficiary not found")
    return known

"""What movements on accounts mean: Qonto's words to the contract's.

    side      transaction type                           expense type
    credit    RECEIVE, or RECEIVE-TRANSFER               REFUND, positive
    debit     SPEND, or SPEND-TRANSFER                   EXPENSE, negative

    status       transaction status
    completed    BOOKED
    pending      AUTHORISED
    declined     DELETED
    any other    null, `reversed` too: it doesn't say whether the money had moved before

A transfer is one between the organisation's own accounts. Qonto doesn't mark them in a way that
excludes others' accounts at Qonto, so it is one only if the counterparty's number is among the
organisation's own.
"""

from decimal import Decimal
from typing import Literal

from connector.providers.qonto.documents.bank import QontoTransaction
from connector.providers.qonto.mapping.bank_notes import BankNotes
from connector.providers.qonto.mapping.iban import normalized
from connector.unified.enums import TransactionStatus, TransactionType

Side = Literal["credit", "debit"]

STATUSES: dict[str, TransactionStatus] = {
    "completed": "BOOKED",
    "pending": "AUTHORISED",
    "declined": "DELETED",
}


def side_of(document: QontoTransaction, notes: BankNotes) -> Side | None:
    """Tell which way money went; an unknown word is noted."""
    match document.side:
        case "credit" | "debit" as side:
            return side
        case other:
            notes.unknown("side", other)
            return None


def type_of(
    document: QontoTransaction, own_ibans: frozenset[str], notes: BankNotes
) -> TransactionType | None:
    """Tell what kind of movement it is."""
    match side_of(document, notes):
        case "credit":
            return "RECEIVE-TRANSFER" if _is_between(document, own_ibans) else "RECEIVE"
        case "debit":
            return "SPEND-TRANSFER" if _is_between(document, own_ibans) else "SPEND"
        case None:
            return None


def status_of(document: QontoTransaction, notes: BankNotes) -> TransactionStatus | None:
    """Tell where a movement stands; an unknown word is noted."""
    status = STATUSES.get(document.status or "")
    if status is None:
        notes.unknown("status", document.status)
    return status


def contact_of(document: QontoTransaction) -> str | None:
    """Return the counterparty's name, else the label that stands for it on statements."""
    return document.clean_counterparty_name or document.label or None


def amount_of(document: QontoTransaction, notes: BankNotes) -> Decimal | None:
    """Read the amount, which has no sign at Qonto; one with a sign is noted."""
    amount = notes.banked("amount", document.amount, document.amount_cents)
    if amount is not None and amount < 0:
        notes.warn("amount is below zero")
    return amount


def vat_rate_of(document: QontoTransaction, notes: BankNotes) -> Decimal | None:
    """Read the VAT rate, in percent at Qonto too; -1 stands for unknown and for several."""
    rate = notes.number("vat_rate", document.vat_rate)
    if rate is None or rate == -1:
        return None
    if not 0 <= rate <= 100:
        notes.warn("vat_rate is not between 0 and 100 %")
        return None
    return rate


def note_conversion(document: QontoTransaction, notes: BankNotes) -> None:
    """Note that it was made in another currency than the account's."""
    local, own = document.local_currency or "", document.currency or ""
    if local and own and local.upper() != own.upper():
        notes.warn(f"the amount in {local[:10]!r}, before conversion, has no counterpart")


def _is_between(document: QontoTransaction, own_ibans: frozenset[str]) -> bool:
    numbers = [
        normalized(party.counterparty_account_number)
        for party in (
            document.transfer,
            document.income,
            document.direct_debit,
            document.direct_debit_collection,
            document.swift_income,
        )
        if party is not None and party.counterparty_account_number
    ]
    return bool(numbers) and any(normalized(iban) in numbers for iban in own_ibans)

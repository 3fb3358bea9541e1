"""A movement on a bank account."""

from decimal import Decimal

import msgspec

from connector.unified.enums import TransactionStatus, TransactionType


class Transaction(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A movement on a bank account. `amount` has no sign: `type` tells which way it went.

    `card_last_digits`, which the contract doesn't have, tells by which card it was made.
    """

    id: str | None
    account_id: str | None
    account_number: int | None
    amount: Decimal | None
    booking_date: str | None
    card_last_digits: str | None
    contact: str | None
    currency: str | None
    description: str | None
    files: tuple[str, ...]
    journal_code: str | None
    ledger_name: str | None
    reference: str | None
    status: TransactionStatus | None
    task_id: str | None
    tax_rate_percentage: Decimal | None
    type: TransactionType | None
    value_date: str | None

"""A movement on a bank account."""

from decimal import Decimal
from typing import Annotated

import msgspec

from connector.api.meaning import Moment, meaning
from connector.unified import fields
from connector.unified.enums import TransactionStatus, TransactionType


class Transaction(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A movement on a bank account. `amount` has no sign: `type` tells which way it went.

    `card_last_digits`, which the contract doesn't have, tells by which card it was made.
    """

    id: fields.Id
    account_id: Annotated[str | None, meaning("The id of the bank account.")]
    account_number: Annotated[int | None, meaning("The number of the bank account.")]
    amount: Annotated[
        Decimal | None, meaning("What was moved, without a sign: `type` tells which way.")
    ]
    booking_date: Annotated[Moment | None, meaning("When the bank booked it.")]
    card_last_digits: Annotated[
        str | None, meaning("The last digits of the card it was made by; not in the contract.")
    ]
    contact: Annotated[str | None, meaning("Who is at the other end.")]
    currency: fields.Currency
    description: fields.Description
    files: fields.FileIds
    journal_code: fields.JournalCode
    ledger_name: fields.LedgerName
    reference: fields.ReferenceText
    status: Annotated[TransactionStatus | None, meaning("Where the movement stands.")]
    task_id: fields.TaskId
    tax_rate_percentage: fields.TaxRatePercentage
    type: Annotated[TransactionType | None, meaning("Which way the money went.")]
    value_date: Annotated[Moment | None, meaning("When it counts for the balance.")]

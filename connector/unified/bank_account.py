"""A bank account of the organisation."""

from decimal import Decimal
from typing import Annotated

import msgspec

from connector.api.meaning import meaning
from connector.unified import fields
from connector.unified.enums import BankAccountStatus, BankFileType


class BankAccount(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = (
        """A bank account. `balance` is what is booked, in `currency`; see `BANK_CURRENCY_CODES`."""
    )

    id: fields.Id
    balance: Annotated[Decimal | None, meaning("What is booked, in `currency`.")]
    bank_name: Annotated[str | None, meaning("The bank's name.")]
    bic: fields.Bic
    created_date: fields.CreatedDate
    currency: fields.Currency
    description: fields.Description
    file_type: Annotated[BankFileType | None, meaning("The format of the account's statements.")]
    iban: fields.Iban
    name: Annotated[str | None, meaning("What the account is called.")]
    number: Annotated[str | None, meaning("The account's number at the bank.")]
    system: Annotated[
        str | None, meaning("Where the account is kept, in the target system's words.")
    ]
    status: Annotated[BankAccountStatus | None, meaning("Whether the account is in use.")]
    type: Annotated[
        str | None, meaning("What kind of account it is, in the target system's words.")
    ]
    updated_date: fields.UpdatedDate

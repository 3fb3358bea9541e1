"""A bank account of the organisation."""

from decimal import Decimal

import msgspec

from connector.unified.enums import BankAccountStatus, BankFileType


class BankAccount(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A bank account. `balance` is what is booked, in `currency`; see `BANK_CURRENCY_CODES`."""

    id: str | None
    balance: Decimal | None
    bank_name: str | None
    bic: str | None
    created_date: str | None
    currency: str | None
    description: str | None
    file_type: BankFileType | None
    iban: str | None
    name: str | None
    number: str | None
    system: str | None
    status: BankAccountStatus | None
    type: str | None
    updated_date: str | None

"""A bank account to be opened or renamed."""

from typing import Annotated

from pydantic import Field

from connector.unified.enums import BankAccountStatus, BankFileType
from connector.writing.requests.base import Number, Text, Writable, word


class BankAccountFields(Writable):
    __doc__ = "What can be said of a bank account besides its name: the bank decides all of it."

    balance: Number | None = Field(None, description="Not used: it begins with nothing on it.")
    bank_name: Text = Field(None, description="Not used: the bank is the target system.")
    bic: Text = Field(None, description="Not used: the bank gives it.")
    currency: Text = Field(None, description="EUR.", examples=["EUR"])
    description: Text = Field(None, description="Not used.")
    file_type: Annotated[BankFileType, word(BankFileType)] | None = Field(
        None, description="Not used."
    )
    iban: Text = Field(None, description="Not used: the bank gives it.")
    number: Text = Field(None, description="Not used: the bank gives it.")
    system: Text = Field(None, description="Not used.")
    status: Annotated[BankAccountStatus, word(BankAccountStatus)] | None = Field(
        None, description="ACTIVE."
    )
    type: Text = Field(None, description="BANK.")


class BankAccountRequest(BankAccountFields):
    __doc__ = "A bank account to be opened."

    name: str = Field(
        min_length=1, max_length=100, description="What it is called.", examples=["Taxes"]
    )


class BankAccountChange(BankAccountFields):
    __doc__ = "The new name of a bank account."

    name: str = Field(min_length=1, max_length=100, description="What it is called from now on.")

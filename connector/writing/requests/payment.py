"""A payment to be made, and a payee to be verified."""

from typing import Annotated

from pydantic import Field

from connector.unified.enums import ApprovalMethod, PaymentDocumentType
from connector.writing.requests.base import Moment, Number, Text, Writable, word


class PaymentLineRequest(Writable):
    __doc__ = "What is paid, and to whom: either `beneficiaryId` or `iban` says so."

    account_id: Text = Field(
        None, description="The id of the bank account that pays; the main one without."
    )
    amount: Number = Field(
        description="How much, in euros, with two decimals at most.", examples=["120.50"]
    )
    beneficiary_id: Text = Field(
        None, description="The id of the beneficiary that is paid. Not in the contract."
    )
    iban: Text = Field(
        None, description="The account number of the beneficiary. Not in the contract."
    )
    contact_name: Text = Field(
        None, description="Who you think is paid; it must be the beneficiary's name."
    )
    contact_id: Text = Field(None, description="Not used: `beneficiaryId` names the payee.")
    customer_id: Text = Field(None, description="Not used: customers are not paid.")
    supplier_id: Text = Field(None, description="Not used: `beneficiaryId` names the payee.")
    description: Text = Field(
        None,
        description="The reference, which the payee sees; up to 140 signs. It must be there.",
        examples=["F-2026-117"],
    )
    invoice_id: Text = Field(None, description="The id of the bill that it pays.")
    payment_date: Moment = Field(
        None, description="The day on which it is to go; at once without.", examples=["2026-12-01"]
    )
    note: Text = Field(
        None, description="A note for yourself, up to 1,000 signs. Not in the contract."
    )
    file_ids: tuple[str, ...] = Field(
        (),
        description="Files that belong to it, by their ids; above 30,000.00 one must be there. Not "
        "in the contract.",
    )


class PaymentRequest(Writable):
    __doc__ = "A payment to be made with one transfer."

    currency: Text = Field(None, description="EUR.", examples=["EUR"])
    document_type: Annotated[PaymentDocumentType, word(PaymentDocumentType)] | None = Field(
        None, description="BILL, if anything."
    )
    exchange_rate: Number | None = Field(None, description="Not used: both sides are in euros.")
    journal_code: Text = Field(None, description="Not used: there are no journals.")
    payment_type: Text = Field(None, description="Not used: it is a SEPA transfer.")
    payment_lines: tuple[PaymentLineRequest, ...] = Field(
        min_length=1, max_length=1, description="The one line: what is paid, and to whom."
    )
    approve_by: Annotated[ApprovalMethod, word(ApprovalMethod)] = Field(
        "paired-device",
        description="How the owner is asked to approve it: in the bank's app, by a link that the "
        "bank sends, or, in a sandbox alone, by nobody. Not in the contract.",
    )


class PayeeRequest(Writable):
    __doc__ = "A payee to be verified: does this account belong to whom you think?"

    name: str = Field(min_length=1, max_length=140, description="Who you think holds the account.")
    iban: str = Field(min_length=5, max_length=42, description="The account number.")

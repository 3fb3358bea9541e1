"""What a payout is asked for with, when no file comes along, and what confirms one."""

from typing import Annotated, Literal

from pydantic import Field

from connector.unified.payout import PayoutMode
from connector.writing.requests.base import Number, Text, Writable, word

_Mode = Annotated[Literal["PROPOSE", "PAY"], word(PayoutMode)]


class PayoutLineRequest(Writable):
    __doc__ = "One payment of a payout."

    name: Text = Field(None, description="Who is paid: needed.", examples=["Marie Durand"])
    iban: Text = Field(
        None,
        description="The payee's account: needed.",
        examples=["FR7630006000011234567890189"],
    )
    amount: Number | None = Field(
        None, description="How much, in EUR: needed, with at most two decimals."
    )
    reference: Text = Field(
        None, description="What the payee reads: needed.", examples=["Invoice 17"]
    )
    currency: Text = Field(None, description="EUR, or nothing.")
    end_to_end_id: Text = Field(None, description="A name of your own for the payment, once used.")
    execution_day: Text = Field(
        None, description="When it is to be made, such as 2026-12-01; at once without."
    )
    debit_iban: Text = Field(None, description="The account that pays, if another one does.")
    attachment_ids: tuple[str, ...] = Field(
        (), description="The ids of uploaded documents: needed above 30,000 EUR."
    )


class PayoutRequest(Writable):
    __doc__ = "Payments to be made together; `lines` only where no file comes along."

    file_name: Text = Field(
        None, max_length=200, description="What people who approve it read of where it comes from."
    )
    debit_iban: Text = Field(
        None, description="The account that pays; the main one, or the file's own, without."
    )
    lines: tuple[PayoutLineRequest, ...] = Field((), description="The payments.")


class PayoutConfirmationRequest(Writable):
    __doc__ = "What a payout comes to, by which it is confirmed."

    total: Number = Field(description="The sum of all lines, in EUR.", examples=[2501.0])
    count: int = Field(description="How many lines there are.", examples=[2])
    digest: Text = Field(None, description="The SHA-256 of the file, hex, to be sure of it.")
    mode: _Mode = Field("PROPOSE", description="Whether lines are proposed to people, or paid.")
    run: bool = Field(True, description="Whether it is run at once.")

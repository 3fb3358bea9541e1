"""A beneficiary to be made or changed."""

from pydantic import Field

from connector.writing.requests.base import Text, Writable

_TAG = "What it is paid for, in the target system's words, such as `office_supply` or `salary`."


class BeneficiaryRequest(Writable):
    __doc__ = "A beneficiary to be made."

    name: str = Field(
        min_length=1,
        max_length=140,
        description="Who holds the account, as the bank knows it.",
        examples=["Papeterie du Centre"],
    )
    iban: str = Field(
        min_length=5,
        max_length=42,
        description="The account number.",
        examples=["FR7630006000011234567890189"],
    )
    bic: Text = Field(None, description="The bank; told from the account number without it.")
    email: Text = Field(None, description="Where the beneficiary is told of transfers.")
    activity_tag: Text = Field(None, description=_TAG)


class BeneficiaryChange(Writable):
    __doc__ = "What changes of a beneficiary. What isn't sent stays as it is."

    name: Text = Field(None, max_length=140, description="Who holds the account.")
    email: Text = Field(None, description="Where the beneficiary is told of transfers.")
    activity_tag: Text = Field(None, description=_TAG)

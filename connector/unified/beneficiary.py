"""Whom an organisation pays."""

from typing import Annotated

import msgspec

from connector.api.meaning import meaning
from connector.unified import fields
from connector.unified.enums import BeneficiaryStatus


class Beneficiary(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = (
        """Whom transfers go to. Only one that is VALIDATED can be paid. Not in the contract."""
    )

    id: fields.Id
    name: Annotated[str | None, meaning("Who is paid.")]
    iban: fields.Iban
    bic: fields.Bic
    status: Annotated[
        BeneficiaryStatus | None, meaning("Whether the bank lets the beneficiary be paid.")
    ]
    trusted: Annotated[
        bool | None,
        meaning("Whether the owner need not approve transfers to it; only they can say so."),
    ]
    email: Annotated[str | None, meaning("Where the beneficiary is told of transfers.")]
    activity_tag: Annotated[
        str | None, meaning("What it is paid for, in the target system's words.")
    ]
    created_date: fields.CreatedDate
    updated_date: fields.UpdatedDate

"""A payment on its way: where it stands, and what somebody has to do."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from connector.api.meaning import Moment, meaning
from connector.api.named import named
from connector.unified import fields
from connector.unified.enums import MatchResult, PaymentOrderStatus, TransferSpeed

ActionType = Annotated[
    Literal["APPROVE", "CONFIRM_PAYEE", "CONFIRM_AS_SECOND"],
    named("PaymentActionType", "What somebody has to do for a payment to go on."),
]


class PaymentAction(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = "What somebody has to do for a payment to go on."

    type: Annotated[ActionType, meaning("What is to be done.")]
    message: Annotated[str, meaning("The same in words, for whoever has to do it.")]
    confirm: Annotated[
        str | None,
        meaning("The code to send as the parameter `confirm`; null where none is needed."),
    ]
    expires_at: Annotated[Moment, meaning("Until when it can be done.")]


class PaymentProgress(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = """A payment on its way. `GET /accounting/asyncTask/{taskId}` tells how it goes on."""

    task_id: Annotated[
        str, meaning("Its own id, for /accounting/asyncTask and for confirming or withdrawing it.")
    ]
    status: Annotated[PaymentOrderStatus, meaning("Where it stands.")]
    amount: Annotated[Decimal, meaning("What is paid.")]
    currency: fields.Currency
    beneficiary_id: Annotated[str | None, meaning("The id of the beneficiary that is paid.")]
    contact_name: fields.ContactName
    payee_iban: Annotated[str | None, meaning("The payee's account number without its middle.")]
    match_result: Annotated[
        MatchResult | None,
        meaning("What the payee's bank says of the name; null before it was asked."),
    ]
    matched_name: Annotated[
        str | None, meaning("Who holds the account, where the bank says it: on a close match.")
    ]
    transfer_speed: Annotated[
        TransferSpeed | None, meaning("How the transfer is likely to go: at once or the slow way.")
    ]
    action: Annotated[
        PaymentAction | None, meaning("What somebody has to do; null while nobody has to.")
    ]
    transfer_id: Annotated[
        str | None, meaning("The id of the transfer, for /accounting/payments; null before it.")
    ]
    candidates: Annotated[
        tuple[str, ...],
        meaning("Transfers that may be this one, where nobody can tell; compare them yourself."),
    ]
    error_code: Annotated[str | None, meaning("Why nothing was paid, or why nobody can tell.")]
    error_message: Annotated[str | None, meaning("The same in words.")]


class VerifiedPayee(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = "What a payee's bank says of a name."

    name: Annotated[str, meaning("The name that was asked about.")]
    iban: Annotated[str, meaning("The account number that was asked about.")]
    match_result: Annotated[MatchResult, meaning("What the bank says.")]
    matched_name: Annotated[
        str | None, meaning("Who holds the account, where the bank says it: on a close match.")
    ]

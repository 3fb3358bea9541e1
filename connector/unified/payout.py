"""Payouts and their lines, as callers see them."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from connector.api.meaning import Moment, meaning
from connector.api.named import named

PayoutStatus = Annotated[
    Literal["DRAFT", "CONFIRMED", "RUNNING", "STOPPED", "DONE", "PARTIAL"],
    named("PayoutStatus", "How far a payout is."),
]
PayoutMode = Annotated[
    Literal["PROPOSE", "PAY"],
    named("PayoutMode", "PROPOSE: people approve the lines. PAY: they are paid."),
]
LineState = Annotated[
    Literal[
        "OPEN",
        "SENDING",
        "AWAITING_SCA",
        "PROPOSED",
        "SENT",
        "SETTLED",
        "REFUSED",
        "UNDECIDED",
    ],
    named("PayoutLineState", "How far a line of a payout is."),
]

_COUNT = meaning("How many lines.")


class PayoutSum(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = "How many lines of a payout are so far, and what they come to."

    count: Annotated[int, _COUNT]
    total: Annotated[Decimal, meaning("What they come to, in EUR.")]


class PayoutProblem(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = "What was wrong with a payout or one of its lines."

    code: Annotated[str, meaning("Its code.")]
    message: Annotated[str, meaning("The same in words.")]


class Payout(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = """A file of payments. The lines that are settled, pending, refused and undecided are
    together always all of them."""

    id: Annotated[str, meaning("Its id.")]
    status: Annotated[PayoutStatus, meaning("How far it is.")]
    mode: Annotated[PayoutMode, meaning("How its lines are run.")]
    file_name: Annotated[str, meaning("The file's name.")]
    file_kind: Annotated[str, meaning("CSV, JSON, or the version of pain.001.")]
    digest: Annotated[str, meaning("The SHA-256 of the file, hex.")]
    count: Annotated[int, meaning("How many lines it has.")]
    total: Annotated[Decimal, meaning("What all lines come to, in EUR.")]
    currency: Annotated[str, meaning("EUR.")]
    settled: Annotated[PayoutSum, meaning("The lines whose money has moved.")]
    pending: Annotated[PayoutSum, meaning("The lines of which nothing final is known.")]
    refused: Annotated[PayoutSum, meaning("The lines that were not paid, and won't be.")]
    undecided: Annotated[
        PayoutSum, meaning("The lines of which a person has to see what came of them.")
    ]
    states: Annotated[dict[str, int], meaning("How many lines are in each state.")]
    problem: Annotated[PayoutProblem | None, meaning("Why it doesn't go on; null where it does.")]
    created_date: Annotated[Moment, meaning("When the file was stored.")]
    confirmed_date: Annotated[Moment | None, meaning("When it was confirmed.")]
    ended_date: Annotated[Moment | None, meaning("When its last line was done.")]


class PayoutLine(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = "One payment of a payout, and what came of it."

    number: Annotated[int, meaning("Its place in the file, from 1.")]
    place: Annotated[str, meaning("Where it stands in the file, in words.")]
    key: Annotated[str, meaning("The key by which it is paid once.")]
    state: Annotated[LineState, meaning("How far it is.")]
    name: Annotated[str, meaning("Who is paid.")]
    iban: Annotated[str, meaning("The payee's account.")]
    amount: Annotated[Decimal, meaning("How much, in EUR.")]
    reference: Annotated[str, meaning("What the payee reads.")]
    end_to_end_id: Annotated[str | None, meaning("The caller's own name for it.")]
    execution_day: Annotated[str | None, meaning("When it is to be made; null for at once.")]
    debit_iban: Annotated[str | None, meaning("The account that pays; null for the main one.")]
    result_id: Annotated[
        str | None, meaning("The proposal or the payment that it became; null before.")
    ]
    problem: Annotated[PayoutProblem | None, meaning("What was wrong; null while nothing was.")]

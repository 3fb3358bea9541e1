"""What came of many records that were to be made at once."""

from typing import Annotated, Literal

import msgspec

from connector.api.meaning import Moment, meaning
from connector.api.named import named
from connector.unified.customer import Customer

BatchStatus = Annotated[
    Literal["CREATED", "REFUSED", "UNKNOWN", "NOT_TRIED"],
    named("BatchStatus", "What came of one entry; UNKNOWN when the answer was lost."),
]


class BatchResult(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = "What came of one entry. The contract has no such thing; this one is ours."

    status: Annotated[BatchStatus, meaning("What came of it.")]
    id: Annotated[str | None, meaning("The id of the record that was made; null without one.")]
    code: Annotated[str | None, meaning("The code of what went wrong; null when nothing did.")]
    message: Annotated[str | None, meaning("What went wrong, in words.")]


class ContactBatch(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = "Contacts that were made at once. What isn't kept is null."

    id: Annotated[None, meaning("Always null: a batch isn't kept.")]
    account_number_length: Annotated[None, meaning("Always null: it isn't used.")]
    chart_of_account: Annotated[None, meaning("Always null: it isn't used.")]
    created_date: Annotated[Moment | None, meaning("Always null: a batch isn't kept.")]
    entries: Annotated[tuple[Customer, ...], meaning("The contacts that were made, in order.")]
    fiscal_year_start_date: Annotated[Moment | None, meaning("Always null: it isn't used.")]
    task_id: Annotated[None, meaning("Always null: all is done when this is answered.")]
    results: Annotated[
        tuple[BatchResult, ...],
        meaning("What came of each entry, in the order of the request; not in the contract."),
    ]


def contact_batch(made: tuple[Customer, ...], results: tuple[BatchResult, ...]) -> ContactBatch:
    """Say what came of a batch of contacts."""
    return ContactBatch(
        id=None,
        account_number_length=None,
        chart_of_account=None,
        created_date=None,
        entries=made,
        fiscal_year_start_date=None,
        task_id=None,
        results=results,
    )

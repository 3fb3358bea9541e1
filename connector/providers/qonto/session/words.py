"""Which of Qonto's words for a status can fit what is asked. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.listing.query import Condition, is_in
from connector.ports import Query
from connector.providers.qonto.mapping.status import StatusPair

_UNPAID = ("PENDING", "PARTLY_PAID")


@dataclass(frozen=True, slots=True)
class StatusWords:
    """Which of Qonto's words for a status can fit; None for all, also those yet unknown.

    `exact` says that every document with such a word fits.
    """

    words: tuple[str, ...] | None = None
    exact: bool = True


def words_for(query: Query, standings: Mapping[str, Sequence[StatusPair]]) -> StatusWords:
    """Choose Qonto's words for the status and payment status asked for.

    `standings` holds, for each known word, every standing that it can mean. UNKNOWN is the payment
    status of words that aren't known, so that no word can be asked for.
    """
    if query.status is None and query.payment_status is None and not query.unpaid:
        return StatusWords()
    if query.status is None and query.payment_status == "UNKNOWN" and not query.unpaid:
        return StatusWords(None, exact=False)

    def fits(standing: StatusPair) -> bool:
        return (
            query.status in (None, standing.status)
            and query.payment_status in (None, standing.payment)
            and (not query.unpaid or standing.payment in _UNPAID)
        )

    words = tuple(word for word, each in standings.items() if any(map(fits, each)))
    return StatusWords(words, exact=all(fits(each) for word in words for each in standings[word]))


def standing(query: Query) -> tuple[Condition[Any] | None, ...]:
    """Choose by the status and payment status asked for, in the contract's words."""
    return (
        is_in("status", query.status),
        is_in("payment_status", query.payment_status),
        (lambda record: record.payment_status in _UNPAID) if query.unpaid else None,
    )

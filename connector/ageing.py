"""How long documents have been unpaid, over all of them. Days are those of the books' zone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from connector import exact
from connector.finding import NumberedKind, read_whole
from connector.ports import Query
from connector.reading import ReadableAccount, Reading


@dataclass(frozen=True, slots=True)
class UnpaidDocument:
    """A document that isn't paid. `days_overdue` is below 0 before it is due."""

    record: Any
    days_unpaid: int
    """Days since the date on it."""
    days_overdue: int | None


@dataclass(frozen=True, slots=True)
class Ageing:
    """All that has been unpaid for long enough, the oldest first.

    `undated` counts the unpaid ones that no age can be told of; `warnings` tell of those that
    couldn't be read.
    """

    kind: NumberedKind
    documents: tuple[UnpaidDocument, ...]
    undated: int
    warnings: tuple[str, ...] = ()

    @property
    def totals(self) -> dict[str, Decimal]:
        """What all of them come to, by currency."""
        sums: dict[str, Decimal] = {}
        for one in self.documents:
            total = self.kind.total(one.record)
            if total is not None:
                currency = one.record.currency or "unknown"
                sums[currency] = exact.plus(sums.get(currency, Decimal(0)), total)
        return sums

    def of(self, contact_id: str | None) -> "Ageing":
        """Return those of one customer; None is all."""
        if contact_id is None:
            return self
        theirs = [one for one in self.documents if one.record.contact_id == contact_id]
        return replace(self, documents=tuple(theirs))


async def unpaid_for(
    reading: Reading, account: ReadableAccount, kind: NumberedKind, days: int, today: date
) -> Ageing:
    """Return what has been unpaid for more than these days, counted from the date on it.

    All pages are read. Raises what `read_whole` does.
    """
    whole = await read_whole(reading, account, kind.resource.chosen, Query(unpaid=True))
    return replace(aged(whole.records, kind, days, today), warnings=whole.warnings)


def aged(records: Iterable[Any], kind: NumberedKind, days: int, today: date) -> Ageing:
    """Choose the old ones among unpaid documents. Pure."""
    documents: list[UnpaidDocument] = []
    undated = 0
    for one in records:
        issued = _day(kind.date(one) or one.created_date)
        if issued is None:
            undated += 1
            continue
        age = (today - issued).days
        if age > days:
            due = _day(one.due_date)
            overdue = None if due is None else (today - due).days
            documents.append(UnpaidDocument(one, age, overdue))
    documents.sort(key=lambda it: (-it.days_unpaid, it.record.id))
    return Ageing(kind, tuple(documents), undated)


def _day(moment: str | None) -> date | None:
    return None if moment is None else date.fromisoformat(moment[:10])

"""Which transfers arrive within seconds; what is above the limits goes the slow way, silently."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from qonto_simulator.collection import Selection
from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.records.transfer import Transfer
from qonto_simulator.times import at_hour, next_working_day, today
from qonto_simulator.world import Books

_LIMITS = {
    False: (Decimal(5_000), Decimal(20_000)),
    True: (Decimal(10_000), Decimal(50_000)),
}
"""For one transfer, and for all to one beneficiary within a day; more for a trusted one."""
_DAY = timedelta(hours=24)
_OPENING = 9


def is_instant(amount: Decimal, so_far: Decimal, *, trusted: bool) -> bool:
    """Whether the limits allow it after ``so_far`` within a day; they are part of what may go."""
    each, daily = _LIMITS[trusted]
    return amount <= each and so_far + amount <= daily


def sent_within_a_day(books: Books, beneficiary: Beneficiary, at: datetime) -> Decimal:
    """What instant transfers took to the beneficiary within the 24 hours before."""

    def counts(one: Transfer) -> bool:
        return (
            one.beneficiary_id == beneficiary.id
            and one.is_instant is True
            and one.status in ("processing", "settled")
            and one.processed_at is not None
            and one.processed_at > at - _DAY
        )

    recent: Selection[Transfer] = Selection(updated=(at - _DAY, None), where=(counts,))
    found, _ = books.sepa_transfers.select(recent, 0, len(books.sepa_transfers))
    return sum((one.amount for one in found), Decimal(0))


def next_opening(at: datetime) -> datetime:
    """When a transfer that is not instant arrives: on the morning of the next working day."""
    return at_hour(next_working_day(today(at)), _OPENING)

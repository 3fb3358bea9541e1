"""Whether a transfer arrives at once. Qonto sends what is above its limits the slow way, silently.

Pure; a forecast, for Qonto decides when it executes the transfer.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

_LIMITS = {
    False: (Decimal(5_000), Decimal(20_000)),
    True: (Decimal(10_000), Decimal(50_000)),
}
"""For one transfer, and for all to one beneficiary within a day; the second of a trusted one."""

DAY = timedelta(hours=24)


def is_instant(
    amount: Decimal, before: Iterable[tuple[datetime, Decimal]], *, trusted: bool, now: datetime
) -> bool:
    """Say whether a transfer stays within the limits; they are part of what may go at once.

    `before` are the beneficiary's other transfers, when they were made and how much. Those that
    went the slow way don't count.
    """
    each, daily = _LIMITS[trusted]
    sent = Decimal(0)
    for moment, other in sorted(before):
        if moment > now - DAY and other <= each and sent + other <= daily:
            sent += other
    return amount <= each and sent + amount <= daily

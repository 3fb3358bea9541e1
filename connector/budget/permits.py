"""What may be sent at the moment: within the windows and, where processes share, what is leased."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from connector.budget.late import BudgetSlot
from connector.budget.leases import Count, Leases
from connector.budget.ledger import Rate

Shares = tuple[int, ...]
"""How many accounts share each window."""


@dataclass(frozen=True, slots=True)
class Permit:
    """A call that was granted; it holds its place until it has ended or is given back."""

    account_id: str
    granted_at: float
    slot: BudgetSlot | None
    """What it was leased in, where processes share."""


class Permits:
    """Counts what this process sends, by account. Moments are seconds of one monotonic clock."""

    def __init__(self, rates: Sequence[Rate], leases: Leases | None) -> None:
        self._windows = [rate.window() for rate in rates]
        self._nowhere = (0,) * len(self._windows)
        self._leases = leases

    @property
    def paused_until(self) -> float:
        """When a pause that another process told of ends."""
        return 0.0 if self._leases is None else self._leases.paused_until

    @property
    def refused_elsewhere(self) -> int:
        return 0 if self._leases is None else self._leases.refused_elsewhere

    def shares(self, waiting: Collection[str], now: float) -> Shares:
        """Count the accounts that share each window: active in it anywhere, or waiting here."""
        others = 0 if self._leases is None else self._leases.others
        return tuple(others + count for count in self._active(waiting, now))

    def active(self, waiting: Collection[str], now: float) -> int:
        """Count the accounts of this process that are active in the shortest window, or wait."""
        return self._active(waiting, now)[0]

    def take(self, account_id: str, now: float, of: Shares | None = None) -> Permit | None:
        """Count a call in every window from now until it ends; None when it must wait.

        `of` is what `shares` answers, when that is known already.
        """
        for window in self._windows:
            window.advance(now)
        if self.has_none(now):
            return None
        elsewhere = self._nowhere if self._leases is None else self._leases.elsewhere
        for number, window in enumerate(self._windows):
            if window.left - elsewhere[number] > window.limit // 2:
                continue
            of = of or self.shares((account_id,), now)
            if not window.allowance(account_id, 1, of[number], elsewhere[number]):
                return None
        for window in self._windows:
            window.begin(account_id)
        return Permit(account_id, now, None if self._leases is None else self._leases.take())

    def end(self, permit: Permit, now: float) -> None:
        """Count a call where it ended."""
        for window in self._windows:
            window.end(permit.account_id, now)
        if self._leases is not None and permit.slot is not None:
            self._leases.end(permit.slot, now)

    def give_back(self, permit: Permit) -> None:
        """Uncount a call that was granted and not made."""
        for window in self._windows:
            window.cancel(permit.account_id)
        if self._leases is not None and permit.slot is not None:
            self._leases.put_back(permit.slot)

    def has_none(self, now: float) -> bool:
        """Say whether nobody may send anything, as of the last `take`."""
        if self._leases is not None and not self._leases.has_any(now):
            return True
        return any(window.left <= 0 for window in self._windows)

    def none_before(self, now: float) -> float:
        """Return before when certainly nothing can be sent; a moment in the past when unknown."""
        leases = self._leases
        if leases is None or leases.is_asking or leases.has_any(now):
            return 0.0
        return leases.none_before

    def next_change(self, now: float) -> float:
        """Return when to look again."""
        changes = [window.next_change() for window in self._windows]
        if self._leases is not None and not self._leases.is_asking:
            changes.append(
                self._leases.until if self._leases.has_any(now) else self._leases.none_before
            )
        return min((change for change in changes if change is not None), default=float("inf"))

    def opens_at(
        self, account_id: str, now: float, of: Shares, ahead: int
    ) -> tuple[float, int | None]:
        """Return when an account may send after `ahead` others at the earliest, and which limit
        is the reason."""
        opens: list[tuple[float, int | None]] = [
            (window.opens_at(account_id, now, sharing, ahead), window.limit)
            for window, sharing in zip(self._windows, of, strict=True)
        ]
        if self._leases is not None and (none_before := self.none_before(now)):
            opens.append((none_before, self._leases.limit))
        return max(opens, key=lambda one: one[0])

    def get_more(self, now: float, count: Count, then: Callable[[], None]) -> None:
        """Ask for a lease if there is none; `then` is told when it came."""
        leases = self._leases
        if leases is not None and not leases.has_any(now) and now >= leases.none_before:
            leases.ask(count, then)

    def pause(self, until: float, count: Count, then: Callable[[], None]) -> None:
        """Tell other processes of a pause."""
        if self._leases is not None:
            self._leases.pause(until, count, then)

    def refused(self) -> None:
        """Tell other processes of an answer 401."""
        if self._leases is not None:
            self._leases.refused()

    async def close(self) -> None:
        """Wait for a lease under way."""
        if self._leases is not None:
            await self._leases.close()

    def _active(self, waiting: Collection[str], now: float) -> list[int]:
        for window in self._windows:
            window.advance(now)
        return [
            window.active + sum(not window.used_by(one) for one in waiting)
            for window in self._windows
        ]

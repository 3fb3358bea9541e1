"""The rate budget: every call to a target system asks here before it is made."""

import asyncio
import time
from collections.abc import Callable, Sequence

from connector.budget.alarm import Alarm, CallLater
from connector.budget.gate import AccessGate
from connector.budget.leases import Leases
from connector.budget.ledger import Rate
from connector.budget.permits import Permit, Permits
from connector.budget.turns import Turns, Waiter
from connector.errors import RateLimited

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds nothing is sent after an answer 429 that doesn't say how long: at first, and at most."""

_WAITED = 0.1
"""Seconds. Less is the database's time for a lease, and isn't told."""

Observe = Callable[[str], None]
"""Told of what happened to a call: waited, limited (429) or suspended (503, or 401 for good)."""


def _ignore(outcome: str) -> None:
    del outcome


class RateBudget:
    """Grants calls within the rates of one target system, in fair shares.

    A call that must wait stands in its account's queue; what becomes free goes round the accounts.
    Whoever was granted one holds its place until it says that the call has ended, however long that
    takes. Without `leases` the whole budget belongs to this process.
    """

    def __init__(
        self,
        name: str,
        rates: Sequence[Rate],
        *,
        leases: Leases | None = None,
        observe: Observe = _ignore,
        now: Callable[[], float] = time.monotonic,
        call_later: CallLater | None = None,
    ) -> None:
        """`name` is the target system's, for messages; `rates` begin with the shortest window's.

        `now` is the clock of deadlines, in seconds, and `call_later` waits by it.
        """
        self._name = name
        self._permits = Permits(rates, leases)
        self._observe = observe
        self._now = now
        self.gate = AccessGate(
            name, observe=observe, elsewhere=lambda: self._permits.refused_elsewhere, now=now
        )
        """Where accounts wait whose access is in doubt."""
        self._turns = Turns()
        self._alarm = Alarm(self._wake, now=now, call_later=call_later)
        self._paused_until = 0.0
        self._pauses = 0
        self._longest = max(LONGEST_PAUSE, *(rate.seconds for rate in rates))

    async def acquire(self, account_id: str, deadline: float) -> Permit:
        """Grant a call: now, or once it is the account's turn. It must be `ended` or given back.

        Raises RateLimited at once when the wait can't end by `deadline`, or at the deadline.
        """
        now = self._now()
        permit = (
            None if self._turns or self._is_paused(now) else self._permits.take(account_id, now)
        )
        return await self._wait(account_id, deadline) if permit is None else permit

    def ended(self, permit: Permit) -> None:
        """Note that a call was answered, or failed: from now on its place becomes free in time."""
        now = self._now()
        self._permits.end(permit, now)
        if self._turns:
            self._alarm.set(self._permits.next_change(now))

    def give_back(self, permit: Permit) -> None:
        """Take back a call that was granted and not made."""
        self._permits.give_back(permit)
        self._serve()

    def refused(self) -> None:
        """Count an answer 401; other processes hear of it."""
        self._permits.refused()

    def pause(self, seconds: float | None) -> None:
        """Send nothing for a while, since the target system answered 429.

        As long as it says, but no longer than its longest window lasts. Without `seconds` it is one
        second, and twice as long each time it happens again, up to a minute.
        """
        now = self._now()
        if seconds is None:
            if now < self._paused_until:
                return  # several calls were under way when it began
            is_again = now < self._paused_until + LONGEST_PAUSE
            self._pauses = self._pauses + 1 if is_again and self._pauses else 1
            seconds = min(FIRST_PAUSE * 2.0 ** min(self._pauses - 1, 10), LONGEST_PAUSE)
        until = now + min(seconds, self._longest)
        if until <= self._paused_until:
            return
        self._paused_until = until
        self._permits.pause(until, self._demand, self._wake)
        self._refuse_late()

    async def close(self) -> None:
        """Stop the timer, and wait for a lease under way."""
        self._alarm.stop()
        await self._permits.close()

    async def _wait(self, account_id: str, deadline: float) -> Permit:
        waiter = Waiter(account_id, deadline, asyncio.get_running_loop().create_future())
        self._turns.add(waiter)
        self._serve()
        if not waiter.granted.done():
            refusal = self._limited(waiter)
            if refusal.retry_after is not None and self._now() + refusal.retry_after > deadline:
                self._leave(waiter)
                self._observe("limited")
                raise refusal
        began = self._now()
        try:
            permit = await waiter.granted
        except asyncio.CancelledError:
            self._leave(waiter)
            raise
        if permit.granted_at - began >= _WAITED:
            self._observe("waited")
        return permit

    def _leave(self, waiter: Waiter) -> None:
        """Leave no trace of a call whose caller has gone."""
        if not waiter.granted.done() or waiter.granted.cancelled():
            self._turns.remove(waiter)
            self._set_alarm()
        elif waiter.granted.exception() is None:
            self.give_back(waiter.granted.result())

    def _is_paused(self, now: float) -> bool:
        self._paused_until = max(self._paused_until, self._permits.paused_until)
        return now < self._paused_until

    def _demand(self) -> tuple[int, int]:
        """Count the calls that wait, and the accounts that are active here."""
        return len(self._turns), self._permits.active(self._turns.accounts, self._now())

    def _serve(self) -> None:
        """Grant what can be granted, one call of each account after another."""
        now = self._now()
        if self._turns and not self._is_paused(now):
            self._grant(now)
        if self._turns and not self._is_paused(now):
            self._permits.get_more(now, self._demand, self._wake)
        self._set_alarm()

    def _grant(self, now: float) -> None:
        of = self._permits.shares(self._turns.accounts, now)
        passed_over = 0
        while self._turns and passed_over < len(self._turns.accounts):
            if self._permits.has_none(now):
                return
            waiter = self._turns.pop()
            if waiter.granted.done():
                continue
            permit = self._permits.take(waiter.account_id, now, of)
            if permit is None:
                self._turns.put_back(waiter)
                passed_over += 1
                continue
            passed_over = 0
            waiter.granted.set_result(permit)

    def _set_alarm(self) -> None:
        """Wake up when a deadline passes, or something may have become free."""
        if not self._turns:
            self._alarm.stop()
            return
        now = self._now()
        change = self._paused_until if self._is_paused(now) else self._permits.next_change(now)
        self._alarm.set(min(change, *(waiter.deadline for waiter in self._turns)))

    def _wake(self) -> None:
        """Look again: the alarm rang, or a lease came."""
        self._refuse_late()
        self._serve()

    def _refuse_late(self) -> None:
        """Refuse those whose deadline has passed, or comes before anything can be granted."""
        now = self._now()
        until = self._paused_until if self._is_paused(now) else now
        until = max(until, self._permits.none_before(now))
        for waiter in [one for one in self._turns if one.deadline <= until]:
            if not waiter.granted.done():
                waiter.granted.set_exception(self._limited(waiter))
                self._observe("limited")
            self._turns.remove(waiter)
        self._set_alarm()

    def _limited(self, waiter: Waiter) -> RateLimited:
        """Say when the call could be made at the earliest, and which limit is the reason."""
        now = self._now()
        ahead = self._turns.ahead_of_last(waiter.account_id)
        of = self._permits.shares(self._turns.accounts, now)
        when, limit = self._permits.opens_at(waiter.account_id, now, of, ahead)
        if self._is_paused(now) and self._paused_until > when:
            when, limit = self._paused_until, None
        return RateLimited(
            f"{self._name} takes no more requests from this address for the moment. Try again in "
            f"{max(1, round(when - now))} seconds.",
            retry_after=when - now,
            limit=limit,
            remaining=0,
            reset=when - now,
        )

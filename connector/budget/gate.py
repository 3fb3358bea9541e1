"""Where calls wait while their account's access is in doubt, and how many go at once.

When the target system ends an access, all calls under way with it are refused, and each refusal
counts against everybody's address. So no account has more than 32 calls under way in a process, and
once one was refused, those that weren't sent yet wait for the renewed access.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto

from connector.budget.refusals import AccessRefusals, GateStep
from connector.errors import AccessRefused, CallsSuspended

AT_ONCE = 32
"""Four processes' calls under way, refused all at once, stay below 150 of the 200 answers 401 that
Qonto bears in an hour; and the rates it allows are reached with fewer."""

Observe = Callable[[str], None]


class Shown(Enum):
    """What a call showed of the access it was made with."""

    ACCEPTED = auto()
    REFUSED = auto()
    NOTHING = auto()


@dataclass(slots=True)
class _Door:
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    users: int = 0


def _nothing() -> int:
    return 0


class AccessGate:
    """Lets an account's calls through. One for a process and target system."""

    def __init__(
        self,
        name: str,
        *,
        observe: Observe,
        elsewhere: Callable[[], int] = _nothing,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`name` is the target system's, for messages; `observe` is told of calls not made:
        suspended. `elsewhere` counts the refusals of other processes."""
        self._name = name
        self._observe = observe
        self._elsewhere = elsewhere
        self._now = now
        self._refusals = AccessRefusals()
        self._doors: dict[str, _Door] = {}

    async def enter(
        self, account_id: str, version: int, deadline: float, *, may_end: bool = True
    ) -> bool:
        """Return whether to call now; False when the access was refused, and must be renewed.

        Whoever is let through must `leave`. Raises CallsSuspended when that can't be by the
        deadline, and AccessRefused when the customer must link again; that is not for the gate to
        say without `may_end`, since somebody else checks whether the access still works.
        """
        if not account_id:
            return True
        door = self._doors.setdefault(account_id, _Door())
        door.users += 1
        entered = False
        try:
            async with asyncio.timeout(max(0.0, deadline - self._now())):
                await door.places.acquire()
                try:
                    entered = await self._look(account_id, version, deadline, door, may_end)
                finally:
                    if not entered:
                        door.places.release()
        except TimeoutError:
            raise self._suspended(1.0) from None
        finally:
            if not entered:
                self._close(account_id, door)
        return entered

    def is_refused(self, account_id: str, version: int) -> bool:
        """Say whether an access was refused while its call waited for its turn."""
        step, _ = self._refusals.look(account_id, version, self._now())
        return step is GateStep.RENEW

    def leave(self, account_id: str, version: int, shown: Shown) -> None:
        """Note what came of a call that was let through."""
        now = self._now()
        match shown:
            case Shown.REFUSED:
                self._refusals.refused(account_id, version, now)
                is_news = True
            case Shown.ACCEPTED:
                is_news = self._refusals.accepted(account_id, version)
            case Shown.NOTHING:
                is_news = self._refusals.undecided(account_id)
        door = self._doors.get(account_id)
        if door is None:
            return
        if is_news:
            door.changed.set()
            door.changed = asyncio.Event()
        door.places.release()
        self._close(account_id, door)

    def refusal(
        self, account_id: str, trace_id: str | None, *, may_end: bool = True
    ) -> AccessRefused | CallsSuspended:
        """Return the error of a call that was refused with a renewed access."""
        now = self._now()
        if may_end and self._refusals.is_final(account_id, now):
            return self._refused(trace_id)
        _, until = self._refusals.look(account_id, -1, now)
        return self._suspended(until - now, trace_id)

    async def _look(
        self, account_id: str, version: int, deadline: float, door: _Door, may_end: bool
    ) -> bool:
        while True:
            now = self._now()
            self._refusals.elsewhere = self._elsewhere()
            step, until = self._refusals.look(account_id, version, now)
            match step:
                case GateStep.GO:
                    return True
                case GateStep.PROBE:
                    self._refusals.probe(account_id, now)
                    return True
                case GateStep.RENEW:
                    return False
                case GateStep.CLOSED if may_end and self._refusals.is_final(account_id, now):
                    self._observe("suspended")
                    raise self._refused(None)
                case GateStep.CLOSED if until > deadline:
                    raise self._suspended(until - now)
                case GateStep.WAIT | GateStep.CLOSED:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(until - now):
                            await door.changed.wait()

    def _close(self, account_id: str, door: _Door) -> None:
        door.users -= 1
        if not door.users and self._doors.get(account_id) is door:
            del self._doors[account_id]

    def _suspended(self, wait: float, trace_id: str | None = None) -> CallsSuspended:
        self._observe("suspended")
        wait = max(1.0, wait)
        return CallsSuspended(
            f"{self._name} has just refused this account's access, and it is being renewed. Try "
            f"again in {round(wait)} seconds.",
            retry_after=wait,
            trace_id=trace_id,
        )

    def _refused(self, trace_id: str | None) -> AccessRefused:
        return AccessRefused(
            f"{self._name} keeps refusing this account's access, even when it is renewed. Let the "
            "customer link again; a new link is used at once.",
            trace_id=trace_id,
        )

"""Accounts whose access keeps being refused (401) stop calling, so that they don't spend what the
target system bears for everybody. Pure: the present moment is an argument.

    first refusal          the call is made again with a renewed access, as ever
    a second one after it  closed for a minute, then one call tries; twice as long each time
    near the limit         every account whose present access was refused within the hour is closed

A success opens again. A newer access, from a new link or a renewal, is used at once.
"""

from dataclasses import dataclass

from connector.budget.window import Window

FIRST_PAUSE = 60.0
LONGEST_PAUSE = 3600.0
TRY_LASTS = 60.0
"""Seconds. While one call tries, the others wait for what comes of it."""


@dataclass(slots=True)
class _Refused:
    version: int
    at: float
    in_a_row: int = 1
    closed_until: float = 0.0


class Refusals:
    """Counts refusals in a sliding hour and says which accounts may call.

    `version` is that of the access a call is made with.
    """

    def __init__(self, most: int = 200) -> None:
        self._window = Window(most, 3600.0, 60)
        self._near = most * 3 // 4
        self._accounts: dict[str, _Refused] = {}
        self.elsewhere = 0
        """Refusals that other processes counted."""

    def closed_until(self, account_id: str, version: int, now: float) -> float | None:
        """Answer until when an account makes no calls; None when it may make this one."""
        refused = self._accounts.get(account_id)
        if refused is None or version > refused.version:
            return None
        if now < refused.closed_until:
            return refused.closed_until
        self._window.advance(now)
        if self._window.used + self.elsewhere >= self._near:
            again = refused.at + self._window.seconds
            if now < again:
                return again
        return None

    def begin(self, account_id: str, version: int, now: float) -> None:
        """Note that an account calls. After a pause the others wait for what comes of the first."""
        refused = self._accounts.get(account_id)
        if refused is not None and refused.in_a_row >= 2 and version <= refused.version:
            refused.closed_until = now + TRY_LASTS

    def refused(self, account_id: str, version: int, asked_at: float, now: float) -> None:
        """Count an answer 401 to a call that was allowed at `asked_at`.

        Calls that were under way together count as one refusal of their account. Before there is
        an account, its id is empty: such calls are told apart by nobody, so none is stopped.
        """
        self._window.advance(now)
        self._window.take(account_id)
        if not account_id:
            return
        known = self._accounts.get(account_id)
        if known is None or now - known.at > self._window.seconds + LONGEST_PAUSE:
            self._forget_old(now)
            self._accounts[account_id] = _Refused(version, now)
            return
        known.version = max(known.version, version)
        if asked_at < known.at:
            return
        known.at = now
        known.in_a_row += 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(known.in_a_row - 2, 10))
        known.closed_until = now + pause

    def accepted(self, account_id: str) -> None:
        """Open for an account again: its access works."""
        self._accounts.pop(account_id, None)

    def _forget_old(self, now: float) -> None:
        for account_id, refused in list(self._accounts.items()):
            if now - refused.at > self._window.seconds + LONGEST_PAUSE:
                del self._accounts[account_id]

"""What answers 401 say about an account's access. Pure: the present moment is an argument.

However many calls were under way, one version of an access is refused once:

    a version is refused     nobody uses it any more; it's renewed, and one call probes the new one
    the renewed one as well  a pause of 2 s, then one call tries again; 4 times as long each time
    3 versions in 2 minutes  the customer must link again: nothing that is renewed gets accepted
    near the address' limit  no version that was refused within the hour is tried again

A success opens again. A newer access, from a new link or another process, is probed at once.
"""

from dataclasses import dataclass
from enum import Enum, auto

from connector.budget.window import SlidingWindow

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 3600.0
GROWTH = 4
PROBE_LASTS = 2.0
"""Seconds that the others wait for one call's probe; then another probes beside it."""

FINAL_VERSIONS = 3
FINAL_AFTER = 120.0
"""How many versions, and over how many seconds, must be refused with none accepted in between
before it's believed that renewing doesn't help."""


class GateStep(Enum):
    """What a call may do."""

    GO = auto()
    PROBE = auto()
    """Go, while the others wait for what comes of it."""
    RENEW = auto()
    """This version was refused: renew it, without calling."""
    WAIT = auto()
    """Look again when something changes, or at the moment told."""
    CLOSED = auto()
    """As WAIT, but it will take until the moment told."""


@dataclass(slots=True)
class _Account:
    accepted: int = -1
    """The newest version that worked."""
    refused: int = -1
    """The newest version that was refused."""
    refused_at: float = 0.0
    since: float = 0.0
    """When the first of the versions refused in a row was."""
    versions: int = 0
    """How many were refused in a row."""
    pause: float = 0.0
    closed_until: float = 0.0
    probed_until: float = 0.0


class AccessRefusals:
    """Counts refusals in a sliding hour, and says what accounts may do.

    `version` is that of the access a call is made with.
    """

    def __init__(self, most: int = 200) -> None:
        self._window = SlidingWindow(most, 3600.0, 60)
        self._near = most * 3 // 4
        self._accounts: dict[str, _Account] = {}
        self.elsewhere = 0
        """Refusals that other processes counted."""

    def look(self, account_id: str, version: int, now: float) -> tuple[GateStep, float]:
        """Return what a call may do, and until when that holds if nothing changes."""
        one = self._accounts.get(account_id)
        if one is None or not one.versions:
            return GateStep.GO, now
        if version <= one.refused:
            if one.versions == 1:
                return GateStep.RENEW, now
            closed_until = max(one.closed_until, self._scarce_until(one, now))
            if now < closed_until:
                return GateStep.CLOSED, closed_until
        if now < one.probed_until:
            return GateStep.WAIT, one.probed_until
        return GateStep.PROBE, now

    def probe(self, account_id: str, now: float) -> None:
        """Note that a call goes ahead of the others."""
        if account_id in self._accounts:
            self._accounts[account_id].probed_until = now + PROBE_LASTS

    def refused(self, account_id: str, version: int, now: float) -> None:
        """Count an answer 401.

        Before there is an account its id is empty: such calls are told apart by nobody, so none is
        stopped.
        """
        self._window.advance(now)
        self._window.take(account_id)
        if not account_id:
            return
        one = self._accounts.get(account_id)
        if one is None:
            self._forget_old(now)
            one = self._accounts[account_id] = _Account()
        if version < one.accepted:
            return  # it was on its way while the access was renewed
        if not one.versions or now - one.refused_at > self._window.seconds + LONGEST_PAUSE:
            one.versions, one.since, one.pause, one.refused = 0, now, 0.0, -1
        if version > one.refused or one.versions > 1:
            one.probed_until = 0.0  # it was the probe, else it was on its way beside the first
        if version > one.refused:
            one.versions += 1
            one.refused = version
            if one.versions > 1:
                one.pause = min(one.pause * GROWTH or FIRST_PAUSE, LONGEST_PAUSE)
        if now >= one.closed_until:
            one.closed_until = now + one.pause
        one.refused_at = now

    def accepted(self, account_id: str, version: int) -> bool:
        """Note that an access works; return whether that changes anything."""
        one = self._accounts.get(account_id)
        if one is None or not one.versions or version < one.refused:
            return False
        self._accounts[account_id] = _Account(accepted=version, refused_at=one.refused_at)
        return True

    def undecided(self, account_id: str) -> bool:
        """Note a call that showed neither; return whether another may probe now."""
        one = self._accounts.get(account_id)
        if one is None or not one.versions or not one.probed_until:
            return False
        one.probed_until = 0.0
        return True

    def is_final(self, account_id: str, now: float) -> bool:
        """Say whether renewing has shown not to help."""
        one = self._accounts.get(account_id)
        return one is not None and one.versions >= FINAL_VERSIONS and now - one.since >= FINAL_AFTER

    def _scarce_until(self, one: _Account, now: float) -> float:
        self._window.advance(now)
        if self._window.used + self.elsewhere < self._near:
            return 0.0
        return one.refused_at + self._window.seconds

    def _forget_old(self, now: float) -> None:
        for account_id, one in list(self._accounts.items()):
            if now - one.refused_at > self._window.seconds + LONGEST_PAUSE:
                del self._accounts[account_id]

"""What is known of a payout and its lines, opened, and how it is sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from connector.payouts.orders import PayoutOrder
from connector.unified.payout import PayoutStatus
from storage.repositories.payouts import LinesInState, StoredPayout, StoredPayoutLine
from storage.sealing import KeyRing

IN_WORK = ("OPEN", "SENDING", "AWAITING_SCA")
"""States of lines that a run has something to do about."""

_GROUPS = {"SETTLED": "settled", "REFUSED": "refused", "UNDECIDED": "undecided"}


class PayoutTrouble(msgspec.Struct, frozen=True):
    """What was wrong, with a payout or with one line."""

    code: str
    message: str


class PayoutContent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of a payout; `failures` counts those in a row that may pass."""

    file_name: str
    debit_iban: str | None = None
    warnings: tuple[str, ...] = ()
    asked_by: str | None = None
    confirmed_by: str | None = None
    trouble: PayoutTrouble | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class PayoutReport:
    """A payout as it stands. `is_replayed` says that an earlier request made it."""

    payout: StoredPayout
    content: PayoutContent
    states: Sequence[LinesInState]
    is_replayed: bool = False

    def group(self, name: str) -> tuple[int, int]:
        """Return how many lines are settled, pending, refused or undecided, and their cents."""
        own = [one for one in self.states if _GROUPS.get(one.state, "pending") == name]
        return sum(one.count for one in own), sum(one.cents for one in own)

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how many lines are in each state."""
        return {one.state: one.count for one in self.states}


@dataclass(frozen=True, slots=True)
class LineReport:
    """A line as it stands."""

    line: StoredPayoutLine
    order: PayoutOrder
    trouble: PayoutTrouble | None


@dataclass(frozen=True, slots=True)
class PayoutSeals:
    """Opens and seals what payouts hold."""

    ring: KeyRing

    def content(self, payout: StoredPayout) -> PayoutContent:
        """Return what is sealed of a payout."""
        opened = self.ring.open(payout.content, associated_data=payout.content_place)
        return msgspec.json.decode(opened, type=PayoutContent)

    def sealed_content(self, payout: StoredPayout, content: PayoutContent) -> bytes:
        """Seal it."""
        return self.ring.seal(msgspec.json.encode(content), associated_data=payout.content_place)

    def line(self, line: StoredPayoutLine) -> LineReport:
        """Return what is sealed of a line."""
        opened = self.ring.open(line.content, associated_data=line.content_place)
        order = msgspec.json.decode(opened, type=PayoutOrder)
        trouble = None
        if line.outcome is not None:
            outcome = self.ring.open(line.outcome, associated_data=line.outcome_place)
            trouble = msgspec.json.decode(outcome, type=PayoutTrouble)
        return LineReport(line, order, trouble)

    def sealed_order(self, place: str, order: PayoutOrder) -> bytes:
        """Seal a payment."""
        return self.ring.seal(msgspec.json.encode(order), associated_data=place)

    def sealed_trouble(self, line: StoredPayoutLine, code: str, message: str) -> bytes:
        """Seal what was wrong with a line."""
        trouble = msgspec.json.encode(PayoutTrouble(code, message))
        return self.ring.seal(trouble, associated_data=line.outcome_place)


def ended_status(states: Sequence[LinesInState]) -> PayoutStatus | None:
    """Say how a payout ended; None while there is something to do about its lines. Pure."""
    there = {one.state for one in states if one.count}
    if there & set(IN_WORK):
        return None
    return "PARTIAL" if there & {"REFUSED", "UNDECIDED"} else "DONE"


def is_leased(payout: StoredPayout, now: datetime) -> bool:
    """Say whether somebody works on a payout. Pure."""
    return payout.lease_until is not None and payout.lease_until > now

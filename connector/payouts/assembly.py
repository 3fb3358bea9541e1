"""Puts together what payouts need."""

from connector.payouts.payouts import Payouts
from connector.payouts.proposing import Proposing
from connector.payouts.running import PayoutRuns
from connector.payouts.standing import PayoutSeals
from connector.writing.writing import Writing
from storage.assembly import Storage


def payouts_and_runs(ground: Storage, writing: Writing) -> tuple[Payouts, PayoutRuns]:
    """Make the use cases of payouts, and what runs them."""
    seals = PayoutSeals(ground.ring)
    means = {"PROPOSE": Proposing(writing)}
    payouts = Payouts(ground.work, seals, ground.shared_clock, writing, tuple(means))
    return payouts, PayoutRuns(ground.work, seals, ground.shared_clock, means)

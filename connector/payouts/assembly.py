"""Puts together what payouts need."""

from connector.paying.paying import Paying
from connector.paying.switch import PaymentSwitch
from connector.payouts.following import PayoutFollowing
from connector.payouts.paying_lines import PayingLines
from connector.payouts.payouts import Payouts
from connector.payouts.proposing import Proposing
from connector.payouts.running import PayoutRuns
from connector.payouts.runs import PayoutMeans
from connector.payouts.standing import PayoutSeals
from connector.reading import Reading
from connector.writing.writing import Writing
from storage.assembly import Storage


def payouts_and_runs(
    ground: Storage, reading: Reading, writing: Writing, paying: Paying
) -> tuple[Payouts, PayoutRuns]:
    """Make the use cases of payouts, and what runs them."""
    seals, switch = PayoutSeals(ground.ring), PaymentSwitch(ground.work)
    means: dict[str, PayoutMeans] = {
        "PROPOSE": Proposing(writing, switch),
        "PAY": PayingLines(paying, reading),
    }
    clock = ground.shared_clock
    following = PayoutFollowing(writing.registry, ground.work, seals, clock, paying)
    payouts = Payouts(ground.work, seals, clock, writing, switch, following, tuple(means))
    return payouts, PayoutRuns(ground.work, seals, clock, means)

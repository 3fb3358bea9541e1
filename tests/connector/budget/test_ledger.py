"""What processes lease: never more than the limits together, in shares by their active accounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.budget.ledger import SLOT, Demand, Ledger, Rate

RATES = (Rate(20, 10, 20), Rate(50, 600, 60))
asks = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from("pqr"), st.integers(0, 30), st.integers(1, 9))
)


@given(asks)
def test_leases_together_keep_every_window(asked: list[tuple[int, str, int, int]]) -> None:
    """Sent at any moment of its slot, what was leased never exceeds a limit. In quarter seconds."""
    text, now, leased = "", 4_000, list[tuple[int, int]]()
    for wait, process, wanted, accounts in asked:
        now += wait
        ledger = Ledger(RATES, text)
        lease = ledger.lease(Demand(process, wanted, accounts), now / 4)
        text = ledger.dump()
        assert 0 < lease.lasts <= SLOT
        assert lease.granted or not wanted or lease.wait > 0
        leased.append((now - now % 2, lease.granted))
    for rate in RATES:
        for begin, _ in leased:
            within = (n for at, n in leased if begin <= at <= begin + rate.seconds * 4)
            assert sum(within) <= rate.limit


def test_the_second_half_is_shared_by_active_accounts() -> None:
    """A process with three accounts gets three times what one with a single account gets."""
    ledger = Ledger((Rate(100, 10, 20),))
    for process, accounts in (("big", 3), ("small", 1)):
        ledger.lease(Demand(process, 0, accounts), 1000.0)
    assert ledger.lease(Demand("small", 100, 1), 1000.0).granted == 50
    assert ledger.lease(Demand("small", 100, 1), 1000.0).granted == 0
    big = ledger.lease(Demand("big", 100, 3), 1000.0)
    assert (big.granted, big.others, big.elsewhere) == (50, 1, (50,))
    assert ledger.lease(Demand("big", 1, 3), 1000.0).wait == 10.5
    # ten seconds later, with the small one gone, everything is the big one's
    assert ledger.lease(Demand("big", 100, 3), 1010.5).granted == 100


def test_all_hear_of_a_pause_and_of_refusals() -> None:
    ledger = Ledger(RATES)
    ledger.lease(Demand("p", 0, 1, refused=3, pause=5.0), 1000.0)
    other = Ledger(RATES, ledger.dump()).lease(Demand("q", 4, 1), 1001.0)
    assert (other.granted, other.paused, other.wait, other.refused_elsewhere) == (0, 4, 4, 3)
    assert Ledger(RATES, ledger.dump()).lease(Demand("q", 4, 1), 1006.0).granted == 4


@pytest.mark.parametrize("limit", [10, 1000])
def test_a_ledger_survives_other_limits(limit: int) -> None:
    """What was counted under another limit, or another rate, is no error."""
    ledger = Ledger(RATES)
    ledger.lease(Demand("p", 20, 1), 1000.0)
    lease = Ledger((Rate(limit, 10, 20),), ledger.dump()).lease(Demand("q", 4, 1), 1000.0)
    assert lease.granted == (0 if limit == 10 else 4)

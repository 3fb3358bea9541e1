"""Calls that outlast their slot: each is moved from where the row counts it, and counted once."""

from connector.budget.late import LateCalls, Move
from connector.budget.ledger import SLOT, Demand, Ledger, Rate

AHEAD = 500.25
"""By so much the database's clock is ahead of the process's."""


def late_calls(count: int) -> LateCalls:
    """That many calls, granted at 1000.0 of the process's clock in a slot that ends at 1000.25."""
    late = LateCalls(SLOT, 600.0)
    late.open(1000.0 + AHEAD, 1000.0, 1000.25).under_way = count
    return late


def test_a_call_that_ends_within_its_slot_is_not_moved() -> None:
    late = LateCalls(SLOT, 600.0)
    slot = late.open(1500.25, 1000.0, 1000.25)
    slot.under_way = 1
    late.end(slot, 1000.2)
    assert not late.any(1001.0)
    assert late.moves(1001.0) == []


def test_a_call_under_way_is_moved_from_where_it_was_moved_to() -> None:
    """So the row finds it there, and doesn't count it a second time."""
    late = late_calls(2)
    assert late.moves(1003.0) == [Move(2, 1500.25, None)]
    late.moved(1503.25, 1003.0, 1003.25)
    assert not late.any(1003.2)
    assert late.moves(1003.2) == []
    assert late.any(1003.25)
    assert late.moves(1005.0) == [Move(2, 1503.25, None)]


def test_a_call_that_ended_late_is_moved_once_to_the_slot_it_ended_in() -> None:
    late = LateCalls(SLOT, 600.0)
    slot = late.open(1500.25, 1000.0, 1000.25)
    slot.under_way = 1
    late.end(slot, 1002.3)
    assert late.moves(1005.0) == [Move(1, 1500.25, 1502.5)]
    assert late.moves(1005.5) == [Move(1, 1500.25, 1502.5)], "nobody said that it was moved"
    late.moved(1505.75, 1005.5, 1005.75)
    assert not late.any(1100.0)


def test_a_call_that_ends_while_the_row_is_written_was_moved_with_the_others() -> None:
    late = LateCalls(SLOT, 600.0)
    slot = late.open(1500.25, 1000.0, 1000.25)
    slot.under_way = 2
    assert late.moves(1003.0) == [Move(2, 1500.25, None)]
    late.end(slot, 1003.1)
    late.moved(1503.25, 1003.0, 1003.25)
    assert set(late.moves(1005.0)) == {Move(1, 1503.25, 1503.0), Move(1, 1503.25, None)}


def test_calls_that_the_row_does_not_know_are_not_moved() -> None:
    """They were made without the database."""
    late = LateCalls(SLOT, 600.0)
    slot = late.open(None, 1000.0, 1001.0)
    slot.under_way = 2
    late.end(slot, 1002.0)
    assert not late.any(1003.0)
    assert late.moves(1003.0) == []


def test_what_the_row_has_long_forgotten_is_forgotten() -> None:
    late = LateCalls(SLOT, 600.0)
    slot = late.open(1500.25, 1000.0, 1000.25)
    slot.under_way = 1
    late.end(slot, 1002.3)
    assert late.any(1600.0)
    assert not late.any(1601.0)


def test_a_call_that_hangs_takes_one_place_however_often_it_is_moved() -> None:
    late, text, now = LateCalls(SLOT, 600.0), "", 1000.0
    rates = (Rate(10, 10, 20), Rate(100, 600, 60))
    ledger = Ledger(rates)
    lease = ledger.lease(Demand("p", 1, 1), now + AHEAD)
    slot = late.open(now + AHEAD, now, now + lease.lasts)
    slot.under_way = 1
    for _ in range(40):
        text, now = ledger.dump(), now + 4.9
        ledger = Ledger(rates, text)
        demand = Demand("p", 0, 1, moves=late.moves(now))
        lease = ledger.lease(demand, now + AHEAD)
        late.moved(now + AHEAD, now, now + lease.lasts)
        other = Ledger(rates, ledger.dump()).lease(Demand("q", 0, 1), now + AHEAD)
        assert other.elsewhere == (1, 1)

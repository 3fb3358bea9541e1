"""The judge of the chaos tests finds what it is there to find."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.chaos.qonto import Posted
from tests.chaos.vendor import Arrival, Subscribed
from tests.chaos.verdict import summary, violations

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
EVENT = Posted("acct_1", "inv-1", START, accepted_at=START + timedelta(seconds=1), attempts=1)
HOOK = Subscribed("whk_1", "acct_1", "/one", START - timedelta(seconds=1))
ARRIVAL = Arrival("/one", "evt_1", "acct_1", b"{}", "inv-1", START + timedelta(seconds=2))


def test_what_arrived_once_is_fine() -> None:
    assert violations([EVENT], [HOOK], [ARRIVAL]) == []


def test_the_same_again_is_fine_and_counted() -> None:
    assert violations([EVENT], [HOOK], [ARRIVAL, ARRIVAL]) == []
    told = summary([EVENT], [ARRIVAL, ARRIVAL], began=START, ended=START + timedelta(seconds=9))
    assert (told.accepted, told.delivered, told.duplicates) == (1, 1, 1)
    assert told.silence == timedelta(seconds=7)
    assert told.slowest == timedelta(seconds=1)


def test_a_lost_event_is_found_at_each_subscription() -> None:
    other = replace(HOOK, id="whk_2", path="/two")
    assert violations([EVENT], [HOOK, other], [ARRIVAL]) == [
        "inv-1 was accepted and never reached /two"
    ]


def test_what_was_not_accepted_or_not_subscribed_to_then_is_not_missed() -> None:
    assert violations([replace(EVENT, accepted_at=None)], [HOOK], []) == []
    assert violations([EVENT], [replace(HOOK, made_at=START + timedelta(seconds=1))], []) == []
    assert violations([EVENT], [replace(HOOK, ending=True)], []) == []
    assert violations([EVENT], [replace(HOOK, account_id="acct_2")], []) == []


def test_a_duplicate_under_another_id_or_with_another_body_is_found() -> None:
    renamed = replace(ARRIVAL, message_id="evt_2")
    assert violations([EVENT], [HOOK], [ARRIVAL, renamed]) == ["inv-1 came under 2 ids"]
    changed = replace(ARRIVAL, body=b"{ }")
    assert violations([EVENT], [HOOK], [ARRIVAL, changed]) == ["evt_1 came with 2 bodies"]


def test_one_id_for_two_events_is_found() -> None:
    second = replace(EVENT, resource_id="inv-2")
    arrival = replace(ARRIVAL, resource_id="inv-2")
    assert violations([EVENT, second], [HOOK], [ARRIVAL, arrival]) == ["evt_1 stood for 2 events"]


def test_an_event_at_another_account_is_found() -> None:
    foreign = replace(HOOK, id="whk_2", account_id="acct_2", path="/two")
    strayed = replace(ARRIVAL, path="/two")
    found = ["an event of acct_1 came to /two"]
    assert violations([EVENT], [HOOK, foreign], [ARRIVAL, strayed]) == found
    named = replace(ARRIVAL, account_id="acct_2")
    assert violations([EVENT], [HOOK], [named]) == ["an event of acct_1 came to /one"]


def test_an_arrival_long_after_the_end_is_found() -> None:
    ended = replace(HOOK, ending=True, ended_at=START)
    assert violations([EVENT], [ended], [ARRIVAL]) == [], "it was on the wire"
    late = replace(ARRIVAL, at=START + timedelta(minutes=1))
    assert len(violations([EVENT], [ended], [late])) == 1

"""The auditor of the chaos tests finds what it is there to find."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.chaos.audit import BooksSeen, complaints, tally
from tests.chaos.errands import KINDS, Errand, Kind, Outcome, Said

NOTHING: dict[Kind, Counter[str]] = {kind: Counter() for kind in KINDS}


def errand(outcome: Outcome, made: str = "rec-1", key: str = "key", kind: Kind = "draft") -> Errand:
    ids = (made,) if outcome == "done" else ()
    return Errand(kind, "somewhere", None, ("one",), key, [Said({"one": outcome}, ids)])


def books(times: int, kind: Kind = "draft") -> BooksSeen:
    return BooksSeen({**NOTHING, kind: Counter({"one": times} if times else {})})


@pytest.mark.parametrize(
    ("outcome", "fitting"), [("done", {1}), ("refused", {0}), ("unknown", {0, 1})]
)
def test_what_was_said_fits_what_is_there(outcome: Outcome, fitting: set[int]) -> None:
    for times in range(3):
        assert (not complaints([errand(outcome)], books(times))) is (times in fitting)


def test_two_that_are_alike_are_counted_together() -> None:
    both = [errand("done"), errand("done", "rec-2", "other")]
    assert complaints(both, books(2)) == []
    assert complaints(both, books(1)) and complaints(both, books(3))
    assert complaints([errand("done"), errand("done", "rec-1", "other")], books(2)) == [
        "rec-1 was told to 2 keys"
    ]
    assert tally(both) == {"done": 2, "refused": 0, "unknown": 0}


def test_one_key_is_told_one_thing_or_that_nobody_can_tell() -> None:
    one = errand("done")
    one.said.append(Said({"one": "unknown"}))
    assert complaints([one], books(1)) == []
    one.said.append(Said({"one": "refused"}))
    assert "askers with one key" in complaints([one], books(1))[0]
    assert "never told" in complaints([Errand("draft", "", None, ("one",))], books(0))[0]


def test_what_nobody_asked_for_and_answers_that_must_not_be_are_found() -> None:
    assert complaints([], books(1)) == ["draft one was never asked for"]
    one = errand("done")
    one.wrong.append("500: oops")
    assert complaints([one], books(1)) == ["draft one: 500: oops"]


def test_second_drafts_and_customers_of_issued_invoices_are_found() -> None:
    one, seen = errand("done", kind="issue"), books(1, "issue")
    assert complaints([one], replace(seen, drafted=Counter(one=1), customers=Counter(one=1))) == []
    assert complaints([one], replace(seen, drafted=Counter(one=2)))
    assert complaints([one], replace(seen, customers=Counter(one=2)))


def test_credits_numbers_and_second_finalizations_are_looked_at() -> None:
    one, seen = errand("done"), books(1)
    for less, more in ((Decimal(5), Decimal(6)), (Decimal("5.00"), Decimal("5.01"))):
        assert complaints([one], replace(seen, credits=[("inv", less, less)])) == []
        assert complaints([one], replace(seen, credits=[("inv", less, more)]))
    for numbers, right in (([7, 8, 9], True), ([7, 9], False), ([7, 7, 8], False)):
        assert (not complaints([one], replace(seen, numbers={"invoice": numbers}))) is right
    assert complaints([one], replace(seen, applied={"/v2/x/finalize": 2}))

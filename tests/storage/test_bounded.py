"""What is remembered has a bound."""

from storage.bounded import Bounded


def test_the_one_set_longest_ago_makes_room() -> None:
    known: Bounded[str, int] = Bounded(2)
    known["a"] = 1
    known["b"] = 2
    known["a"] = 3  # set again, it's the newest
    known["c"] = 4
    assert list(known.items()) == [("a", 3), ("c", 4)]


def test_what_is_taken_out_needs_no_room() -> None:
    known: Bounded[str, int] = Bounded(2)
    for key in "abc":
        known[key] = 0
    known.pop("b")
    known["d"] = 1
    assert list(known) == ["c", "d"]

"""Who gets a slot, and when it is given back."""

from tests.webhooks.due import delivery
from webhooks.breaker import Started
from webhooks.dispatch_settings import DispatchSettings
from webhooks.schedule import Answered, Failed, Outcome
from webhooks.slots import Slot, Slots

URL = "https://app.example/1"
SAME_HOST = "https://app.example/2"


def slots(**settings: int) -> Slots:
    return Slots(DispatchSettings(**({"breaker_after": 2} | settings)))  # type: ignore[arg-type]


def wait(slots: Slots, endpoint: str, *numbers: int) -> None:
    for number in numbers:
        slots.lanes.put(endpoint, delivery(number).id)


def begin(slots: Slots, url: str = URL) -> tuple[Slot, Started]:
    slot = slots.take()
    assert slot is not None
    started = slots.begin(slot, url)
    assert started is not None
    return slot, started


def attempt(slots: Slots, endpoint: str, outcome: Outcome, url: str = URL) -> bool:
    wait(slots, endpoint, 1)
    slot, started = begin(slots, url)
    return slots.end(slot, started, outcome)


def test_a_slot_is_free_as_soon_as_the_receiver_answered() -> None:
    own = slots(at_once=1)
    wait(own, "whk_1", 1, 2)
    slot, started = begin(own)
    assert own.take() is None
    own.end(slot, started, Answered(200))
    assert not slot.is_taken
    assert own.take() is not None


def test_giving_a_slot_back_twice_counts_once() -> None:
    own = slots(at_once=1)
    wait(own, "whk_1", 1, 2, 3)
    slot, started = begin(own)
    own.end(slot, started, Answered(200))
    own.free(slot)
    assert own.take() is not None
    assert own.take() is None


def test_the_slot_of_a_receiver_that_is_gone_is_kept_until_that_is_written_down() -> None:
    own = slots(per_endpoint=1)
    wait(own, "whk_1", 1, 2)
    slot, started = begin(own)
    own.end(slot, started, Answered(410))
    assert own.take() is None
    own.free(slot)
    assert own.take() is not None


def test_an_attempt_that_was_broken_off_says_nothing() -> None:
    own = slots()
    for _ in range(5):
        wait(own, "whk_1", 1)
        slot, started = begin(own)
        assert own.end(slot, started, None) is False
        own.free(slot)
    assert not own.lanes.is_in_trouble("whk_1")


def test_what_opens_a_hosts_breaker_says_so_once() -> None:
    own = slots()
    opened = [attempt(own, "whk_1", Failed("TIMEOUT")) for _ in range(4)]
    assert opened == [False, True, False, False]


def test_behind_an_open_breaker_a_known_endpoint_gets_no_slot_beside_the_one_under_way() -> None:
    own = slots()
    for endpoint in ("whk_1", "whk_2"):
        attempt(own, endpoint, Failed("TIMEOUT"))
    wait(own, "whk_1", 1)
    wait(own, "whk_2", 2)
    slot, started = begin(own)
    assert own.take() is None
    own.end(slot, started, Answered(200))
    assert own.take() is not None


def test_behind_an_open_breaker_an_unknown_endpoint_goes_back_to_the_head_of_its_queue() -> None:
    """Its host is only known when its URL has been read, which a slot is needed for."""
    own = slots()
    attempt(own, "whk_1", Failed("TIMEOUT"))
    attempt(own, "whk_1", Failed("TIMEOUT"))
    wait(own, "healthy", 1)
    begin(own, SAME_HOST)
    wait(own, "new", 2, 3)
    slot = own.take()
    assert slot is not None
    assert own.begin(slot, SAME_HOST) is None
    own.free(slot)
    assert own.lanes.length("new") == 2
    assert own.take() is None, "and no slot is given to it while its host isn't called"


def test_errors_of_ours_hold_nobody_back() -> None:
    own = slots()
    opened = [attempt(own, "whk_1", Failed("SECRET_UNREADABLE")) for _ in range(9)]
    assert not any(opened)
    assert not own.lanes.is_in_trouble("whk_1")

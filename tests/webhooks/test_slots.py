"""Who gets a slot, and when it is given back."""

from prometheus_client import CollectorRegistry

from storage.repositories.due_deliveries import DueDelivery
from tests.webhooks.due import delivery, due_event, subscription
from webhooks.dispatch_settings import DispatchSettings
from webhooks.metrics import RelayMetrics
from webhooks.schedule import Answered, Failed, Outcome
from webhooks.slots import Slot, Slots

URL = "https://app.example/1"
SAME_HOST = "https://app.example/2"


class Counted(Slots):
    """Slots behind whose breakers two failures in a row are enough."""

    def __init__(self, **settings: int) -> None:
        metrics = RelayMetrics(CollectorRegistry())
        chosen = DispatchSettings(**({"breaker_after": 2} | settings))  # type: ignore[arg-type]
        super().__init__(chosen, metrics)
        self.openings = metrics.breaker_openings._value


def slots(**settings: int) -> Counted:
    return Counted(**settings)


def due(url: str) -> DueDelivery:
    return due_event(of=subscription(callback_url=url))


def wait(slots: Slots, endpoint: str, *numbers: int) -> None:
    for number in numbers:
        slots.queues.put(endpoint, delivery(number).id)


def begin(slots: Slots, url: str = URL) -> Slot:
    slot = slots.take()
    assert slot is not None
    assert slots.begin(slot, due(url))
    return slot


def attempt(slots: Counted, endpoint: str, outcome: Outcome, url: str = URL) -> float:
    """Make one, and answer how often breakers have opened."""
    wait(slots, endpoint, 1)
    slots.end(begin(slots, url), outcome)
    return slots.openings.get()


def test_a_slot_is_free_as_soon_as_the_receiver_answered() -> None:
    own = slots(at_once=1)
    wait(own, "whk_1", 1, 2)
    slot = begin(own)
    assert own.take() is None
    own.end(slot, Answered(200))
    assert not slot.is_taken
    assert own.take() is not None


def test_giving_a_slot_back_twice_counts_once() -> None:
    own = slots(at_once=1)
    wait(own, "whk_1", 1, 2, 3)
    slot = begin(own)
    own.end(slot, Answered(200))
    own.free(slot)
    assert own.take() is not None
    assert own.take() is None


def test_the_slot_of_a_receiver_that_is_gone_is_kept_until_that_is_written_down() -> None:
    own = slots(per_endpoint=1)
    wait(own, "whk_1", 1, 2)
    slot = begin(own)
    own.end(slot, Answered(410))
    assert own.take() is None
    own.free(slot)
    assert own.take() is not None


def test_an_attempt_that_was_broken_off_says_nothing() -> None:
    own = slots()
    for _ in range(5):
        wait(own, "whk_1", 1)
        slot = begin(own)
        own.end(slot, None)
        own.free(slot)
    assert not own.queues.is_in_trouble("whk_1")


def test_what_opens_a_hosts_breaker_says_so_once() -> None:
    own = slots()
    opened = [attempt(own, "whk_1", Failed("TIMEOUT")) for _ in range(4)]
    assert opened == [0, 1, 1, 1]


def test_behind_an_open_breaker_a_known_endpoint_gets_no_slot_beside_the_one_under_way() -> None:
    own = slots()
    for endpoint in ("whk_1", "whk_2"):
        attempt(own, endpoint, Failed("TIMEOUT"))
    wait(own, "whk_1", 1)
    wait(own, "whk_2", 2)
    slot = begin(own)
    assert own.take() is None
    own.end(slot, Answered(200))
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
    assert not own.begin(slot, due(SAME_HOST))
    own.free(slot)
    assert own.queues.length("new") == 2
    assert own.take() is None, "and no slot is given to it while its host isn't called"


def test_errors_of_ours_hold_nobody_back() -> None:
    own = slots()
    opened = [attempt(own, "whk_1", Failed("SECRET_UNREADABLE")) for _ in range(9)]
    assert not any(opened)
    assert not own.queues.is_in_trouble("whk_1")

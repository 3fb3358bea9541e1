"""What a worker holds in memory, and when a claim is worth another look."""

from tests.webhooks.due import delivery
from webhooks.dispatch_settings import DispatchSettings
from webhooks.endpoint_queues import EndpointQueues
from webhooks.held import Held


class Memory:
    """Room for 4 deliveries, 2 of them of one endpoint; counts how often it woke the claims."""

    def __init__(self) -> None:
        self.settings = DispatchSettings(waiting=4, waiting_per_endpoint=2, per_endpoint=2)
        self.queues = EndpointQueues(at_once=10, per_endpoint=2, failures=1)
        self.woken = 0
        self.held = Held(self.queues, self.settings, wake=self.wake)

    def wake(self) -> None:
        self.woken += 1

    def add(self, *numbers: int, endpoint: str = "whk_1") -> None:
        for number in numbers:
            self.held.add(delivery(number, endpoint))

    def take(self) -> str:
        """Take the next one, as an attempt does."""
        taken = self.queues.take()
        assert taken is not None
        endpoint, delivery_id = taken
        self.held.taken(endpoint)
        return delivery_id


def test_a_delivery_is_held_once_and_waits_once() -> None:
    memory = Memory()
    memory.add(1, 1)
    assert len(memory.held) == 1
    assert memory.queues.length("whk_1") == 1


def test_a_delivery_claimed_once_more_while_under_way_waits_again_when_that_is_over() -> None:
    """Its attempt was stored already, and it was released; but nobody else can use the lease."""
    memory = Memory()
    memory.add(1)
    memory.take()
    memory.held.add(delivery(1), is_probe=True)
    assert memory.queues.length("whk_1") == 0
    memory.held.drop("dlv_1")
    assert memory.queues.length("whk_1") == 1
    assert memory.held.is_probe("dlv_1")
    memory.take()
    memory.held.drop("dlv_1")
    assert not memory.held
    assert not memory.held.is_probe("dlv_1")


def test_one_that_waits_and_is_claimed_as_a_probe_is_sent_as_one() -> None:
    memory = Memory()
    memory.add(1)
    memory.held.add(delivery(1), is_probe=True)
    assert memory.held.is_probe(memory.take())


def test_what_is_dropped_is_forgotten_also_that_it_was_a_probe() -> None:
    memory = Memory()
    memory.held.add(delivery(1), is_probe=True)
    assert memory.held.is_probe("dlv_1")
    memory.held.drop("dlv_1")
    assert "dlv_1" not in memory.held
    assert not memory.held.is_probe("dlv_1")


def test_a_notice_waits_for_nobody_else() -> None:
    memory = Memory()
    memory.held.add(delivery(1, None))
    memory.held.add(delivery(2, None))
    assert memory.queues.length("dlv_1") == memory.queues.length("dlv_2") == 1


def test_fresh_deliveries_fill_half_of_the_memory_and_claims_all_of_it() -> None:
    memory = Memory()
    rooms = []
    for number in range(4):
        rooms.append((memory.held.takes_fresh(), memory.held.room()))
        memory.add(number, endpoint=f"whk_{number}")
    assert rooms == [(True, 4), (True, 3), (False, 2), (False, 1)]
    assert memory.held.room() == 0


def test_a_claim_that_found_no_room_is_made_again_when_half_is_free() -> None:
    memory = Memory()
    memory.add(1, 2, 3, 4)
    assert memory.held.room() == 0
    memory.held.drop("dlv_1")
    assert memory.woken == 0
    memory.held.drop("dlv_2")
    memory.held.drop("dlv_3")
    assert memory.woken == 1, "once, and not with each that follows"


def test_while_claims_find_room_nothing_wakes_them() -> None:
    memory = Memory()
    memory.add(1, 2, 3)
    assert memory.held.room() == 1
    for number in (1, 2, 3):
        memory.held.drop(f"dlv_{number}")
    assert memory.woken == 0


def test_an_endpoint_passed_over_is_looked_at_again_when_half_of_its_share_is_left() -> None:
    memory = Memory()
    memory.add(1, 2, 3)
    assert memory.held.full_endpoints() == ["whk_1"]
    memory.take()
    assert memory.woken == 0
    memory.take()
    assert memory.woken == 1
    assert memory.held.full_endpoints() == []


def test_a_full_queue_takes_more_of_a_healthy_endpoint_and_none_of_an_unhealthy_one() -> None:
    memory = Memory()
    memory.add(1)
    memory.take()
    memory.queues.done("whk_1", answered=False, succeeded=False)
    memory.add(2)
    assert memory.held.wants(delivery(3)), "its queue isn't full"
    memory.add(3)
    assert not memory.held.wants(delivery(4))
    memory.take()
    memory.queues.done("whk_1", answered=True, succeeded=True)
    memory.add(5)
    assert memory.held.wants(delivery(4))

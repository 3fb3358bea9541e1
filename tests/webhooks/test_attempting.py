"""One attempt: what is written down, and what it says of the receiver."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from storage.repositories.deliveries import Completion
from storage.repositories.due_deliveries import DueDelivery
from storage.sealing import KeyRing
from tests.webhooks.due import delivery, due_event, due_notice, subscription
from tests.webhooks.relay import START, Clock
from webhooks.attempting import Attempter, AttemptResult
from webhooks.endpoints import EndpointOutcome
from webhooks.metrics import RelayMetrics
from webhooks.schedule import RETRY_DELAYS, Answered, Failed, Outcome
from webhooks.secret_cache import SecretCache
from webhooks.sender import OutgoingRequest

LATER = START + timedelta(seconds=3)
"""When attempts end, which begin at START."""


@dataclass
class Receiver:
    """A Sender that takes three seconds; `answer` makes its outcome."""

    clock: Clock
    answer: Callable[[], Outcome]
    arrived: list[OutgoingRequest] = field(default_factory=list)

    async def send(self, request: OutgoingRequest) -> Outcome:
        self.arrived.append(request)
        self.clock.advance(seconds=3)
        return self.answer()


@dataclass
class Stage:
    """A receiver, and the metrics of the attempts at it."""

    ring: KeyRing
    answer: Outcome | Exception
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.receiver = Receiver(self.clock, self._answer)

    def _answer(self) -> Outcome:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def attempt(self, due: DueDelivery, *, is_probe: bool = False) -> AttemptResult:
        attempter = Attempter(
            secrets=SecretCache(self.ring),
            sender=self.receiver,
            clock=self.clock,
            metrics=RelayMetrics(self.registry),
            owner="worker",
            delays=RETRY_DELAYS,
            jitter=lambda: 0.0,
        )
        return await attempter.make(due, is_probe=is_probe)

    async def completion(self, due: DueDelivery, *, is_probe: bool = False) -> Completion:
        return (await self.attempt(due, is_probe=is_probe)).completion

    def counted(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"qonto_connector_{name}", labels)


def state(done: Completion) -> tuple[str, datetime, datetime | None]:
    return done.status, done.due_at, done.completed_at


async def test_what_arrived_is_done_when_the_answer_came(ring: KeyRing) -> None:
    stage = Stage(ring, Answered(204))
    result = await stage.attempt(due_event(of=subscription(ring)))
    assert state(result.completion) == ("DELIVERED", LATER, LATER)
    attempt = result.completion.attempt
    assert (attempt.delivery_id, attempt.number) == ("dlv_1", 1)
    assert (attempt.started_at, attempt.duration_ms) == (START, 3000)
    assert (attempt.status_code, attempt.error) == (204, None)
    assert result.endpoint_outcome == EndpointOutcome(
        "whk_1", True, gone=False, failing_since=None, probed=False
    )
    assert stage.receiver.arrived[0].url == "https://app.example/1"


async def test_the_message_is_signed_with_the_time_at_which_the_attempt_began(
    ring: KeyRing,
) -> None:
    stage = Stage(ring, Answered(200))
    await stage.attempt(due_event(of=subscription(ring)))
    (request,) = stage.receiver.arrived
    assert request.headers["webhook-timestamp"] == str(int(START.timestamp()))


async def test_a_failure_is_due_again_as_long_after_the_answer_as_its_number_says(
    ring: KeyRing,
) -> None:
    due = due_event(delivery(attempts=2), subscription(ring))
    done = await Stage(ring, Answered(500)).completion(due)
    assert state(done) == ("PENDING", LATER + RETRY_DELAYS[2], None)
    assert (done.attempt.number, done.attempt.error) == (3, "HTTP_500")


async def test_the_last_failure_is_given_up(ring: KeyRing) -> None:
    due = due_event(delivery(attempts=len(RETRY_DELAYS)), subscription(ring))
    assert state(await Stage(ring, Failed("TIMEOUT")).completion(due)) == ("GIVEN_UP", LATER, LATER)


async def test_a_probe_that_fails_is_held_again_however_often_it_has_failed(ring: KeyRing) -> None:
    last = due_event(delivery(attempts=len(RETRY_DELAYS)), subscription(ring, state="PAUSED"))
    done = await Stage(ring, Answered(503)).completion(last, is_probe=True)
    assert state(done) == ("HELD", LATER, None)
    first = due_event(of=subscription(ring, state="PAUSED"))
    done = await Stage(ring, Answered(503)).completion(first, is_probe=True)
    assert state(done) == ("HELD", LATER + RETRY_DELAYS[0], None)


@pytest.mark.parametrize("outcome", [Answered(410), Failed("URL_INVALID", retryable=False)])
async def test_a_probe_that_can_never_arrive_is_given_up(ring: KeyRing, outcome: Outcome) -> None:
    due = due_event(of=subscription(ring, state="PAUSED"))
    done = await Stage(ring, outcome).completion(due, is_probe=True)
    assert state(done) == ("GIVEN_UP", LATER, LATER)


async def test_what_it_says_of_a_receiver_names_what_was_known_before(ring: KeyRing) -> None:
    failing = subscription(ring, failing_since=START - timedelta(days=1))
    result = await Stage(ring, Answered(410)).attempt(due_event(of=failing), is_probe=True)
    assert result.endpoint_outcome == EndpointOutcome(
        "whk_1", False, True, START - timedelta(days=1), True
    )


@pytest.mark.parametrize("error", ["NOT_SENT", "SECRET_UNREADABLE", "PROXY_REFUSED"])
async def test_a_failure_of_ours_says_nothing_of_the_receiver(ring: KeyRing, error: str) -> None:
    result = await Stage(ring, Failed(error)).attempt(due_event(of=subscription(ring)))
    assert result.endpoint_outcome is None
    assert result.completion.attempt.error == error


async def test_a_secret_that_cant_be_opened_is_a_failed_attempt_and_nothing_is_sent(
    ring: KeyRing,
) -> None:
    stage = Stage(ring, Answered(200))
    done = await stage.completion(due_event(of=subscription(secret=b"sealed by another key")))
    assert (done.status, done.attempt.error) == ("PENDING", "SECRET_UNREADABLE")
    assert done.attempt.request_headers is None
    assert stage.receiver.arrived == []


async def test_a_sender_that_breaks_is_a_failed_attempt_whose_request_is_kept(
    ring: KeyRing,
) -> None:
    done = await Stage(ring, ValueError("broken")).completion(due_event(of=subscription(ring)))
    assert (done.status, done.attempt.error) == ("PENDING", "NOT_SENT")
    assert done.attempt.request_headers is not None


async def test_the_answer_to_an_event_is_kept_and_that_to_a_notice_isnt(ring: KeyRing) -> None:
    """It may repeat the account key that the notice carried."""
    answer = Answered(200, None, (("server", "nginx"),), b"thanks")
    event = (await Stage(ring, answer).completion(due_event(of=subscription(ring)))).attempt
    assert json.loads(event.response_headers or "") == {"server": "nginx"}
    assert event.response_body == "thanks"
    stage = Stage(ring, answer)
    result = await stage.attempt(due_notice(ring))
    notice = result.completion.attempt
    assert (notice.status_code, notice.response_headers, notice.response_body) == (200, None, None)
    assert result.completion.notice_id == "ntc_1"
    assert result.endpoint_outcome is None
    assert stage.receiver.arrived[0].body == b'{"accountKey":"k"}'


async def test_only_an_ordered_record_has_followers(ring: KeyRing) -> None:
    keyed = delivery(record_key="INVOICE:inv-1")
    for own, followed in (
        (due_event(keyed, subscription(ring, ordered=True)), ("whk_1", "INVOICE:inv-1")),
        (due_event(keyed, subscription(ring, coalesce_seconds=5)), None),
        (due_event(None, subscription(ring, ordered=True)), None),
        (due_notice(ring), None),
    ):
        assert (await Stage(ring, Answered(200)).completion(own)).followed == followed


async def test_attempts_are_counted_by_what_came_of_them(ring: KeyRing) -> None:
    stage = Stage(ring, Answered(200))
    waiting = delivery(created_at=START - timedelta(seconds=7))
    await stage.attempt(due_event(waiting, subscription(ring)))
    assert stage.counted("delivery_attempts_total", outcome="delivered") == 1
    assert stage.counted("delivery_attempt_seconds_sum") == 3
    assert stage.counted("delivery_seconds_sum") == 10
    failed = Stage(ring, Answered(500))
    await failed.attempt(due_event(of=subscription(ring)))
    assert failed.counted("delivery_attempts_total", outcome="HTTP_500") == 1
    assert failed.counted("delivery_seconds_count") == 0

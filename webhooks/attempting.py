"""One attempt: sign, send, and decide what follows from how it went."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString, NamedTuple, assert_never

from storage.clock import Clock
from storage.errors import SecretUnreadable
from storage.log import logger
from storage.repositories.deliveries import Attempt, Completion
from storage.repositories.due_deliveries import DueDelivery, DueEvent, DueNotice
from webhooks import transcript
from webhooks.endpoints import EndpointOutcome
from webhooks.message import prepare
from webhooks.metrics import RelayMetrics
from webhooks.outcomes import has_succeeded, is_final, is_gone
from webhooks.schedule import Answered, Done, Failed, GiveUp, Outcome, RetryAt, decide
from webhooks.secret_cache import SecretCache
from webhooks.sender import OutgoingRequest, Sender

_NEWS: dict[str, LiteralString] = {
    "PENDING": "delivery.retry_planned",
    "HELD": "delivery.probe_failed",
    "GIVEN_UP": "delivery.given_up",
}


class AttemptResult(NamedTuple):
    """How an attempt went, what is to be written down, and what it says of the receiver."""

    outcome: Outcome
    completion: Completion
    endpoint_outcome: EndpointOutcome | None


class _Exchange(NamedTuple):
    """A request, None when it couldn't be written, and what came of it."""

    request: OutgoingRequest | None
    outcome: Outcome
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Attempter:
    """Makes attempts for the worker `owner`; `jitter` gives random numbers from 0 to 1."""

    secrets: SecretCache
    sender: Sender
    clock: Clock
    metrics: RelayMetrics
    owner: str
    delays: tuple[timedelta, ...]
    jitter: Callable[[], float]

    async def make(self, due: DueDelivery, *, is_probe: bool) -> AttemptResult:
        """Send a delivery once. Whatever breaks on our side is a failed attempt: seen, bounded."""
        exchange = await self._send(due)
        completion = self._completion(due, exchange, is_probe=is_probe)
        self._observe(due, exchange, completion.status)
        return AttemptResult(
            exchange.outcome,
            completion,
            _endpoint_outcome(due, exchange.outcome, is_probe=is_probe),
        )

    async def _send(self, due: DueDelivery) -> _Exchange:
        started_at = self.clock()
        request = None
        try:
            request = prepare(due, self.secrets, started_at)
            outcome = await self.sender.send(request)
        except SecretUnreadable as error:
            logger.error("delivery.not_sent", delivery_id=due.delivery.id, code=error.code)
            outcome = Failed(error.code)
        except Exception as error:
            logger.error("delivery.not_sent", delivery_id=due.delivery.id, exc_info=error)
            outcome = Failed("NOT_SENT")
        return _Exchange(request, outcome, started_at, self.clock())

    def _completion(self, due: DueDelivery, exchange: _Exchange, *, is_probe: bool) -> Completion:
        outcome, at = exchange.outcome, exchange.finished_at
        decision = decide(
            due.delivery.attempts + 1, outcome, now=at, jitter=self.jitter(), delays=self.delays
        )
        match decision:
            case Done():
                status, due_at, completed_at = "DELIVERED", at, at
            case RetryAt(moment):
                status, due_at, completed_at = "HELD" if is_probe else "PENDING", moment, None
            case GiveUp() if is_probe and not is_final(outcome):
                # a probe may be the hundredth attempt: the backlog is kept until it's wanted again
                status, due_at, completed_at = "HELD", at, None
            case GiveUp():
                status, due_at, completed_at = "GIVEN_UP", at, at
            case _:
                assert_never(decision)
        return Completion(
            attempt=_attempt(due, exchange),
            owner=self.owner,
            status=status,
            due_at=due_at,
            completed_at=completed_at,
            notice_id=due.delivery.notice_id,
            followed=_followed(due),
        )

    def _observe(self, due: DueDelivery, exchange: _Exchange, status: str) -> None:
        """Count an attempt, and log one that failed."""
        error, at, delivery = exchange.outcome.error, exchange.finished_at, due.delivery
        self.metrics.attempts(error or "delivered").inc()
        self.metrics.attempt_seconds.observe((at - exchange.started_at).total_seconds())
        if status == "DELIVERED":
            self.metrics.waiting_seconds.observe((at - delivery.created_at).total_seconds())
        else:
            number = delivery.attempts + 1
            logger.info(_NEWS[status], delivery_id=delivery.id, attempt=number, error=error)


def _followed(due: DueDelivery) -> tuple[str, str] | None:
    """Return the subscription and the record whose deliveries wait for each other, if they do."""
    match due.message:
        case DueEvent(subscription=subscription) if subscription.ordered:
            key = due.delivery.record_key
            return None if key is None else (subscription.id, key)
        case _:
            return None


def _endpoint_outcome(
    due: DueDelivery, outcome: Outcome, *, is_probe: bool
) -> EndpointOutcome | None:
    succeeded = has_succeeded(outcome)
    if succeeded is None or isinstance(due.message, DueNotice):
        return None
    subscription = due.message.subscription
    return EndpointOutcome(
        subscription_id=subscription.id,
        succeeded=succeeded,
        gone=is_gone(outcome),
        failing_since=subscription.failing_since,
        probed=is_probe,
    )


def _attempt(due: DueDelivery, exchange: _Exchange) -> Attempt:
    request, outcome = exchange.request, exchange.outcome
    sent = got = body = None
    if request is not None:
        sent = transcript.request_headers(request.headers)
        # what a receiver of a notice says may repeat the account key in it
        if isinstance(outcome, Answered) and isinstance(due.message, DueEvent):
            proofs = transcript.proofs(request.headers)
            got = transcript.response_headers(outcome.headers, proofs)
            body = transcript.response_body(outcome.body, proofs)
    duration = exchange.finished_at - exchange.started_at
    return Attempt(
        delivery_id=due.delivery.id,
        number=due.delivery.attempts + 1,
        started_at=exchange.started_at,
        duration_ms=round(duration.total_seconds() * 1000),
        status_code=outcome.status if isinstance(outcome, Answered) else None,
        error=outcome.error,
        request_headers=sent,
        response_headers=got,
        response_body=body,
    )

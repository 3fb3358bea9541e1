"""When to try again, and when to stop."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.schedule import (
    JITTER,
    LONGEST_RETRY_AFTER,
    RETRY_DELAYS,
    Answered,
    Done,
    Failed,
    GiveUp,
    Outcome,
    RetryAt,
    decide,
)

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

attempts = st.integers(1, len(RETRY_DELAYS))
jitters = st.floats(0, 1)
not_fine = st.integers(100, 599).filter(lambda status: not 200 <= status < 300 and status != 410)
failures: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Answered, not_fine), st.builds(Failed, st.sampled_from(["TIMEOUT", "TLS_FAILED"]))
)


def wait_of(decision: object) -> timedelta:
    assert isinstance(decision, RetryAt)
    return decision.moment - NOW


def test_the_schedule_is_the_documented_one() -> None:
    assert [int(delay.total_seconds()) for delay in RETRY_DELAYS] == [
        5,
        60,
        5 * 60,
        30 * 60,
        2 * 3600,
        6 * 3600,
        12 * 3600,
        24 * 3600,
    ]


@pytest.mark.parametrize("status", [200, 204, 299])
def test_a_2xx_is_done_and_no_error(status: int) -> None:
    assert decide(1, Answered(status), now=NOW, jitter=0.0) == Done()
    assert Answered(status).error is None


@pytest.mark.parametrize("status", [100, 199, 300, 301, 500])
def test_what_is_just_outside_is_tried_again_and_an_error(status: int) -> None:
    """300 too: a receiver that offers a choice of pages has taken nothing."""
    assert wait_of(decide(1, Answered(status), now=NOW, jitter=0.0)) == RETRY_DELAYS[0]
    assert Answered(status).error == f"HTTP_{status}"


def test_what_a_receiver_said_is_in_no_repr() -> None:
    answer = Answered(200, None, (("set-cookie", "secret"),), b"secret")
    assert "secret" not in repr(answer)


@given(attempt=attempts, outcome=failures, jitter=jitters)
def test_a_wait_stays_within_its_bounds(attempt: int, outcome: Outcome, jitter: float) -> None:
    wait = wait_of(decide(attempt, outcome, now=NOW, jitter=jitter))
    base = RETRY_DELAYS[attempt - 1]
    assert base <= wait <= base * (1 + JITTER)


@given(outcome=failures, waits=st.lists(jitters, min_size=8, max_size=8))
def test_waits_grow_whatever_the_jitter(outcome: Outcome, waits: list[float]) -> None:
    planned = [
        wait_of(decide(number, outcome, now=NOW, jitter=jitter))
        for number, jitter in enumerate(waits, start=1)
    ]
    assert planned == sorted(planned)
    assert len(set(planned)) == len(planned)


@given(attempt=st.integers(len(RETRY_DELAYS) + 1, 10**6), outcome=failures, jitter=jitters)
def test_after_the_last_wait_it_gives_up(attempt: int, outcome: Outcome, jitter: float) -> None:
    assert decide(attempt, outcome, now=NOW, jitter=jitter) == GiveUp()


@given(attempt=st.integers(1, 100), status=st.integers(200, 299), jitter=jitters)
def test_any_2xx_is_done_at_any_attempt(attempt: int, status: int, jitter: float) -> None:
    assert decide(attempt, Answered(status, 30.0), now=NOW, jitter=jitter) == Done()


@given(attempt=st.integers(1, 100), retry_after=st.none() | st.floats(0, 1000))
def test_410_is_given_up_at_once(attempt: int, retry_after: float | None) -> None:
    assert decide(attempt, Answered(410, retry_after), now=NOW, jitter=0) == GiveUp()


def test_a_url_that_may_not_be_called_is_given_up_at_once() -> None:
    assert decide(1, Failed("URL_INVALID", retryable=False), now=NOW, jitter=0) == GiveUp()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure(status: int) -> None:
    assert isinstance(decide(1, Answered(status), now=NOW, jitter=0), RetryAt)


@given(attempt=attempts, status=not_fine, seconds=st.floats(0, 86_400), jitter=jitters)
def test_retry_after_lengthens_a_wait_and_never_shortens_it(
    attempt: int, status: int, seconds: float, jitter: float
) -> None:
    without = wait_of(decide(attempt, Answered(status), now=NOW, jitter=jitter))
    wait = wait_of(decide(attempt, Answered(status, seconds), now=NOW, jitter=jitter))
    assert wait == max(without, timedelta(seconds=seconds))


@given(attempt=attempts, seconds=st.floats(min_value=86_400, allow_nan=False), jitter=jitters)
def test_no_retry_after_puts_off_an_attempt_for_longer_than_a_day(
    attempt: int, seconds: float, jitter: float
) -> None:
    """Not even one that no timedelta holds."""
    without = wait_of(decide(attempt, Answered(503), now=NOW, jitter=jitter))
    wait = wait_of(decide(attempt, Answered(503, seconds), now=NOW, jitter=jitter))
    assert wait == max(without, LONGEST_RETRY_AFTER)


@given(seconds=st.floats(max_value=0) | st.just(math.nan))
def test_a_senseless_retry_after_is_no_retry_after(seconds: float) -> None:
    assert wait_of(decide(1, Answered(503, seconds), now=NOW, jitter=0)) == RETRY_DELAYS[0]


def test_another_schedule_can_be_given() -> None:
    delays = (timedelta(seconds=1), timedelta(seconds=2))
    waits = [
        wait_of(decide(n, Failed("TIMEOUT"), now=NOW, jitter=0, delays=delays)) for n in (1, 2)
    ]
    assert waits == list(delays)
    assert decide(3, Failed("TIMEOUT"), now=NOW, jitter=0, delays=delays) == GiveUp()
    assert decide(1, Failed("TIMEOUT"), now=NOW, jitter=0, delays=()) == GiveUp()


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (Answered(200), None),
        (Answered(204), None),
        (Answered(302), "HTTP_302"),
        (Answered(500), "HTTP_500"),
        (Failed("TIMEOUT"), "TIMEOUT"),
    ],
)
def test_an_outcome_names_its_error(outcome: Outcome, error: str | None) -> None:
    assert outcome.error == error

"""What each answer means, as one table."""

from datetime import UTC, datetime

import pytest

from connector.errors import (
    DocumentNotFound,
    DownstreamEntry,
    DownstreamError,
    DownstreamForbidden,
    DownstreamRefused,
    DownstreamUnavailable,
    MissingScope,
    RateLimited,
)
from connector.outcomes import (
    Complaint,
    Dialect,
    Fail,
    ProviderAnswer,
    Refusal,
    RenewAccess,
    Retry,
    Succeed,
    classify,
    seconds_until,
)
from oauth.errors import SandboxTokenMissing

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def _read(status: int, body: bytes) -> Refusal:
    complaint = Complaint("code", body.decode(), "field")
    return Refusal((complaint,), "trace-body", missing_scope=b"missing scope" in body)


PLAIN = Dialect("Bank", gated=False, trace_header="X-Trace", read_refusal=_read)
GATED = Dialect("Bank", gated=True, trace_header="X-Trace", read_refusal=_read)


@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_used(status: int) -> None:
    """With a JSON body or none at all."""
    for body in (b'{"a":1}', b""):
        answer = ProviderAnswer(status, body, "application/json")
        assert classify(answer, dialect=GATED, now=NOW) == Succeed(answer)


@pytest.mark.covers("QX-06")
@pytest.mark.parametrize(
    "answer",
    [
        ProviderAnswer(200, b"<!DOCTYPE html>", "text/html; charset=utf-8"),
        ProviderAnswer(200, b"  <html>", ""),
        ProviderAnswer(302, b"", ""),
        ProviderAnswer(307, b"{}", "application/json"),
        ProviderAnswer(401, b"<html>", "text/html"),
        ProviderAnswer(404, b"<html>", "text/html"),
    ],
)
def test_a_page_or_a_redirect_is_the_sandbox_gate_and_elsewhere_a_stranger(
    answer: ProviderAnswer,
) -> None:
    """Where there is a gate its token is missing; where there is none the address is wrong."""
    gated = classify(answer, dialect=GATED, now=NOW)
    assert isinstance(gated, Fail)
    assert isinstance(gated.error, SandboxTokenMissing)
    plain = classify(answer, dialect=PLAIN, now=NOW)
    assert isinstance(plain, Fail)
    assert type(plain.error) is DownstreamError


def test_a_refused_access_asks_for_a_newer_one() -> None:
    """401 is not an error yet."""
    answer = ProviderAnswer(401, b"{}", "application/json", trace_id="t")
    assert classify(answer, dialect=PLAIN, now=NOW) == RenewAccess("t")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b"bad", DownstreamRefused),
        (402, b"pay", DownstreamRefused),
        (403, b"plan", DownstreamForbidden),
        (403, b"missing scope", MissingScope),
        (404, b"none", DocumentNotFound),
        (409, b"taken", DownstreamRefused),
        (412, b"later", DownstreamRefused),
        (422, b"past the end", DownstreamRefused),
        (428, b"sca", DownstreamRefused),
    ],
)
def test_a_refusal_fails_with_what_the_target_system_said(
    status: int, body: bytes, error: type[DownstreamRefused]
) -> None:
    """Its entries and its trace id travel along; the message holds neither."""
    outcome = classify(
        ProviderAnswer(status, body, "application/json"),
        dialect=PLAIN,
        now=NOW,
        scope="invoices.read",
    )
    assert isinstance(outcome, Fail)
    assert type(outcome.error) is error
    assert outcome.error.downstream == (DownstreamEntry(status, "code", body.decode(), "field"),)
    assert outcome.error.trace_id == "trace-body"
    assert not outcome.error.retryable
    if error is MissingScope:
        assert "invoices.read" in outcome.error.message


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("body", [b'{"errors":[]}', b"<html>oops</html>"])
def test_a_failure_of_the_server_may_be_tried_again(status: int, body: bytes) -> None:
    """Also when its gateway answers with a page."""
    outcome = classify(ProviderAnswer(status, body, retry_after="3"), dialect=GATED, now=NOW)
    assert isinstance(outcome, Retry)
    assert isinstance(outcome.error, DownstreamUnavailable)
    assert outcome.error.retryable
    assert (outcome.after, outcome.error.retry_after) == (3, 3)


def test_too_many_requests_wait_as_long_as_the_server_says() -> None:
    """And the caller is told the same number."""
    told = classify(ProviderAnswer(429, b"slow", retry_after="12"), dialect=PLAIN, now=NOW)
    assert isinstance(told, Retry)
    assert isinstance(told.error, RateLimited)
    assert (told.after, told.error.retry_after) == (12, 12)
    silent = classify(ProviderAnswer(429, b""), dialect=PLAIN, now=NOW)
    assert isinstance(silent, Retry)
    assert silent.after is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("1.5", 1.5),
        (" 30 ", 30),
        ("Fri, 20 Nov 2026 12:00:20 GMT", 20),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("", None),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("99999999999999", None),
        ("Fri, 20 Nov 99999999999 12:00:00 GMT", None),
        ("Fri, 20 Nov 2026 12:00:00 -99999999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    """Anything else is as if it weren't there."""
    assert seconds_until(text, NOW) == seconds


def test_long_complaints_are_cut() -> None:
    """A target system's words can't fill our answer."""
    outcome = classify(ProviderAnswer(422, b"x" * 10_000), dialect=PLAIN, now=NOW)
    assert isinstance(outcome, Fail)
    assert isinstance(outcome.error, DownstreamRefused)
    (entry,) = outcome.error.downstream
    assert len(entry.message or "") == 300


def test_values_hide_bodies() -> None:
    """`repr` of an answer has no document in it."""
    assert "secret" not in repr(ProviderAnswer(200, b"secret"))

"""What a target system's answer means for the call that asked. Pure.

    answer --classify--> Succeed      use it
                       | Retry        wait, then ask again if asking twice is safe
                       | RenewAccess  the access was refused; ask once more with a newer one
                       | Fail         raise the error

How refusals are written differs by provider, so `classify` takes a `Dialect`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connector.errors import (
    DocumentNotFound,
    DownstreamEntry,
    DownstreamError,
    DownstreamForbidden,
    DownstreamRefused,
    DownstreamUnavailable,
    MissingScope,
    RateLimited,
    gate_answered,
)
from storage.errors import ServiceError

_LONGEST_TEXT = 300
_SECONDS = re.compile(r"\d{1,6}(\.\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """An HTTP answer, read to its end. `repr` hides the body."""

    status: int
    body: bytes = field(repr=False)
    content_type: str = ""
    retry_after: str | None = None
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing a refusal complains about; `source` is the field or parameter it means.

    `hint` is what to do about it, in our words, where it is known.
    """

    code: str | None
    message: str | None
    source: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the body of a refused request says, as far as it can be read."""

    complaints: tuple[Complaint, ...] = ()
    trace_id: str | None = None
    missing_scope: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one target system words its answers.

    `gated` says that a gate stands before the API and answers with pages or redirects when a token
    of its own is missing. `trace_header` names the header with the request's name for support.
    `read_refusal` takes a status and any bytes, and never raises.
    """

    name: str
    gated: bool
    trace_header: str
    read_refusal: Callable[[int, bytes], Refusal]


@dataclass(frozen=True, slots=True)
class Succeed:
    answer: ProviderAnswer


@dataclass(frozen=True, slots=True)
class Retry:
    """Ask again after `after` seconds, None for the caller's own back-off; else raise `error`."""

    after: float | None
    error: ServiceError


@dataclass(frozen=True, slots=True)
class RenewAccess:
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    error: ServiceError


Outcome = Succeed | Retry | RenewAccess | Fail


def classify(
    answer: ProviderAnswer, *, dialect: Dialect, now: datetime, scope: str | None = None
) -> Outcome:
    """Decide what an answer means. `scope` is the consent the call needs, for naming it."""
    status = answer.status
    if 300 <= status < 400 or (status < 500 and _is_page(answer)):
        return Fail(_gate_or_stranger(answer, dialect))
    if 200 <= status < 300:
        return Succeed(answer)
    if status == 401:
        return RenewAccess(answer.trace_id)
    if status >= 500 or status == 429:
        return _later(answer, dialect, now)
    return Fail(_refused(answer, dialect, scope))


def seconds_until(retry_after: str | None, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or a date; None when it can't be read."""
    text = (retry_after or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for years beyond reason
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _is_page(answer: ProviderAnswer) -> bool:
    return "html" in answer.content_type.lower() or answer.body[:64].lstrip().startswith(b"<")


def _gate_or_stranger(answer: ProviderAnswer, dialect: Dialect) -> ServiceError:
    if dialect.gated:
        return gate_answered()
    return DownstreamError(
        f"{dialect.name} answered with a web page or a redirect instead of data. Check the "
        "configured address of its API.",
        status=answer.status,
        trace_id=answer.trace_id,
    )


def _later(answer: ProviderAnswer, dialect: Dialect, now: datetime) -> Retry:
    after = seconds_until(answer.retry_after, now)
    refusal = dialect.read_refusal(answer.status, answer.body)
    entries = _entries(answer.status, refusal)
    trace_id = refusal.trace_id or answer.trace_id
    if answer.status == 429:
        return Retry(
            after,
            RateLimited(
                f"{dialect.name} takes no more requests for the moment. Try again later.",
                retry_after=after,
                remaining=0,
                reset=after,
                status=answer.status,
                downstream=entries,
                trace_id=trace_id,
            ),
        )
    return Retry(
        after,
        DownstreamUnavailable(
            f"{dialect.name} failed to answer ({answer.status}). Try again later.",
            retry_after=after,
            status=answer.status,
            downstream=entries,
            trace_id=trace_id,
        ),
    )


def _refused(answer: ProviderAnswer, dialect: Dialect, scope: str | None) -> ServiceError:
    status = answer.status
    refusal = dialect.read_refusal(answer.status, answer.body)
    entries = _entries(status, refusal)
    trace_id = refusal.trace_id or answer.trace_id
    if status == 404:
        return DocumentNotFound(
            f"{dialect.name} knows no document of that id in this account.",
            downstream=entries,
            trace_id=trace_id,
        )
    if status == 403 and refusal.missing_scope:
        return MissingScope(scope, status=status, downstream=entries, trace_id=trace_id)
    if status == 403:
        return DownstreamForbidden(
            f"{dialect.name} does not allow this to the linked account; the reasons that it "
            "gives are listed.",
            status=status,
            downstream=entries,
            trace_id=trace_id,
        )
    return DownstreamRefused(
        f"{dialect.name} refused the request ({status}); its reasons are listed.",
        status=status,
        downstream=entries,
        trace_id=trace_id,
    )


def _entries(status: int, refusal: Refusal) -> tuple[DownstreamEntry, ...]:
    return tuple(
        DownstreamEntry(
            status,
            _short(complaint.code),
            _short(complaint.message),
            _short(complaint.source),
            complaint.hint,
        )
        for complaint in refusal.complaints
    )


def _short(text: str | None) -> str | None:
    return text if text is None else text[:_LONGEST_TEXT]

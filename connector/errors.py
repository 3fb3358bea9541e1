"""What can go wrong between a caller's question and a target system's answer.

    ServiceError
    ├── IdentityUnknown            the granted scopes don't tell who linked the account
    ├── NotAcceptable              there is no such form of the file; `Accept` names what is taken
    ├── DocumentTooLarge           the file is larger than is read in this form
    ├── PassThroughRefused         such a call isn't passed through to the target system
    ├── PaymentsDisabled           the vendor may not pay
    ├── SecondKeyNeeded            another API key than the one that asked has to confirm it
    ├── AccessRefused              it refuses every renewed access: the customer must link again
    ├── Conflict
    │   ├── Ambiguous              several records fit what was said of one
    │   ├── ConfirmationRequired   this can't be undone, and has to be checked and confirmed first
    │   ├── ConfirmationStale      the confirmation token isn't for this, or not any more
    │   ├── IdempotencyKeyReused   the key was used for another request
    │   ├── PaymentUnderWay        too late: a transfer was made, or may have been
    │   ├── PayoutNotReady         the payout's status doesn't allow it
    │   ├── RecordChanged          the record was changed while this was being written
    │   ├── RecordNotReady         the record can't be changed yet
    │   └── WriteInProgress        a request with the same key or record is being worked on
    ├── WriteOutcomeUnknown        the answer to a write was lost; nobody can tell yet what came
    ├── Invalid
    │   └── FilterTooBroad         a filter or order over more documents than are read for it
    ├── NotFound
    │   ├── NotEnabled             the target system has it, this service doesn't offer it yet
    │   ├── DocumentNotFound       the target system knows no document of that id
    │   ├── DocumentNotReady       the record has no file yet; without Retry-After it is a draft
    │   ├── DocumentGone           its file is gone for good, or was never made
    │   └── DocumentUnreadable     the file is there, and what is said of it can't be read
    └── DownstreamError            the target system's answer is of no use
        ├── DownstreamRefused      it refused the request (4xx); repeating it won't help
        │   └── DownstreamForbidden    the person, the plan or the app may not do this (403)
        │       └── MissingScope       the consent doesn't cover this; names the scope
        ├── DownstreamUnavailable  it can't be reached, or failed (5xx)
        │   ├── NotReached             no connection could be made: nothing was sent
    │   └── CallsSuspended         it refused the account's access, which is being renewed
        ├── DownstreamTimeout      it didn't answer in time
        ├── UnreadableAnswer       its answer isn't what its documentation says
        ├── ListIncomplete         its list counts more records than it shows; try again
        └── RateLimited            too many requests (429); `retry_after` in seconds

UnknownTarget, NotSupported, SandboxTokenMissing and ReauthRequired, which AccessRefused is one of,
are `oauth.errors`'s. Everything from DownstreamError down, and DocumentNotFound, carries
`downstream`, what the target system said. These, and AccessRefused, carry `trace_id`, the name
under which its support finds the request.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oauth.errors import ReauthRequired, SandboxTokenMissing
from storage.errors import Conflict, Invalid, NotFound, ServiceError


@dataclass(frozen=True, slots=True)
class DownstreamEntry:
    """One thing the target system complained about; `source` is the field or parameter it meant.

    `hint` is what to do about it, where that is known.
    """

    status: int
    code: str | None
    message: str | None
    source: str | None = None
    hint: str | None = None


class IdentityUnknown(ServiceError):
    code = "IDENTITY_UNKNOWN"
    http_status = 403
    meaning = "the granted scopes don't tell who linked the account"


class NotAcceptable(ServiceError):
    code = "NOT_ACCEPTABLE"
    http_status = 406
    meaning = "there is no such form of the file; `Accept` names what is taken"


class DocumentTooLarge(ServiceError):
    code = "DOCUMENT_TOO_LARGE"
    http_status = 400
    meaning = "the file is larger than is read in this form"


class PassThroughRefused(ServiceError):
    code = "PASS_THROUGH_REFUSED"
    http_status = 403
    meaning = "such a call isn't passed through to the target system"


class PaymentsDisabled(ServiceError):
    code = "PAYMENTS_DISABLED"
    http_status = 403
    meaning = "the vendor may not pay"


class SecondKeyNeeded(ServiceError):
    code = "SECOND_KEY_NEEDED"
    http_status = 403
    meaning = "another API key than the one that asked has to confirm it"


class PaymentUnderWay(Conflict):
    code = "PAYMENT_UNDER_WAY"
    meaning = "too late: a transfer was made, or may have been"


class PayoutNotReady(Conflict):
    """The payout is in a status in which this can't be done."""

    code = "PAYOUT_NOT_READY"
    meaning = "the payout's status doesn't allow it"


class FilterTooBroad(Invalid):
    code = "FILTER_TOO_BROAD"
    meaning = "a filter or order over more documents than are read for it"


class NotEnabled(NotFound):
    code = "NOT_ENABLED"
    meaning = "the target system has it, this service doesn't offer it yet"


class DocumentNotFound(NotFound):
    """The target system has no such document, or this account may not see it."""

    meaning = "the target system knows no document of that id"

    def __init__(
        self,
        message: str,
        *,
        downstream: Sequence[DownstreamEntry] = (),
        trace_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.downstream = tuple(downstream)
        self.trace_id = trace_id


class DocumentNotReady(NotFound):
    """A record has no file yet; `retry_after` is in seconds, None when waiting alone won't help."""

    code = "DOCUMENT_NOT_READY"
    meaning = "the record has no file yet; without Retry-After it is a draft"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DocumentGone(NotFound):
    """A record's file is gone for good, so that asking again won't help."""

    code = "DOCUMENT_GONE"
    meaning = "its file is gone for good, or was never made"


class DocumentUnreadable(NotFound):
    """What the target system says of a file can't be read, and asking again won't help."""

    code = "DOCUMENT_UNREADABLE"
    meaning = "the file is there, and what is said of it can't be read"


class DownstreamError(ServiceError):
    """The target system answered something that can't be used; `status` is its HTTP status."""

    code = "DOWNSTREAM_ERROR"
    http_status = 502
    meaning = "the target system's answer is of no use"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        downstream: Sequence[DownstreamEntry] = (),
        trace_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.downstream = tuple(downstream)
        self.trace_id = trace_id


class DownstreamRefused(DownstreamError):
    code = "DOWNSTREAM_REFUSED"
    http_status = 400
    meaning = "the target system refused the request (4xx); repeating it won't help"


class DownstreamForbidden(DownstreamRefused):
    code = "DOWNSTREAM_FORBIDDEN"
    http_status = 403
    meaning = "the person, the plan or the app may not do this"


class MissingScope(DownstreamForbidden):
    """The end customer's consent doesn't cover the call; `scope` is the one to ask for."""

    code = "MISSING_SCOPE"
    meaning = "the consent doesn't cover this; names the scope"

    def __init__(
        self,
        scope: str | None,
        *,
        status: int | None = None,
        downstream: Sequence[DownstreamEntry] = (),
        trace_id: str | None = None,
    ) -> None:
        what = f"the scope {scope}" if scope else "a scope this call needs"
        super().__init__(
            f"The linked account did not grant {what}. Add it to the scopes of this target system "
            "and let the customer link again.",
            status=status,
            downstream=downstream,
            trace_id=trace_id,
        )
        self.scope = scope


class AccessRefused(ReauthRequired):
    """Every renewed access was refused: the consent may have ended without a word."""

    meaning = "the target system refuses every renewed access: the customer must link again"

    def __init__(self, message: str, *, trace_id: str | None = None) -> None:
        super().__init__(message)
        self.trace_id = trace_id


def gate_answered() -> SandboxTokenMissing:
    """Make the error for an answer of the sandbox's gate in place of the API's."""
    return SandboxTokenMissing(
        "The sandbox's gate answered instead of the API: the staging token is missing or "
        "no longer valid. Register it as the custom value stagingToken of qonto-sandbox."
    )


class DownstreamUnavailable(DownstreamError):
    """It can't be reached, or failed; `retry_after` is in seconds, None when it didn't say."""

    code = "DOWNSTREAM_UNAVAILABLE"
    http_status = 503
    retryable = True
    meaning = "the target system can't be reached, or failed"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        status: int | None = None,
        downstream: Sequence[DownstreamEntry] = (),
        trace_id: str | None = None,
    ) -> None:
        super().__init__(message, status=status, downstream=downstream, trace_id=trace_id)
        self.retry_after = retry_after


class NotReached(DownstreamUnavailable):
    """No connection could be made, so that the target system knows nothing of the request."""

    meaning = "no connection could be made: nothing was sent"


class CallsSuspended(DownstreamUnavailable):
    """No call was made, or none counted, since the account's access was just refused.

    It's being renewed; nobody has to act.
    """

    code = "ACCOUNT_CALLS_SUSPENDED"
    meaning = "the target system refused the account's access, which is being renewed"


class DownstreamTimeout(DownstreamError):
    code = "DOWNSTREAM_TIMEOUT"
    http_status = 504
    retryable = True
    meaning = "the target system didn't answer in time"


class UnreadableAnswer(DownstreamError):
    """The target system's answer isn't what its documentation says."""

    meaning = "its answer isn't what its documentation says"


class ListIncomplete(DownstreamError):
    """Its list counts more records than it shows, however often it's read."""

    code = "LIST_INCOMPLETE"
    retryable = True
    meaning = "its list counts more records than it shows; try again"


class RateLimited(DownstreamError):
    """Too many requests; `retry_after` is in seconds, None when the target system didn't say.

    `limit` is the one that was reached, `remaining` what the account may still send, `reset` the
    seconds until it may send more; each is None where nobody knows.
    """

    code = "RATE_LIMITED"
    http_status = 429
    retryable = True
    meaning = "too many requests (429); `retry_after` in seconds"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        limit: int | None = None,
        remaining: int | None = None,
        reset: float | None = None,
        status: int | None = None,
        downstream: Sequence[DownstreamEntry] = (),
        trace_id: str | None = None,
    ) -> None:
        super().__init__(message, status=status, downstream=downstream, trace_id=trace_id)
        self.retry_after = retry_after
        self.limit = limit
        self.remaining = remaining
        self.reset = reset

    @property
    def headers(self) -> Mapping[str, str]:
        known = {"Limit": self.limit, "Remaining": self.remaining, "Reset": self.reset}
        return {
            f"RateLimit-{name}": str(math.ceil(value))
            for name, value in known.items()
            if value is not None
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several records that may be meant, with what people know it by."""

    id: str
    name: str | None = None
    number: str | None = None
    date: str | None = None
    status: str | None = None
    total: str | None = None


class Ambiguous(Conflict):
    """Several records fit; `candidates` are the first of `count`."""

    code = "AMBIGUOUS"
    meaning = "several records fit what was said of one"

    def __init__(self, message: str, candidates: Sequence[Candidate], count: int) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)
        self.count = count


class ConfirmationRequired(Conflict):
    """The vendor wants what can't be undone to be shown first, and confirmed by a token."""

    code = "CONFIRMATION_REQUIRED"
    meaning = "this can't be undone, and has to be checked and confirmed first"


class ConfirmationStale(Conflict):
    """The token was given for something else, or the record or the time has moved on."""

    code = "CONFIRMATION_STALE"
    meaning = "the confirmation token isn't for this, or not any more"


class IdempotencyKeyReused(Conflict):
    """The same key came with another request before: one of the two has the wrong key."""

    code = "IDEMPOTENCY_KEY_REUSED"
    meaning = "the key was used for another request"


class RecordChanged(Conflict):
    """Somebody changed the record after it was read for this write, which would undo that."""

    code = "RECORD_CHANGED"
    meaning = "the record was changed while this was being written"


class RecordNotReady(Conflict):
    """The target system lets the record be changed in a while; `retry_after` is in seconds."""

    code = "NOT_READY"
    retryable = True
    meaning = "the record can't be changed yet"

    def __init__(self, message: str, *, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class WriteInProgress(Conflict):
    """A request with the same key is being worked on; its answer will be this one's."""

    code = "WRITE_IN_PROGRESS"
    retryable = True
    meaning = "a request with the same key or record is being worked on"

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class WriteOutcomeUnknown(ServiceError):
    """The answer to a write was lost, and looking for its effect did not tell.

    `retry_after` is in seconds; None when asking again will not tell either, and a person has to
    look. The message says what to look for.
    """

    code = "OUTCOME_UNKNOWN"
    http_status = 502
    meaning = "the answer to a write was lost; nobody can tell yet what came"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after

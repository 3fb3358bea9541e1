"""What follows for a payment from what is seen. Pure.

Each function returns the payment as it is to be stored. `leaving` is stored before a request goes
out, so that a request of which nothing is known any more is taken for one that may have arrived.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec.structs import replace as with_state

from connector.paying.order import (
    ENDED,
    MADE,
    NOT_LEFT,
    OwnerApproval,
    PayeeConfirmation,
    Setback,
    TrackedPayment,
    Verification,
)
from connector.paying.ports import Transferred
from connector.unified.enums import PaymentOrderStatus as OrderStatus

RESEND_WITHIN = timedelta(minutes=25)
"""So long the same request goes out again: the target system knows its key for half an hour."""

APPROVE_WITHIN = timedelta(minutes=15)
"""So long the owner may take to approve a payment."""

CONFIRM_WITHIN = timedelta(hours=24)
"""So long a payment waits for a person of the vendor's."""

PROOF_GOOD_FOR = timedelta(hours=22, minutes=55)
"""So long a proof is used; the target system takes it for 23 hours."""

PROOF_FRESH = timedelta(seconds=5)
"""So old a proof may be that no person has confirmed anything against."""

NOT_MADE_AFTER = timedelta(minutes=5)
"""So long after the last request a transfer that isn't on the list was not made."""

LATEST_AFTER = timedelta(minutes=3)
"""So long after the last request a transfer may be made, clocks that differ included."""

UNKNOWN_FOR = timedelta(days=7)
"""So long the list is searched by itself for what may have come of a payment."""

MOST_CHALLENGES = 3

_RESENDS = (0.5, 1.0, 3.0, 10.0, 30.0, 60.0)
_POLLS = ((60.0, 2.0), (300.0, 3.0), (900.0, 5.0))
"""(age of the question, seconds between looks): once a second is allowed at most."""
_LOOKS = (5.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
_FOLLOWS = (2.0, 4.0, 6.0, 15.0, 60.0, 300.0, 900.0, 3600.0)

Step = Literal["verify", "send", "poll", "look", "follow", "expire"]


def next_step(payment: TrackedPayment, now: datetime) -> Step | None:
    """Decide what is to be done with a payment now; None when nothing is."""
    state = payment.state
    match payment.status:
        case "AWAITING_SECOND_KEY" | "AWAITING_CONFIRMATION":
            return "expire" if now >= payment.row.created_at + CONFIRM_WITHIN else None
        case "READY":
            return "send" if _is_proven(payment, now) else "verify"
        case "AWAITING_APPROVAL":
            return "expire" if _is_too_late(state.approval, now) else "poll"
        case "APPROVED":
            return "expire" if _is_too_late(state.approval, now) else "send"
        case "SENDING":
            return "send" if may_send(payment, now) else "look"
        case "UNKNOWN":
            return "look"
        case "PENDING" | "PROCESSING":
            return "follow"
        case _:
            return None


def may_send(payment: TrackedPayment, now: datetime) -> bool:
    """Say whether the target system still knows the key of what may have left already."""
    since = payment.state.doubt_since
    return since is None or now < since + RESEND_WITHIN


def _is_proven(payment: TrackedPayment, now: datetime) -> bool:
    """Say whether a verification can be used: fresh, or confirmed by a person and still good."""
    found, confirmed = payment.state.verification, payment.state.confirmation
    if found is None:
        return False
    if found.result == "MATCH":
        return now < found.at + PROOF_FRESH
    return confirmed is not None and now < found.at + PROOF_GOOD_FOR


def _is_too_late(approval: OwnerApproval | None, now: datetime) -> bool:
    return approval is None or now >= approval.until


def moved(
    payment: TrackedPayment, status: OrderStatus, now: datetime, **state: Any
) -> TrackedPayment:
    """Return a payment in another status, with other facts."""
    is_over = status in ENDED
    row = replace(
        payment.row,
        status=status,
        updated_at=now,
        ended_at=now if is_over else None,
        due_at=None if is_over else now,
    )
    return TrackedPayment(row, with_state(payment.state, **state))


def due_in(payment: TrackedPayment, now: datetime, seconds: float | None) -> TrackedPayment:
    """Return a payment whose next step is taken after some seconds; never by itself for None."""
    due = None if seconds is None else now + timedelta(seconds=seconds)
    return TrackedPayment(replace(payment.row, due_at=due), payment.state)


def verified(payment: TrackedPayment, found: Verification, now: datetime) -> TrackedPayment:
    """A full match goes on by itself; for anything else a person is asked."""
    status: OrderStatus = "READY" if found.result == "MATCH" else "AWAITING_CONFIRMATION"
    told = moved(payment, status, now, verification=found, confirmation=None)
    return told if status == "READY" else _waiting(told)


def _waiting(payment: TrackedPayment) -> TrackedPayment:
    until = payment.row.created_at + CONFIRM_WITHIN
    return TrackedPayment(replace(payment.row, due_at=until), payment.state)


def confirmed_payee(payment: TrackedPayment, by: str, now: datetime) -> TrackedPayment:
    """A person took the result for good that they were shown.

    Once its proof is too old, the payee is verified again, and the person asked again.
    """
    found = payment.state.verification
    assert found is not None
    confirmation = PayeeConfirmation(found.result, by, now, found.matched_name)
    return moved(payment, "READY", now, confirmation=confirmation)


def confirmed_second(payment: TrackedPayment, by: str, now: datetime) -> TrackedPayment:
    """Another key than the one that asked agrees."""
    told = moved(payment, "READY", now)
    return TrackedPayment(replace(told.row, confirmed_by=by), told.state)


def leaving(payment: TrackedPayment, request: bytes, now: datetime) -> TrackedPayment:
    """A request goes out now; until its answer is known it counts as arrived."""
    approval = payment.state.approval
    return moved(
        payment,
        "SENDING",
        now,
        request=request,
        sent_at=now,
        doubt_since=payment.state.doubt_since or now,
        doubt_is_approved=payment.state.doubt_is_approved
        or (approval is not None and approval.is_allowed),
    )


def _was_in_doubt(payment: TrackedPayment) -> bool:
    """Say whether an earlier request than the last may have arrived."""
    since, last = payment.state.doubt_since, payment.state.sent_at
    return since is not None and last is not None and since < last


def transferred(payment: TrackedPayment, found: Transferred, now: datetime) -> TrackedPayment:
    """There is a transfer."""
    changed = payment.row.transfer_id != found.id or payment.status != found.status
    tries = 0 if changed else payment.state.tries + 1
    told = moved(
        payment,
        _made(found.status),
        now if changed else payment.row.updated_at,
        answer=found.found.raw,
        tries=tries,
        setback=None,
        candidates=(),
        doubt_since=None,
    )
    told = TrackedPayment(replace(told.row, transfer_id=found.id), told.state)
    if told.status in ENDED:
        return told
    return due_in(told, now, _of(_FOLLOWS, tries))


def _made(status: str) -> OrderStatus:
    for known in MADE:
        if known == status:
            return known
    return "PENDING"


def challenged(payment: TrackedPayment, token: str, now: datetime) -> TrackedPayment:
    """The owner has to approve it.

    Not when a request that they approved may have arrived already: then the list of transfers
    decides.
    """
    before = payment.state.approval
    is_the_same = before is not None and before.token == token
    count = payment.state.challenges + (not is_the_same)
    if (_was_in_doubt(payment) and payment.state.doubt_is_approved) or count > MOST_CHALLENGES:
        return refused(payment, Setback("NOT_APPROVED", "The approval was not taken."), now)
    approval = OwnerApproval(token, now + APPROVE_WITHIN, now)
    if is_the_same and before is not None:
        approval = OwnerApproval(token, before.until, before.asked_at)
    told = moved(
        payment,
        "AWAITING_APPROVAL",
        now,
        approval=approval,
        challenges=count,
        tries=0,
        **_as_before(payment),
    )
    return due_in(told, now, _every(approval, now))


def _as_before(payment: TrackedPayment) -> dict[str, Any]:
    """Return the doubt that there was before the last request."""
    if _was_in_doubt(payment):
        return {}
    return {"doubt_since": None, "doubt_is_approved": False}


def refused(
    payment: TrackedPayment, why: Setback, now: datetime, status: OrderStatus = "REFUSED"
) -> TrackedPayment:
    """The last request certainly had no effect, and won't have one."""
    if _was_in_doubt(payment):
        told = moved(payment, "UNKNOWN", now, setback=why, tries=0)
        return due_in(told, now, _LOOKS[0])
    return moved(payment, status, now, setback=why, **_as_before(payment))


def not_sent(
    payment: TrackedPayment, why: Setback, now: datetime, after: float | None
) -> TrackedPayment:
    """The last request did not arrive; it goes out again while that is safe."""
    tries = payment.state.tries + 1
    wait = max(after or 0.0, _of(_RESENDS, payment.state.tries))
    if _was_in_doubt(payment):
        return due_in(moved(payment, "SENDING", now, tries=tries), now, wait)
    approval = payment.state.approval
    if approval is None or not approval.is_allowed:
        return moved(payment, "REFUSED", now, setback=why, **_as_before(payment))
    told = moved(payment, "APPROVED", now, tries=tries, **_as_before(payment))
    return due_in(told, now, wait)


def lost(payment: TrackedPayment, now: datetime) -> TrackedPayment:
    """Nobody knows what came of the last request."""
    told = moved(payment, "SENDING", now, tries=payment.state.tries + 1)
    return due_in(told, now, _of(_RESENDS, payment.state.tries))


def polled(
    payment: TrackedPayment, seen: Literal["WAITING", "ALLOWED", "DENIED", "GONE"], now: datetime
) -> TrackedPayment:
    """The owner answered, or not yet."""
    approval = payment.state.approval
    assert approval is not None
    match seen:
        case "WAITING":
            return due_in(payment, now, _every(approval, now))
        case "ALLOWED":
            allowed = with_state(approval, is_allowed=True)
            return moved(payment, "APPROVED", now, approval=allowed, tries=0)
        case "DENIED":
            return moved(
                payment, "DENIED", now, setback=Setback("DENIED", "The owner denied the payment.")
            )
        case "GONE":
            return expired(payment, now)


def not_polled(payment: TrackedPayment, now: datetime, after: float | None) -> TrackedPayment:
    """The owner's answer couldn't be read; it is looked for again."""
    approval = payment.state.approval
    assert approval is not None
    return due_in(payment, now, max(after or 0.0, _every(approval, now)))


def _every(approval: OwnerApproval, now: datetime) -> float:
    age = (now - approval.asked_at).total_seconds()
    left = (approval.until - now).total_seconds()
    every = next((wait for until, wait in _POLLS if age < until), _POLLS[-1][1])
    return max(0.0, min(every, left))


def expired(payment: TrackedPayment, now: datetime) -> TrackedPayment:
    """Nobody answered in time. What may have left is looked for before that is said."""
    why = Setback("EXPIRED", "Nobody confirmed or approved the payment in time; nothing was paid.")
    if payment.state.doubt_since is not None:
        return due_in(moved(payment, "UNKNOWN", now, setback=why, tries=0), now, 0.0)
    return moved(payment, "EXPIRED", now, setback=why)


def not_found(payment: TrackedPayment, now: datetime) -> TrackedPayment:
    """The list of transfers holds nothing of it: not made, once nothing can come any more."""
    last = payment.state.sent_at or payment.row.created_at
    if now < last + NOT_MADE_AFTER:
        return still_unknown(payment, (), now)
    why = payment.state.setback or Setback(
        "NOT_MADE", "The answer was lost, and the list of transfers shows that none was made."
    )
    status: OrderStatus = "EXPIRED" if why.code == "EXPIRED" else "REFUSED"
    return moved(payment, status, now, setback=why, doubt_since=None, candidates=())


def still_unknown(
    payment: TrackedPayment, candidates: tuple[str, ...], now: datetime
) -> TrackedPayment:
    """The list of transfers doesn't tell, or can't be read."""
    told = moved(payment, "UNKNOWN", now, tries=payment.state.tries + 1, candidates=candidates)
    last = payment.state.sent_at or payment.row.created_at
    if now > last + UNKNOWN_FOR:
        return due_in(told, now, None)
    return due_in(told, now, _of(_LOOKS, payment.state.tries))


def contested(payment: TrackedPayment, own: str | None, now: datetime) -> TrackedPayment:
    """Another payment was told the transfer that this one was told.

    `own` is the transfer where this payment's key answered it: then a person has to look, for it
    was certainly made. Else it is looked for again.
    """
    since = payment.state.sent_at or payment.row.created_at
    state = with_state(payment.state, doubt_since=since, answer=None, contested=own)
    told = TrackedPayment(replace(payment.row, transfer_id=None), state)
    return still_unknown(told, () if own is None else (own,), now)


def may_be_made_until(payment: TrackedPayment) -> datetime:
    """Return when a transfer of this payment was made at the latest, by the target system's clock.

    What was made later is another's, however equal.
    """
    last = payment.state.sent_at or payment.row.created_at
    return last + LATEST_AFTER


def not_followed(payment: TrackedPayment, now: datetime) -> TrackedPayment:
    """The transfer couldn't be read; it is looked at again."""
    told = TrackedPayment(payment.row, with_state(payment.state, tries=payment.state.tries + 1))
    return due_in(told, now, _of(_FOLLOWS, payment.state.tries))


def may_withdraw(payment: TrackedPayment) -> bool:
    """Say whether a payment can be called off without asking the target system."""
    return payment.status in NOT_LEFT and payment.state.doubt_since is None


def withdrawn(payment: TrackedPayment, now: datetime) -> TrackedPayment:
    """Whoever asked for it calls it off before it was made."""
    return moved(payment, "WITHDRAWN", now)


def _of(waits: tuple[float, ...], tries: int) -> float:
    return waits[min(tries, len(waits) - 1)]

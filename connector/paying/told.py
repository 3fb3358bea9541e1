"""What callers are told of a payment on its way. Pure."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from connector.jobs.jobs import JobReport, JobState
from connector.paying.order import MADE, RELEASED, OwnerApproval, TrackedPayment
from connector.paying.states import CONFIRM_WITHIN
from connector.unified.payment_order import PaymentAction, PaymentProgress
from storage.clock import iso_millis

_ASKED = {
    "paired-device": "The owner has to approve the payment in the bank's app, on their device.",
    "passkey": "The owner has to approve the payment with the link that the bank has just sent.",
    "mock": "Somebody has to approve the payment in the sandbox.",
}
_RESULTS = {
    "CLOSE_MATCH": "The account is held under a similar name",
    "NO_MATCH": "The account is not held under this name",
    "NOT_POSSIBLE": "The payee's bank could not compare the name",
    "UNSPECIFIED": "The payee's bank gave no clear answer on the name",
}


def confirm_code(result: str) -> str:
    """Return the code by which a result that isn't a full match is confirmed."""
    return f"PAYEE_{result}"


def progress(payment: TrackedPayment) -> PaymentProgress:
    """Say where a payment stands."""
    state, row = payment.state, payment.row
    checked, verification = state.checked, state.verification
    return PaymentProgress(
        task_id=row.id,
        status=payment.status,  # type: ignore[arg-type]
        amount=checked.order.amount,
        currency="EUR",
        beneficiary_id=checked.payee.id,
        contact_name=checked.payee.name,
        payee_iban=checked.payee.masked_iban,
        match_result=None if verification is None else verification.result,  # type: ignore[arg-type]
        matched_name=None if verification is None else verification.matched_name,
        transfer_speed="INSTANT" if checked.is_instant else "STANDARD",
        action=_action(payment),
        transfer_id=row.transfer_id,
        candidates=state.candidates,
        error_code=None if state.setback is None else state.setback.code,
        error_message=None if state.setback is None else state.setback.message,
    )


def _action(payment: TrackedPayment) -> PaymentAction | None:
    state = payment.state
    until = payment.row.created_at + CONFIRM_WITHIN
    match payment.status:
        case "AWAITING_SECOND_KEY":
            return _confirm(
                "CONFIRM_AS_SECOND",
                "Somebody with another API key has to confirm the payment at "
                "POST /accounting/payments/{paymentId}/confirm.",
                None,
                until,
            )
        case "AWAITING_CONFIRMATION":
            found = state.verification
            assert found is not None
            name = f": {found.matched_name}" if found.matched_name else ""
            return _confirm(
                "CONFIRM_PAYEE",
                f"{_RESULTS.get(found.result, found.result)}{name}. Ask a person whether it is "
                "meant, and confirm it at POST /accounting/payments/{paymentId}/confirm.",
                confirm_code(found.result),
                until,
            )
        case "AWAITING_APPROVAL":
            assert state.approval is not None
            return _approve(payment, state.approval)
        case _:
            return None


def _confirm(kind: str, message: str, code: str | None, until: datetime) -> PaymentAction:
    return PaymentAction(kind, message, code, iso_millis(until))  # type: ignore[arg-type]


def _approve(payment: TrackedPayment, approval: OwnerApproval) -> PaymentAction:
    asked = _ASKED[payment.state.checked.order.approve_by]
    return PaymentAction("APPROVE", asked, None, iso_millis(approval.until))


def as_job(payment: TrackedPayment) -> JobReport:
    """Say it as a task: done once there is a transfer, whatever becomes of that."""
    row, setback = payment.row, payment.state.setback
    if row.status in MADE:
        status = "SUCCESS"
    elif row.status in RELEASED:
        status = "FAILED"
    else:
        status = "IN_PROGRESS"
    error = None if setback is None else {"code": setback.code, "message": setback.message}
    data: dict[str, Any] = msgspec.to_builtins(progress(payment), builtin_types=(Decimal,))
    return JobReport(row.id, status, JobState({}, result=data, error=error), row.updated_at)

"""Payouts in the words of the API."""

from decimal import Decimal

from connector.payouts.standing import LineReport, PayoutReport, PayoutTrouble
from connector.unified.payout import Payout, PayoutLine, PayoutProblem, PayoutSum
from storage.clock import iso_millis


def payout_of(report: PayoutReport) -> Payout:
    """Say a payout as callers see it."""
    payout, content = report.payout, report.content
    return Payout(
        id=payout.id,
        status=payout.status,  # type: ignore[arg-type]
        mode=payout.mode,  # type: ignore[arg-type]
        file_name=content.file_name,
        file_kind=payout.kind,
        digest=payout.digest,
        count=payout.line_count,
        total=_euros(payout.total_cents),
        currency="EUR",
        settled=_sum(report, "settled"),
        pending=_sum(report, "pending"),
        refused=_sum(report, "refused"),
        undecided=_sum(report, "undecided"),
        states=dict(report.counts),
        problem=_problem(content.trouble),
        created_date=iso_millis(payout.created_at),
        confirmed_date=iso_millis(payout.confirmed_at) if payout.confirmed_at else None,
        ended_date=iso_millis(payout.ended_at) if payout.ended_at else None,
    )


def payout_line_of(report: LineReport) -> PayoutLine:
    """Say a line as callers see it."""
    line, order = report.line, report.order
    return PayoutLine(
        number=line.number,
        place=order.where,
        key=line.key,
        state=line.state,  # type: ignore[arg-type]
        name=order.name,
        iban=order.iban,
        amount=order.amount,
        reference=order.reference,
        end_to_end_id=order.end_to_end_id,
        execution_day=order.day.isoformat() if order.day else None,
        debit_iban=order.debit_iban,
        result_id=line.result_id,
        problem=_problem(report.trouble),
    )


def _sum(report: PayoutReport, group: str) -> PayoutSum:
    count, cents = report.group(group)
    return PayoutSum(count, _euros(cents))


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _problem(trouble: PayoutTrouble | None) -> PayoutProblem | None:
    return None if trouble is None else PayoutProblem(trouble.code, trouble.message)

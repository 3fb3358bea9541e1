"""Transfers as the API writes them: amounts are JSON numbers with cents twins."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.money import cents
from qonto_simulator.records.transfer import (
    BulkLine,
    BulkTransfer,
    InternalTransfer,
    RecurringTransfer,
    Transfer,
)
from qonto_simulator.times import with_millis, with_seconds

from .common import Document


def transfer(one: Transfer) -> Document:
    return {
        "id": one.id,
        "initiator_id": one.initiator_id,
        "bank_account_id": one.bank_account_id,
        "amount": one.amount,
        "amount_cents": cents(one.amount),
        "amount_currency": one.currency,
        "status": one.status,
        "beneficiary_id": one.beneficiary_id,
        "reference": one.reference,
        "note": one.note,
        "declined_reason": one.declined_reason,
        "scheduled_date": one.scheduled_date.isoformat(),
        "created_at": with_seconds(one.created_at),
        "updated_at": with_seconds(one.updated_at),
        "processed_at": _instant(one.processed_at),
        "completed_at": _instant(one.completed_at),
        "transaction_id": one.transaction_id,
        "recurring_transfer_id": one.recurring_transfer_id,
    }


def bulk_transfer(one: BulkTransfer) -> Document:
    return {
        "id": one.id,
        "initiator_id": one.initiator_id,
        "created_at": with_seconds(one.created_at),
        "updated_at": with_seconds(one.updated_at),
        "total_count": len(one.lines),
        "completed_count": one.count("completed"),
        "pending_count": one.count("pending"),
        "failed_count": one.count("failed"),
        "results": [_result(line) for line in one.lines],
    }


def _result(line: BulkLine) -> Document:
    """``errors`` is a list of objects that each hold a list, as documented."""
    errors = [problem.document() for problem in line.problems]
    return {
        "client_transfer_id": line.client_transfer_id,
        "transfer_id": line.transfer_id,
        "errors": [{"errors": errors}] if errors else None,
        "status": line.status,
    }


def recurring_transfer(one: RecurringTransfer) -> Document:
    return {
        "id": one.id,
        "initiator_id": one.initiator_id,
        "bank_account_id": one.bank_account_id,
        "amount": one.amount,
        "amount_cents": cents(one.amount),
        "amount_currency": one.currency,
        "status": one.status,
        "beneficiary_id": one.beneficiary_id,
        "reference": one.reference,
        "note": one.note,
        "frequency": one.frequency,
        "first_execution_date": one.first_execution_date.isoformat(),
        "last_execution_date": _day(one.last_execution_date),
        "next_execution_date": _day(one.next_execution_date),
        "created_at": with_seconds(one.created_at),
        "updated_at": with_seconds(one.updated_at),
    }


def internal_transfer(one: InternalTransfer) -> Document:
    """Here the amount is a string."""
    return {
        "id": one.id,
        "slug": one.slug,
        "status": one.status,
        "amount": format(one.amount, "f"),
        "amount_cents": cents(one.amount),
        "currency": one.currency,
        "reference": one.reference,
        "created_at": with_millis(one.created_at),
    }


def _instant(at: datetime | None) -> str | None:
    return with_seconds(at) if at else None


def _day(day: object) -> str | None:
    return str(day) if day else None

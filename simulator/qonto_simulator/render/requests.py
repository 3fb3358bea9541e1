"""Requests as the API writes them; amounts are strings, and each type has fields of its own."""

from __future__ import annotations

from qonto_simulator.records.request import Request, RequestedTransfer
from qonto_simulator.times import with_millis

from .common import Document

_EUR = "EUR"


def request(one: Request) -> Document:
    """What the list shows: a multi-transfer with its sum, without its lines."""
    return {
        "id": one.id,
        "request_type": one.request_type,
        "status": one.status,
        "initiator_id": one.initiator_id,
        "approver_id": one.approver_id,
        "note": one.note,
        "declined_note": one.declined_note,
        **_own(one),
        "processed_at": with_millis(one.processed_at) if one.processed_at else None,
        "created_at": with_millis(one.created_at),
    }


def whole_request(one: Request) -> Document:
    """What a single request shows: of a multi-transfer its lines as well."""
    if one.request_type != "multi_transfer":
        return request(one)
    return {**request(one), "transfers": [_line(line) for line in one.transfers]}


def wrapped_request(one: Request) -> Document:
    """The same under the name of its type."""
    return {f"request_{one.request_type}": whole_request(one)}


def _line(line: RequestedTransfer) -> Document:
    return {
        "id": line.id,
        "credit_account_name": line.credit_account_name,
        "amount": str(line.amount),
        "currency": line.currency,
        "reference": line.reference,
    }


def _own(one: Request) -> Document:
    day = one.scheduled_date.isoformat() if one.scheduled_date else None
    last = one.last_recurrence_date.isoformat() if one.last_recurrence_date else None
    limit = None if one.limit is None else f"{one.limit}.00"
    match one.request_type:
        case "flash_card":
            ends = with_millis(one.pre_expires_at) if one.pre_expires_at else None
            return {"payment_lifespan_limit": limit, "pre_expires_at": ends, "currency": _EUR}
        case "virtual_card":
            return {
                "payment_monthly_limit": limit,
                "currency": _EUR,
                "card_level": "virtual",
                "card_design": one.card_design,
            }
        case "transfer":
            return {
                "creditor_name": one.transfers[0].credit_account_name,
                "amount": str(one.total),
                "currency": _EUR,
                "scheduled_date": day,
                "recurrence": one.recurrence,
                "last_recurrence_date": last,
                "attachment_ids": list(one.transfers[0].attachment_ids),
            }
        case _:
            return {
                "total_transfers_amount": str(one.total),
                "total_transfers_amount_currency": _EUR,
                "total_transfers_count": len(one.transfers),
                "scheduled_date": day,
            }

"""What may be done with a supplier invoice in its present state."""

from __future__ import annotations

from qonto_simulator.records.supplier_invoice import SupplierInvoice

PAYABLE = frozenset({"to_review", "to_approve", "to_pay", "awaiting_payment", "pending"})
REMOVABLE = frozenset({"to_review", "to_approve"})
FINAL = frozenset({"archived", "discarded", "rejected"})


def available_actions(bill: SupplierInvoice) -> dict[str, object]:
    """``available_actions`` with the reasons for what is not available.

    What a test hides is shown as not available, whether Qonto's own application offers it or not.
    """
    reading = bill.reading if bill.analyzed_at else None
    pay: list[str] = []
    if reading is not None and reading.is_credit_note:
        pay.append("is_credit_note")
    if reading is None or not reading.iban:
        pay.append("missing_iban")
    if reading is None or reading.total is None or not reading.supplier_name:
        pay.append("missing_data")
    if bill.status not in PAYABLE:
        pay.append("invalid_status")
    refused = {
        "pay": pay,
        "delete": _unless(bill.status in REMOVABLE),
        "archive": _unless(bill.status not in FINAL),
        "unarchive": _unless(bill.status == "archived"),
    }
    offered = ("delete", "archive", "unarchive", "pay")
    return {
        **{name: not refused[name] for name in offered},
        **dict.fromkeys(sorted(bill.hidden_actions), False),
        "reasons": {name: reasons for name, reasons in refused.items() if reasons},
    }


def _unless(fits: bool) -> list[str]:
    return [] if fits else ["invalid_status"]

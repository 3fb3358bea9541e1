"""What may be done with a supplier invoice in its present state."""

from __future__ import annotations

from qonto_simulator.records.supplier_invoice import SupplierInvoice

PAYABLE = frozenset({"to_review", "to_approve", "to_pay", "awaiting_payment", "pending"})
REMOVABLE = frozenset({"to_review", "to_approve", "rejected"})


def available_actions(bill: SupplierInvoice) -> dict[str, object]:
    """``available_actions`` with the reasons for what is not available."""
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
    remove = [] if bill.status in REMOVABLE else ["invalid_status"]
    reasons: dict[str, object] = {}
    if pay:
        reasons["pay"] = pay
    if remove:
        reasons["delete"] = remove
    hidden = bill.hidden_actions
    return {
        "delete": not remove and "delete" not in hidden,
        "archive": bill.status not in {"archived", "discarded"} and "archive" not in hidden,
        "unarchive": bill.status == "archived" and "unarchive" not in hidden,
        "pay": not pay and "pay" not in hidden,
        "reasons": reasons,
    }

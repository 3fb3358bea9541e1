"""What a person is shown of a record before an act on it that can't be undone. Pure."""

import hashlib
from typing import Any

import msgspec

from connector.ports import Found, PreparedWrite
from connector.providers.qonto.writing.wire import QontoRequest, decoded

_SHOWN = (
    "id",
    "invoice_number",
    "offer_number",
    "bill_number",
    "vendor_credit_number",
    "name",
    "status",
    "payment_status",
    "total_amount",
    "total_gross_amount",
    "currency",
)

_SEEN = (
    "status",
    "number",
    "invoice_number",
    "client",
    "supplier_name",
    "total_amount",
    "items",
    "discount",
    "issue_date",
    "due_date",
    "expiry_date",
)
"""What consent is about, in Qonto's words: it ends when one of these changes."""


def prepared_act(sent: QontoRequest, on: Found[Any]) -> PreparedWrite:
    """Return an act that may leave; it shows the record as it is."""
    shown = {
        field.encode_name: value
        for field in msgspec.structs.fields(on.item)
        if field.name in _SHOWN and (value := getattr(on.item, field.name)) is not None
    }
    record = decoded(on.raw)
    seen = msgspec.json.encode({name: record.get(name) for name in _SEEN}, order="sorted")
    return PreparedWrite(
        msgspec.json.encode(sent), expected=shown, seen=hashlib.sha256(seen).hexdigest()
    )

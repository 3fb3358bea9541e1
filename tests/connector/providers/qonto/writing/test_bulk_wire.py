"""Whose each part of Qonto's answer to a bulk request is."""

from typing import Any

import msgspec
import pytest

from connector.listing.records import Record
from connector.providers.qonto.documents.reading import Unreadable
from connector.providers.qonto.writing.bulk_wire import BulkItem, BulkSent, fates_of

SENT = BulkSent(
    [
        BulkItem(0, "key-0", file=0, name="a.pdf", size=1),
        BulkItem(1, "key-1", attachment_id="att-1"),
        BulkItem(2, "key-2", file=1, name="c.pdf", size=1),
    ]
)
A = {"id": "bill-a", "file_name": "a.pdf"}
B = {"id": "bill-b", "file_name": "odd", "attachment_id": "att-1"}
C = {"id": "bill-c", "file_name": "c.pdf"}


def error(pointer: str | None, code: str = "invalid") -> dict[str, Any]:
    return {"code": code, "detail": "why", "source": {"pointer": pointer}}


@pytest.mark.parametrize(
    ("made", "errors", "expected"),
    [
        ([A, B, C], [], ["bill-a", "bill-b", "bill-c"]),
        ([A, C], [error("/supplier_invoices/1/file")], ["bill-a", "INVALID", "bill-c"]),
        ([A, C], [error("/supplier_invoices/1")], ["bill-a", "INVALID", "bill-c"]),
        (
            [B, C],
            [error("/supplier_invoices/idempotency_key/key-0")],
            ["INVALID", "bill-b", "bill-c"],
        ),
        # without a readable place: by the file, and what is left has the error
        ([B], [error(None, "x"), error("/else", "y")], ["X", "bill-b", "Y"]),
        ([C], {"code": "required"}, ["REQUIRED", "NOT_TOLD", "bill-c"]),
        ([A, B], [], ["bill-a", "bill-b", "NOT_TOLD"]),
        ([], [error("/supplier_invoices/9/file")], ["INVALID", "NOT_TOLD", "NOT_TOLD"]),
        ([A, B, C], [error("/supplier_invoices/0", "late"), 7], ["LATE", "bill-b", "bill-c"]),
        (None, None, ["NOT_TOLD"] * 3),
    ],
)
def test_fates(made: Any, errors: Any, expected: list[str]) -> None:
    body = msgspec.json.encode({"supplier_invoices": made, "errors": errors})
    told = [one.id if isinstance(one, Record) else one[0] for one in fates_of(SENT, body)]
    assert told == expected


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"errors":[]}'])
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(Unreadable):
        fates_of(SENT, body)

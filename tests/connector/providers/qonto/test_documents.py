"""Reading Qonto's JSON: pages, single documents, errors, in all the shapes in use."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connector.providers.qonto import mapping
from connector.providers.qonto.documents.bank import MEMBERSHIP, ORGANIZATION
from connector.providers.qonto.documents.errors import ReadError, read_errors
from connector.providers.qonto.documents.purchases import SUPPLIER_INVOICES
from connector.providers.qonto.documents.reading import Unreadable
from connector.providers.qonto.documents.sales import CLIENT_INVOICES
from connector.providers.qonto.documents.subscriptions import WEBHOOK_SUBSCRIPTIONS

SAMPLES = Path(mapping.__file__).parents[1] / "samples"


def _sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def test_a_page_is_read_record_by_record_with_its_totals() -> None:
    """Each record has its own bytes, and the page keeps the whole."""
    body = _sample("client_invoices.list")
    page = CLIENT_INVOICES.read_page(body)
    listed = json.loads(body)
    assert [record.id for record in page.records] == [
        one["id"] for one in listed["client_invoices"]
    ]
    assert [json.loads(record.raw) for record in page.records] == listed["client_invoices"]
    assert page.meta.total_count == listed["meta"]["total_count"]
    assert page.raw == body


def test_one_bad_record_costs_only_itself() -> None:
    """One that is no object is left out, with its bytes; one with an odd field is read."""
    body = b'{"supplier_invoices":[{"id":"a","status":[]},{"id":"b"},7],"meta":{"total_count":"3"}}'
    page = SUPPLIER_INVOICES.read_page(body)
    odd, good, number = page.records
    assert odd.document is not None
    assert (odd.document.odd_fields, odd.id, odd.raw) == (
        ("status",),
        "a",
        b'{"id":"a","status":[]}',
    )
    assert good.document is not None
    assert good.document.odd_fields == ()
    assert page.meta.total_count == 3
    assert (number.document, number.id, number.raw) == (None, None, b"7")


@pytest.mark.parametrize("empty", [b"null", b"[]"])
def test_a_list_may_be_null(empty: bytes) -> None:
    """No records, and no complaint; `meta` may be missing or malformed too."""
    for meta in (b"", b',"meta":null', b',"meta":{"total_count":"many"}'):
        page = CLIENT_INVOICES.read_page(b'{"client_invoices":' + empty + meta + b"}")
        assert page.records == ()
        assert page.meta.total_count is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"client_invoices":[',
        b'{"client_invoices":{}}',
        b'{"other":[]}',
        b'{"x":"\xff","client_invoices":[]}',
        b'{"client_invoices":' + b"[" * 200_000,
    ],
)
def test_what_is_no_list_is_unreadable(body: bytes) -> None:
    """Malformed JSON, another shape, broken UTF-8 and endless nesting end alike."""
    with pytest.raises(Unreadable):
        CLIENT_INVOICES.read_page(body)


@pytest.mark.covers("QX-11")
def test_single_documents_come_wrapped_or_bare() -> None:
    """Webhook subscriptions have no envelope; the rest have one; both are taken."""
    made, _ = WEBHOOK_SUBSCRIPTIONS.read_one(_sample("webhook_subscription.create.201"))
    assert made.organization_id == "018f71db-c635-78b5-b90a-ea05de98c2bf"
    organization, _ = ORGANIZATION.read_one(_sample("organization.get"))
    assert organization.legal_name == "Demo Conseil SAS"
    membership, _ = MEMBERSHIP.read_one(_sample("membership.get"))
    assert membership.id == "0199cd7a-11aa-7b3c-9d4e-2a1b3c4d5e6f"
    wrapped = _sample("client_invoice.get")
    invoice, raw = CLIENT_INVOICES.read_one(wrapped)
    assert json.loads(raw) == json.loads(wrapped)["client_invoice"]
    assert CLIENT_INVOICES.read_one(raw)[0] == invoice
    with pytest.raises(Unreadable):
        CLIENT_INVOICES.read_one(b'{"client_invoice":[7]}')


def test_subscriptions_hide_their_secret() -> None:
    """Not in `repr`, so not in a traceback."""
    made, _ = WEBHOOK_SUBSCRIPTIONS.read_one(_sample("webhook_subscription.create.201"))
    assert made.secret
    assert made.secret not in repr(made)


@pytest.mark.parametrize(
    ("body", "entries", "trace_id"),
    [
        (
            _sample("error.validation"),
            [
                ReadError(
                    "not_in_list",
                    "status must be one of: draft, unpaid, paid, canceled",
                    "filter[status]",
                )
            ],
            "4bf92f3577b34da6a3ce929d0e0e4736",
        ),
        (
            _sample("error.number_taken"),
            [
                ReadError(
                    "invoice_number_already_exists",
                    "number is already used",
                    "/data/attributes/number",
                )
            ],
            "4bf92f3577b34da6a3ce929d0e0e4737",
        ),
        (
            b'{"errors":{"message":"Not found"},"trace_id":"t"}',
            [ReadError(None, "Not found", None)],
            "t",
        ),
        (
            b'{"errors":{"code":"not_found","detail":"gone","source":{"parameter":"id"}}}',
            [ReadError("not_found", "gone", "id")],
            None,
        ),
        (
            b'{"code":"invalid","detail":"no https","source":{"pointer":"/callback_url"}}',
            [ReadError("invalid", "no https", "/callback_url")],
            None,
        ),
        (
            b'{"errors":[{"status":"412","code":"invoice_not_in_draft_status"}],"trace_id":"t"}',
            [ReadError("invoice_not_in_draft_status", None, None)],
            "t",
        ),
        (
            b'{"errors":[{"code":"a","source":{"properties":{"pointer":"/x"}}},'
            b'{"code":"b","source":{"pointer":{"properties":{"parameter":"y"}}}},'
            b'{"code":"c","source":"/z"},{"code":"d","source":{"pointer":null}},7]}',
            [
                ReadError("a", None, "/x"),
                ReadError("b", None, "y"),
                ReadError("c", None, "/z"),
                ReadError("d", None, None),
            ],
            None,
        ),
        (b'{"message":"gone"}', [ReadError(None, "gone", None)], None),
        (
            b'{"code":"sca_required","message":"SCA required","trace_id":"t"}',
            [ReadError("sca_required", "SCA required", None)],
            "t",
        ),
        (
            b'{"error":"API rate limit exceeded"}',
            [ReadError("API rate limit exceeded", None, None)],
            None,
        ),
        (b'{"errors":["plain"]}', [ReadError(None, "plain", None)], None),
        (b'{"errors":[{"code":7,"detail":null}],"trace_id":7}', [], None),
        (b'{"errors":[]}', [], None),
        (b"upstream connect error", [], None),
        (b"[1]", [], None),
        (b"", [], None),
    ],
)
@pytest.mark.covers("QX-55")
def test_errors_are_read_in_every_shape(
    body: bytes, entries: list[ReadError], trace_id: str | None
) -> None:
    """Documented, older, the gateway's and plain text: read what is there, never raise."""
    read = read_errors(body)
    assert list(read.entries) == entries
    assert read.trace_id == trace_id


@pytest.mark.parametrize("empty", ['""', "null"])
def test_null_and_empty_are_the_same_as_absent(empty: str) -> None:
    """Every field of a client invoice may be any of the three."""
    fields: dict[str, Any] = json.loads(_sample("client_invoice.get"))["client_invoice"]
    lists = {"items", "payment_methods"}
    said = {
        name: None if name in lists else json.loads(empty)
        for name in fields
        if name not in {"id", "status"}
    }
    kept = {"id": fields["id"], "status": "unpaid"}
    calendar = mapping.Calendar(datetime(2026, 11, 20, tzinfo=UTC))
    with_empty, _ = CLIENT_INVOICES.read_one(msgspec.json.encode({**said, **kept}))
    without, _ = CLIENT_INVOICES.read_one(msgspec.json.encode(kept))
    assert mapping.map_invoice(with_empty, calendar) == mapping.map_invoice(without, calendar)
    assert mapping.propose_invoice(with_empty, calendar) == mapping.propose_invoice(
        without, calendar
    )

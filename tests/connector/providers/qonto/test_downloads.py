"""Files that aren't there: those that are being made, and those that are gone for good."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from connector.downloads import DocumentOf
from connector.errors import DocumentGone, DocumentNotReady, DocumentUnreadable
from tests.connector.providers.qonto.bank import (
    NOW,
    Bank,
    client_invoice,
    provider,
    supplier_invoice,
    uuid,
)

ACCOUNT = "acct_1"
FILE = {"id": uuid(7), "file_name": "x.pdf", "url": "https://store.example/x"}


def _bank(age: timedelta, *, attachment: dict[str, Any] | None = None, store: int = 200) -> Bank:
    bank = Bank()
    made = NOW - age
    bank.client_invoices = [client_invoice(1, made, attachment_id=uuid(7))]
    bank.supplier_invoices = [supplier_invoice(2, made, attachment_id=uuid(7))]
    bank.attachments = [] if attachment is None else [attachment]

    def stored(request: httpx2.Request) -> httpx2.Response | None:
        return httpx2.Response(store) if request.url.host == "store.example" else None

    bank.answers.append(stored)
    return bank


async def _open(bank: Bank, of: DocumentOf) -> None:
    files = provider(bank).files
    assert files is not None
    opened = await files.open_document(ACCOUNT, of, uuid(1 if of == "INVOICE" else 2))
    await opened.close()


async def test_a_young_invoice_s_file_is_being_made() -> None:
    for bank in (
        _bank(timedelta(seconds=20)),
        _bank(timedelta(seconds=20), attachment=FILE, store=404),
    ):
        with pytest.raises(DocumentNotReady) as caught:
            await _open(bank, "INVOICE")
        assert caught.value.retry_after


async def test_an_old_draft_that_was_just_made_final_is_young() -> None:
    bank = _bank(timedelta(days=90))
    bank.client_invoices[0]["finalized_at"] = NOW.isoformat()
    with pytest.raises(DocumentNotReady):
        await _open(bank, "INVOICE")


@pytest.mark.parametrize("attachment_id", [uuid(7), None])
async def test_an_old_invoice_s_file_is_gone(attachment_id: str | None) -> None:
    bank = _bank(timedelta(hours=1))
    bank.client_invoices[0]["attachment_id"] = attachment_id
    with pytest.raises(DocumentGone) as caught:
        await _open(bank, "INVOICE")
    assert not hasattr(caught.value, "retry_after")


@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=9)])
async def test_a_bill_s_file_was_there_before_the_bill(age: timedelta) -> None:
    """When it isn't there any more, it won't come back."""
    with pytest.raises(DocumentGone):
        await _open(_bank(age), "BILL")


async def test_what_the_store_has_deleted_is_gone() -> None:
    for of in ("INVOICE", "BILL"):
        with pytest.raises(DocumentGone):
            await _open(_bank(timedelta(0), attachment=FILE, store=410), of)


async def test_a_file_of_which_nothing_can_be_read_stays_unreadable() -> None:
    """No link, or an answer that isn't JSON."""
    with pytest.raises(DocumentUnreadable):
        await _open(_bank(timedelta(0), attachment={"id": uuid(7), "url": None}), "BILL")
    bank = _bank(timedelta(0))

    def broken(request: httpx2.Request) -> httpx2.Response | None:
        is_file = "/attachments/" in request.url.path
        return httpx2.Response(200, content=b"{") if is_file else None

    bank.answers.append(broken)
    with pytest.raises(DocumentUnreadable):
        await _open(bank, "BILL")


async def test_a_movement_that_shows_fewer_files_than_it_counts_says_so() -> None:
    bank = _bank(timedelta(0))

    def listed(request: httpx2.Request) -> httpx2.Response | None:
        if not request.url.path.startswith("/v2/transactions/"):
            return None
        return httpx2.Response(200, json={"attachments": [FILE], "meta": {"total_count": 2}})

    bank.answers.append(listed)
    files = provider(bank).files
    assert files is not None
    page = await files.of_transaction(ACCOUNT, uuid(5))
    assert len(page.items) == 1
    assert "Qonto counts 2 records and showed 1" in page.warnings[-1]

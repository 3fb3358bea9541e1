"""What can be done to an invoice at Qonto: finalize it, say that it is paid, send it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.ports import EInvoicing, Found, PreparedWrite, Writer, WriteRequest
from connector.providers.qonto.documents.sales import ClientInvoice
from connector.providers.qonto.session.lists import known_id
from connector.providers.qonto.writing.acts import prepared_act
from connector.providers.qonto.writing.existing_lines import check_stated_sums
from connector.providers.qonto.writing.mails import mail_body
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared
from connector.providers.qonto.writing.writers import Change, Sending
from connector.writing.problems import Problems, read_day
from connector.writing.requests.invoice import MailRequest, PaidRequest


@dataclass(frozen=True)
class InvoiceActions:
    """What is sent to Qonto for each, or everything that speaks against it."""

    records: Records[ClientInvoice, Any]
    network: EInvoicing

    async def finalize(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        record_id, document, found, problems = await self._read(account_id, asked)
        _require(document, ("draft",), "finalized", problems)
        if not document.items:
            problems.add("lineItems", "REQUIRED", "An invoice has lines.")
        if document.issue_date is None or document.due_date is None:
            problems.add("dueDate", "REQUIRED", "An invoice has a date, and is due on some day.")
        check_stated_sums(document, "totalAmount", problems)
        problems.check()
        sent = QontoRequest("POST", None, record_id, "finalize", {"status": "unpaid"})
        return prepared_act(sent, found)

    async def cancel(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        record_id, document, found, problems = await self._read(account_id, asked)
        hint = "Delete a draft; correct a paid invoice with a credit note."
        _require(document, ("unpaid",), "canceled", problems, hint)
        problems.check()
        sent = QontoRequest("POST", None, record_id, "mark_as_canceled", {"status": "canceled"})
        return prepared_act(sent, found)

    async def mark_as_paid(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: PaidRequest = asked.body
        record_id, document, _, problems = await self._read(account_id, asked)
        _require(document, ("unpaid", "paid"), "marked as paid", problems)
        day = read_day(request.paid_date, "paidDate", problems)
        problems.check()
        body = None if day is None else {"paid_at": day.isoformat()}
        return prepared(QontoRequest("POST", body, record_id, "mark_as_paid", {"status": "paid"}))

    async def unmark_as_paid(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        record_id, document, _, problems = await self._read(account_id, asked)
        _require(document, ("paid",), "unmarked as paid", problems)
        problems.check()
        return prepared(
            QontoRequest("POST", None, record_id, "unmark_as_paid", {"status": "unpaid"})
        )

    async def send(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: MailRequest = asked.body
        record_id, document, found, problems = await self._read(account_id, asked)
        _require(document, ("unpaid", "paid"), "sent", problems, "Finalize it first.")
        body = mail_body(request, problems)
        problems.check()
        return prepared_act(QontoRequest("POST", body, record_id, "send"), found)

    async def send_as_e_invoice(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        record_id, document, found, problems = await self._read(account_id, asked)
        _require(document, ("unpaid", "paid"), "sent", problems, "Finalize it first.")
        customer_id = document.client.id if document.client else None
        for obstacle in await self.network.obstacles(account_id, customer_id):
            problems.add(*obstacle)
        problems.check()
        return prepared_act(QontoRequest("POST", None, record_id, "send_by_einvoice"), found)

    async def _read(
        self, account_id: str, asked: WriteRequest
    ) -> tuple[str, ClientInvoice, Found[Any], Problems]:
        record_id = known_id(asked.record_id or "")
        document, found = await self.records.one(account_id, record_id)
        return record_id, document, found, Problems(asked.confirmed)


def action_writers(records: Records[Any, Any], network: EInvoicing) -> dict[str, Writer[Any]]:
    """Return the writers of what is done to invoices."""
    actions = InvoiceActions(records, network)
    return {
        "invoices.finalize": Change(records, actions.finalize, _is_final),
        "invoices.cancel": Change(records, actions.cancel, _has_status),
        "invoices.markAsPaid": Change(records, actions.mark_as_paid, _is_paid),
        "invoices.unmarkAsPaid": Change(records, actions.unmark_as_paid, _has_status),
        "invoices.send": Sending(records, actions.send),
        "invoices.sendAsEInvoice": Change(records, actions.send_as_e_invoice, _is_submitted),
    }


def _is_final(sent: QontoRequest, record: Mapping[str, Any]) -> bool:
    del sent
    return record.get("status") != "draft"


def _has_status(sent: QontoRequest, record: Mapping[str, Any]) -> bool:
    return record.get("status") == sent.like["status"]


def _is_paid(sent: QontoRequest, record: Mapping[str, Any]) -> bool:
    """Say that it is paid, on the day that was asked for: Qonto tells it as a moment of the day."""
    day = (sent.body or {}).get("paid_at")
    told = str(record.get("paid_at") or "")
    return _has_status(sent, record) and (day is None or told.startswith(day))


def _is_submitted(sent: QontoRequest, record: Mapping[str, Any]) -> bool:
    del sent
    return bool(record.get("einvoicing_status"))


def _require(
    document: ClientInvoice,
    statuses: tuple[str, ...],
    done: str,
    problems: Problems,
    hint: str | None = None,
) -> None:
    if document.status not in statuses:
        problems.add(
            "status", "WRONG_STATUS", f"An invoice that is {document.status} can't be {done}.", hint
        )

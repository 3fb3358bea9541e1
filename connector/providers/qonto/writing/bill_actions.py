"""What can be done to a supplier invoice at Qonto: refuse it, say that it is paid, or isn't."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.ports import Found, PreparedWrite, Writer, WriteRequest
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.session.lists import known_id, not_known
from connector.providers.qonto.writing.acts import prepared_act
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.providers.qonto.writing.wire import QontoRequest, Records, decoded, prepared
from connector.providers.qonto.writing.writers import Change
from connector.writing.problems import Problems, read_day
from connector.writing.requests.bill import REASONS, RejectionRequest
from connector.writing.requests.invoice import PaidRequest

REASON_DOUBT = "UNKNOWN_REASON"

_PAYABLE = (
    "to_review",
    "to_approve",
    "pending",
    "awaiting_payment",
    "to_pay",
    "paid",
    "archived",
)
_REJECTABLE = ("to_review", "to_approve", "awaiting_payment")
_LONGEST_NOTE = 500


@dataclass(frozen=True)
class BillActions:
    """What is sent to Qonto for each, or everything that speaks against it.

    `is_one` tells the documents that this is about from others on the same list.
    """

    records: Records[SupplierInvoice, Any]
    around: Surroundings
    is_one: Callable[[SupplierInvoice], bool]

    async def reject(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: RejectionRequest = asked.body
        record_id, found, problems = await self._begin(account_id, asked, "reject", _REJECTABLE)
        if len(request.note or "") > _LONGEST_NOTE:
            problems.add("note", "TOO_LONG", f"Qonto takes at most {_LONGEST_NOTE} characters.")
        await self._check_reason(account_id, request, decoded(found.raw), problems)
        problems.check()
        body = {"declined_note": request.note or "", "declined_reason_code": request.reason_code}
        said = {name: value for name, value in body.items() if value is not None}
        return prepared_act(
            QontoRequest(
                "POST", {"supplier_invoice": said}, record_id, "reject", {"status": "rejected"}
            ),
            found,
        )

    async def mark_as_paid(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: PaidRequest = asked.body
        record_id, found, problems = await self._begin(account_id, asked, "mark_as_paid", _PAYABLE)
        day = read_day(request.paid_date, "paidDate", problems)
        record = decoded(found.raw)
        paid_on = record.get("payment_date") if record.get("status") == "paid" else None
        if day is not None and paid_on and not str(paid_on).startswith(day.isoformat()):
            problems.add(
                "paidDate",
                "ALREADY_PAID",
                f"It is marked as paid on {paid_on} already, which Qonto would leave as it is.",
                "Unmark it first.",
            )
        problems.check()
        body = {} if day is None else {"payment_date": day.isoformat()}
        return prepared(
            QontoRequest(
                "POST", {"supplier_invoice": body}, record_id, "mark_as_paid", {"status": "paid"}
            )
        )

    async def unmark_as_paid(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        record_id, _, problems = await self._begin(account_id, asked, "unmark_as_paid", ("paid",))
        problems.check()
        return prepared(
            QontoRequest("POST", None, record_id, "unmark_as_paid", {"status": "to_review"})
        )

    async def _begin(
        self, account_id: str, asked: WriteRequest, action: str, statuses: tuple[str, ...]
    ) -> tuple[str, Found[Any], Problems]:
        """Read the document, and note when its status or Qonto itself says that it can't be."""
        record_id = known_id(asked.record_id or "")
        document, found = await self.records.one(account_id, record_id)
        if not self.is_one(document):
            raise not_known()
        problems = Problems(asked.confirmed)
        done = _DONE[action]
        if document.status not in statuses:
            problems.add(
                "status",
                "WRONG_STATUS",
                f"One that is {document.status} can't be {done}; one that is "
                f"{', '.join(statuses)} can.",
            )
        elif _is_barred(decoded(found.raw), action):
            problems.add("status", "NOT_AVAILABLE", f"Qonto says that this can't be {done} now.")
        return record_id, found, problems

    async def _check_reason(
        self,
        account_id: str,
        request: RejectionRequest,
        record: Mapping[str, Any],
        problems: Problems,
    ) -> None:
        if request.reason_code is not None:
            if request.reason_code not in REASONS:
                problems.doubt(
                    "reasonCode",
                    REASON_DOUBT,
                    f"{request.reason_code[:40]!r} is none of: {', '.join(REASONS)}.",
                )
        elif record.get("is_einvoice"):
            issuer = await self.around.issuer(account_id)
            if issuer.country in ("FR", ""):
                problems.add(
                    "reasonCode",
                    "REQUIRED",
                    "An electronic invoice in France is refused with a code that says why.",
                    f"One of: {', '.join(REASONS)}.",
                )


_DONE = {
    "reject": "rejected",
    "mark_as_paid": "marked as paid",
    "unmark_as_paid": "unmarked as paid",
}


def standing_writers(
    name: str,
    records: Records[SupplierInvoice, Any],
    around: Surroundings,
    is_one: Callable[[SupplierInvoice], bool],
) -> dict[str, Writer[Any]]:
    """Return the writers of where documents stand; `name` is their resource."""
    actions = BillActions(records, around, is_one)
    return {
        f"{name}.reject": Change(records, actions.reject, _has_status),
        f"{name}.markAsPaid": Change(records, actions.mark_as_paid, _has_status),
        f"{name}.unmarkAsPaid": Change(records, actions.unmark_as_paid, _has_status),
    }


def _is_barred(record: Mapping[str, Any], action: str) -> bool:
    """Say whether Qonto names the action among those that aren't available.

    It does so for actions of its own application; what it doesn't name it may do.
    """
    available = record.get("available_actions")
    return isinstance(available, dict) and available.get(action) is False  # pyright: ignore[reportUnknownMemberType]


def _has_status(sent: QontoRequest, record: Mapping[str, Any]) -> bool:
    return record.get("status") == sent.like["status"]

"""Transfers at Qonto: the payee is verified, the transfer asked for, the owner's answer read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from connector.errors import MissingScope, UnreadableAnswer
from connector.http import ProviderCall
from connector.outcomes import ProviderAnswer
from connector.paying.order import (
    ApprovalMethod,
    CheckedOrder,
    Payee,
    PaymentOrder,
    Verification,
)
from connector.paying.ports import (
    ApprovalState,
    ApprovalUnusable,
    Challenged,
    NotEnrolled,
    TransferAnswer,
    Transferred,
)
from connector.ports import Found, WriteDone
from connector.providers.qonto.client import (
    READ_ORGANIZATION,
    TRANSFERS,
    QontoClient,
    readable,
)
from connector.providers.qonto.documents.transfers import (
    Challenge,
    PayeeVerification,
    ScaSession,
    Transfer,
)
from connector.providers.qonto.mapping import Calendar, map_transfer
from connector.providers.qonto.mapping.amounts import read_decimal
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.mapping.transfer import TRANSFER_STATUSES
from connector.providers.qonto.paying.checking import TransferChecks
from connector.unified.enums import MATCH_RESULTS
from connector.unified.payment import Payment
from oauth.errors import NotSupported
from oauth.tokens import AccessSource
from storage.clock import Clock, iso_millis

PAY = "payment.write"

METHOD_HEADER, TOKEN_HEADER = "X-Qonto-2fa-Preference", "X-Qonto-Sca-Session-Token"
NEEDS_APPROVAL, NO_APPROVAL = 428, 412
"""Statuses that say that the owner has to approve it, or that what they approved isn't taken."""

_KEY = "X-Qonto-Idempotency-Key"
_VERIFY = "/v2/sepa/verify_payee"
_PREFIX = "MATCH_RESULT_"
_MOST_PAGES = 50
_ANSWERS: dict[str, ApprovalState] = {"waiting": "WAITING", "allow": "ALLOWED", "deny": "DENIED"}


@dataclass(frozen=True)
class QontoTransfers:
    """The PaymentSystem of Qonto."""

    client: QontoClient
    access: AccessSource
    clock: Clock

    async def allow(self, account_id: str) -> None:
        granted = (await self.access.get(account_id)).scopes
        if granted is None:
            raise NotSupported(
                "This account is linked by API key, and Qonto takes payments only from accounts "
                "that are linked by OAuth. Link it again at /auth/{target}."
            )
        for scope in (READ_ORGANIZATION, PAY):
            if scope not in granted:
                raise MissingScope(scope)

    async def check(self, account_id: str, order: PaymentOrder, today: date) -> CheckedOrder:
        checks = TransferChecks(self.client, self.clock)
        return await checks.check(account_id, order, today)

    async def verify(self, account_id: str, payee: Payee, now: datetime) -> Verification:
        body = msgspec.json.encode({"iban": payee.iban, "beneficiary_name": payee.name})
        answer = await self.client.call(
            account_id, ProviderCall("POST", _VERIFY, _VERIFY, body=body, scope=PAY)
        )
        found = _read(answer, PayeeVerification)
        result = (found.match_result or "").removeprefix(_PREFIX)
        if not found.proof:
            raise UnreadableAnswer(
                "Qonto's answer can't be read: there is no proof in it.", trace_id=answer.trace_id
            )
        known = result if result in MATCH_RESULTS else "UNSPECIFIED"
        return Verification(known, found.proof, now, found.matched_name or None)

    def request(self, checked: CheckedOrder, proof: str) -> bytes:
        order = checked.order
        transfer: dict[str, Any] = {
            "bank_account_id": checked.bank_account_id,
            "beneficiary_id": checked.payee.id,
            "reference": order.reference.strip(),
            "amount": f"{order.amount:.2f}",
        }
        if order.day is not None:
            transfer["scheduled_date"] = checked.day
        if order.note:
            transfer["note"] = order.note
        if order.file_ids:
            transfer["attachment_ids"] = list(order.file_ids)
        return msgspec.json.encode({"vop_proof_token": proof, "transfer": transfer})

    async def send(
        self, account_id: str, request: bytes, key: str, method: ApprovalMethod, token: str | None
    ) -> TransferAnswer:
        approved = () if token is None else ((TOKEN_HEADER, token),)
        answer = await self.client.call(
            account_id,
            ProviderCall(
                "POST",
                TRANSFERS.path,
                TRANSFERS.path,
                body=request,
                scope=PAY,
                headers=((_KEY, key), (METHOD_HEADER, method), *approved),
                wanted=(NEEDS_APPROVAL, NO_APPROVAL),
            ),
        )
        if answer.status in (NEEDS_APPROVAL, NO_APPROVAL):
            return read_challenge(answer)
        document, raw = readable(TRANSFERS.resource.read_one, answer)
        if not document.id:
            raise UnreadableAnswer(
                "Qonto's answer can't be read: there is no transfer in it.",
                trace_id=answer.trace_id,
            )
        return self._transferred(document, raw)

    async def approval(self, account_id: str, token: str, method: ApprovalMethod) -> ApprovalState:
        kind = "mocked_sca_sessions" if method == "mock" else "sca_sessions"
        path = f"/v2/{kind}"
        if not token.isalnum():
            return "GONE"
        answer = await self.client.call(
            account_id, ProviderCall("GET", f"{path}/{token}", f"{path}/{{token}}", wanted=(404,))
        )
        if answer.status == 404:
            return "GONE"
        return _ANSWERS.get(_read(answer, ScaSession).result or "", "WAITING")

    async def find(
        self, account_id: str, request: bytes, since: datetime
    ) -> Sequence[WriteDone[Payment]]:
        sent: dict[str, Any] = msgspec.json.decode(request)["transfer"]
        asked = (
            ("beneficiary_ids[]", str(sent["beneficiary_id"])),
            ("updated_at_from", iso_millis(since)),
        )
        alike: list[WriteDone[Payment]] = []
        for number in range(1, _MOST_PAGES + 1):
            page = await self.client.page(account_id, TRANSFERS, number, params=asked)
            for record in page.records:
                document = record.document
                if document is None or not document.id or not _is_of(document, sent):
                    continue
                made_at = read_instant(document.created_at)
                if made_at is None or made_at >= since:
                    found = self._transferred(document, record.raw).found
                    alike.append(WriteDone(document.id, found, made_at))
            if page.meta.next_page is None:
                return alike
        raise UnreadableAnswer("There are more transfers at Qonto than are looked through.")

    async def look(self, account_id: str, transfer_id: str) -> Transferred:
        document, raw = await self.client.one(account_id, TRANSFERS, transfer_id)
        return self._transferred(document, raw)

    def read(self, raw: bytes) -> Transferred:
        document, own = TRANSFERS.resource.read_one(raw)
        return self._transferred(document, own)

    def _transferred(self, document: Transfer, raw: bytes) -> Transferred:
        mapped = map_transfer(document, Calendar(self.clock(), None))
        status = TRANSFER_STATUSES.get(document.status or "", "PENDING")
        return Transferred(document.id or "", status, Found(mapped.value, mapped.warnings, raw))


def read_challenge(answer: ProviderAnswer) -> Challenged | NotEnrolled | ApprovalUnusable:
    """Read 428 and 412: a session's token first; without one the owner can't be asked."""
    if answer.status == NO_APPROVAL:
        return ApprovalUnusable()
    try:
        told = msgspec.json.decode(answer.body, type=Challenge)
    except msgspec.MsgspecError:
        told = Challenge()
    if told.sca_session_token:
        return Challenged(told.sca_session_token)
    if told.code == "sca_not_enrolled":
        return NotEnrolled()
    return ApprovalUnusable()


def _is_of(document: Transfer, sent: dict[str, Any]) -> bool:
    """Say whether a transfer shows what was sent."""
    return (
        document.beneficiary_id == sent["beneficiary_id"]
        and document.bank_account_id == sent["bank_account_id"]
        and read_decimal(document.amount) == Decimal(sent["amount"])
        and (document.reference or "").strip() == sent["reference"]
    )


def _read(answer: ProviderAnswer, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.MsgspecError:
        raise UnreadableAnswer("Qonto's answer can't be read.", trace_id=answer.trace_id) from None

"""Payments proposed to the people of an organisation: Qonto's multi-transfer requests.

They move no money and need no strong authentication; the owner or an admin approves them in Qonto's
app. Qonto knows a request again by a key, for half an hour; later it is looked for by its note, in
a list that not every price plan has. Where neither tells, nothing is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from connector.errors import DownstreamForbidden, UnreadableAnswer, WriteOutcomeUnknown
from connector.http import ProviderCall
from connector.ports import Found, PreparedWrite, WriteDone, Writer, WriteRequest
from connector.providers.qonto.client import (
    LARGEST_PAGE,
    READ_ORGANIZATION,
    QontoClient,
    QontoEndpoint,
    readable,
)
from connector.providers.qonto.documents.requests import MULTI_TRANSFERS, QontoRequestForApproval
from connector.providers.qonto.mapping.amounts import read_decimal
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.providers.qonto.writing.writers import MOST_PAGES
from connector.unified.proposal import Proposal
from connector.writing.decisions import CLOCK_MARGIN, had_no_effect
from connector.writing.fingerprints import key_at_target
from connector.writing.problems import Problems
from connector.writing.requests.proposal import ProposalRequest
from storage.clock import Clock, iso_millis
from storage.errors import ServiceError

PROPOSE = "payouts.propose"
WRITE_REQUESTS = "request_transfers.write"
MOST_TRANSFERS = 400

KEY_LIVES = timedelta(minutes=25)
"""How long the same key is trusted to make no second request; Qonto says half an hour."""

_PATH = "/v2/requests/multi_transfers"
_KEY_HEADER = "X-Qonto-Idempotency-Key"
_REQUESTS = QontoEndpoint(
    "/v2/requests",
    MULTI_TRANSFERS,
    READ_ORGANIZATION,
    (("request_type[]", "multi_transfer"), ("sort_by", "created_at:desc")),
    has_single=False,
)


class ProposalSent(msgspec.Struct, frozen=True):
    """A request as it is stored; `note`, `count` and `total` are what it's known again by."""

    key: str
    note: str
    count: int
    total: str
    begun_at: datetime
    body: dict[str, Any]


@dataclass(frozen=True)
class Proposals:
    """The Writer of proposals."""

    client: QontoClient
    clock: Clock
    around: Surroundings

    can_repeat = True

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: ProposalRequest = asked.body
        problems = Problems()
        await self._check_account(account_id, request.debit_iban, problems)
        problems.check()
        total = sum((one.amount for one in request.transfers), Decimal("0.00"))
        sent = ProposalSent(
            key=key_at_target(account_id, asked.seed, request.note),
            note=request.note,
            count=len(request.transfers),
            total=f"{total:f}",
            begun_at=request.begun_at,
            body={"request_multi_transfer": _body(request)},
        )
        return PreparedWrite(msgspec.json.encode(sent))

    async def _check_account(self, account_id: str, iban: str | None, problems: Problems) -> None:
        if iban is None:
            return
        issuer = await self.around.issuer(account_id)
        if issuer.accounts is None:
            return
        open_ibans = {one.iban for one in issuer.accounts if one.is_open}
        if iban not in open_ibans:
            problems.add(
                "debitIban",
                "UNKNOWN_ACCOUNT",
                "No open account of the organisation has this IBAN.",
                "Name one of GET /accounting/bankAccounts.",
            )

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[Proposal]:
        sent = msgspec.json.decode(prepared.request, type=ProposalSent)
        if self.clock() >= sent.begun_at + KEY_LIVES:
            there = await self._listed(account_id, sent)
            if there is None:
                raise WriteOutcomeUnknown(
                    "Qonto doesn't know the key of this proposal any more, and its requests can't "
                    f"be listed. Look for the request {sent.note!r} in Qonto's app."
                )
            if there:
                return there[0]
        return await self._post(account_id, sent)

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[Proposal]] | None:
        """Find the request by its note; where requests can't be listed, by asking with its key."""
        del since
        sent = msgspec.json.decode(prepared.request, type=ProposalSent)
        there = await self._listed(account_id, sent)
        if there is not None or self.clock() >= sent.begun_at + KEY_LIVES:
            return there
        try:
            return (await self._post(account_id, sent),)
        except ServiceError as error:
            if error.retryable or not had_no_effect(error):
                raise
            return ()

    def read(self, raw: bytes) -> Found[Proposal]:
        document, own = MULTI_TRANSFERS.read_one(raw)
        return _found(document, own)

    async def _post(self, account_id: str, sent: ProposalSent) -> WriteDone[Proposal]:
        call = ProviderCall(
            "POST",
            _PATH,
            _PATH,
            body=msgspec.json.encode(sent.body),
            scope=WRITE_REQUESTS,
            headers=((_KEY_HEADER, sent.key),),
            is_keyed=True,
        )
        answer = await self.client.call(account_id, call)
        document, raw = readable(MULTI_TRANSFERS.read_one, answer)
        if not document.id:
            raise UnreadableAnswer("Qonto's answer to a proposal has no id.")
        return _done(document, raw)

    async def _listed(
        self, account_id: str, sent: ProposalSent
    ) -> Sequence[WriteDone[Proposal]] | None:
        """Return the requests that are this one; None where they can't be listed."""
        since = sent.begun_at - CLOCK_MARGIN
        params = (("created_at_from", iso_millis(since)),)
        found: list[WriteDone[Proposal]] = []
        for number in range(1, MOST_PAGES + 1):
            try:
                page = await self.client.page(account_id, _REQUESTS, number, LARGEST_PAGE, params)
            except DownstreamForbidden:
                return None
            found += [
                _done(one.document, one.raw)
                for one in page.records
                if one.document is not None and _is_it(one.document, sent)
            ]
            if found or page.meta.next_page is None:
                return found
        return None

    async def states(self, account_id: str, since: datetime) -> dict[str, Proposal] | None:
        """Return the requests made since a moment by their ids; None where none can be listed."""
        params = (("created_at_from", iso_millis(since - CLOCK_MARGIN)),)
        found: dict[str, Proposal] = {}
        for number in range(1, MOST_PAGES + 1):
            try:
                page = await self.client.page(account_id, _REQUESTS, number, LARGEST_PAGE, params)
            except DownstreamForbidden:
                return None
            for one in page.records:
                if one.document is not None and one.document.id:
                    found[one.document.id] = _found(one.document, one.raw).item
            if page.meta.next_page is None:
                break
        return found


def _body(request: ProposalRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "note": request.note,
        "transfers": [
            {
                "amount": f"{one.amount:.2f}",
                "currency": "EUR",
                "credit_iban": one.iban,
                "credit_account_name": one.name,
                "credit_account_currency": "EUR",
                "reference": one.reference,
                "attachment_ids": list(one.attachment_ids),
            }
            for one in request.transfers
        ],
    }
    if request.day is not None:
        body["scheduled_date"] = request.day.isoformat()
    if request.debit_iban is not None:
        body["debit_iban"] = request.debit_iban
    return body


def _is_it(document: QontoRequestForApproval, sent: ProposalSent) -> bool:
    count, total = document.total_transfers_count, read_decimal(document.total_transfers_amount)
    return (
        document.note == sent.note
        and count in (None, sent.count)
        and total in (None, Decimal(sent.total))
    )


def _done(document: QontoRequestForApproval, raw: bytes) -> WriteDone[Proposal]:
    # no moment: the note tells requests apart, whatever the two clocks say
    return WriteDone(document.id, _found(document, raw))


def _found(document: QontoRequestForApproval, raw: bytes) -> Found[Proposal]:
    status = (document.status or "pending").upper()
    return Found(Proposal(document.id or "", status, document.declined_note), (), raw)


def proposal_writers(
    client: QontoClient, clock: Clock, around: Surroundings
) -> dict[str, Writer[Any]]:
    """Return the writer of proposals."""
    return {PROPOSE: Proposals(client, clock, around)}

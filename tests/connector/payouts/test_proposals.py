"""Proposals at Qonto: known again by their key for a while, by their note for ever, or not."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from connector.errors import (
    DownstreamForbidden,
    DownstreamRefused,
    DownstreamTimeout,
    WriteOutcomeUnknown,
)
from connector.http import ProviderCall
from connector.outcomes import ProviderAnswer
from connector.ports import PreparedWrite, WriteRequest
from connector.providers.qonto.client import QontoClient
from connector.providers.qonto.documents.requests import MULTI_TRANSFERS
from connector.providers.qonto.writing.proposals import KEY_LIVES, Proposals
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.writing.requests.proposal import ProposalRequest, ProposedTransfer
from tests.connector.payouts.written import IBAN

BEGUN = datetime(2026, 11, 30, 9, tzinfo=UTC)
REQUEST = ProposalRequest(
    note="salaries.csv (po_1), part 1",
    begun_at=BEGUN,
    transfers=(
        ProposedTransfer(name="Marie", iban=IBAN, amount=Decimal("2.5"), reference="17"),
        ProposedTransfer(name="Karl", iban=IBAN, amount=Decimal("1.01"), reference="18"),
    ),
)


@dataclass
class Qonto:
    """Keeps requests, knows keys for half an hour, and lists requests unless it's forbidden."""

    now: datetime = BEGUN
    is_listed: bool = True
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    keys: dict[str, tuple[datetime, dict[str, Any]]] = field(
        default_factory=dict[str, tuple[datetime, dict[str, Any]]]
    )
    failure: Exception | None = None
    posts: int = 0

    def clock(self) -> datetime:
        return self.now

    async def call(self, account_id: str, call: ProviderCall) -> ProviderAnswer:
        self.posts += 1
        assert call.is_keyed and call.scope == "request_transfers.write"
        if isinstance(self.failure, DownstreamRefused):
            raise self.failure
        key = dict(call.headers)["X-Qonto-Idempotency-Key"]
        made = self.keys.get(key)
        if made is None or self.now > made[0] + timedelta(minutes=30):
            asked = json.loads(cast(bytes, call.body))["request_multi_transfer"]
            made = (self.now, self._made(asked))
            self.keys[key] = made
            self.requests.append(made[1])
        if self.failure is not None:
            raise self.failure
        body = json.dumps({"request_multi_transfer": made[1]}).encode()
        return ProviderAnswer(200, body, "application/json", None, None)

    def _made(self, asked: dict[str, Any]) -> dict[str, Any]:
        total = sum(Decimal(one["amount"]) for one in asked["transfers"])
        return {
            "id": f"r{len(self.requests)}",
            "status": "pending",
            "note": asked["note"],
            "total_transfers_amount": f"{total}",
            "total_transfers_count": len(asked["transfers"]),
            "created_at": self.now.isoformat(),
        }

    async def page(self, account_id: str, *asked: Any) -> Any:
        if not self.is_listed:
            raise DownstreamForbidden("not in the plan")
        body = {"requests": self.requests[::-1], "meta": {"next_page": None}}
        return MULTI_TRANSFERS.read_page(json.dumps(body).encode())


async def prepared(qonto: Qonto) -> tuple[Proposals, PreparedWrite]:
    client = cast(QontoClient, qonto)
    proposals = Proposals(client, qonto.clock, Surroundings(client))
    return proposals, await proposals.prepare("acct_1", WriteRequest(REQUEST, seed="seed"))


@pytest.fixture
def qonto() -> Qonto:
    return Qonto()


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize("minutes", [0, 24])
async def test_a_lost_answer_is_found_while_the_key_lives(
    qonto: Qonto, is_listed: bool, minutes: int
) -> None:
    qonto.is_listed = is_listed
    proposals, write = await prepared(qonto)
    qonto.failure = DownstreamTimeout("lost")
    with pytest.raises(DownstreamTimeout):
        await proposals.send("acct_1", write)
    qonto.failure = None
    qonto.now += timedelta(minutes=minutes)
    found = await proposals.find("acct_1", write, BEGUN)
    assert found is not None
    assert [one.made_id for one in found] == ["r0"]
    assert len(qonto.requests) == 1


@pytest.mark.parametrize("is_listed", [True, False])
async def test_after_that_nothing_is_sent_without_looking(qonto: Qonto, is_listed: bool) -> None:
    """By then the same key would make a second request."""
    proposals, write = await prepared(qonto)
    await proposals.send("acct_1", write)
    qonto.is_listed, qonto.now = is_listed, BEGUN + timedelta(minutes=31)
    if is_listed:
        assert (await proposals.send("acct_1", write)).made_id == "r0"
    else:
        assert await proposals.find("acct_1", write, BEGUN) is None
        with pytest.raises(WriteOutcomeUnknown):
            await proposals.send("acct_1", write)
    assert (len(qonto.requests), qonto.posts) == (1, 1)


async def test_what_was_never_made_is_sent_however_late(qonto: Qonto) -> None:
    proposals, write = await prepared(qonto)
    qonto.now = BEGUN + KEY_LIVES
    assert await proposals.find("acct_1", write, BEGUN) == []
    assert (await proposals.send("acct_1", write)).made_id == "r0"


async def test_the_same_request_has_the_same_key_and_no_other_has(qonto: Qonto) -> None:
    proposals, write = await prepared(qonto)
    _, again = await prepared(qonto)
    assert again.request == write.request
    other = REQUEST.model_copy(update={"note": "salaries.csv (po_1), part 2"})
    await proposals.send("acct_1", write)
    second = await proposals.prepare("acct_1", WriteRequest(other, seed="seed"))
    assert await proposals.find("acct_1", second, BEGUN) == []
    await proposals.send("acct_1", second)
    assert len(qonto.keys) == len(qonto.requests) == 2


async def test_a_refusal_made_nothing(qonto: Qonto) -> None:
    qonto.is_listed = False
    proposals, write = await prepared(qonto)
    qonto.failure = DownstreamRefused("no", status=422)
    assert await proposals.find("acct_1", write, BEGUN) == ()
    assert qonto.requests == []


async def test_what_looks_alike_is_not_taken_for_it(qonto: Qonto) -> None:
    """Another sum, or another number of payments, under the same note is somebody else's."""
    proposals, write = await prepared(qonto)
    await proposals.send("acct_1", write)
    for changes in ({"total_transfers_amount": "3.50"}, {"total_transfers_count": 3}):
        original = dict(qonto.requests[0])
        qonto.requests[0] |= changes
        assert await proposals.find("acct_1", write, BEGUN) == []
        qonto.requests[0] = original

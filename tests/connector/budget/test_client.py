"""The provider client under a budget, and what callers see of it."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable

import httpx2
import pytest

from connector.app.edge import error_response
from connector.budget import Rate, RateBudget
from connector.errors import CallsSuspended, DownstreamError, RateLimited
from connector.http import FixedAccess, Limits, ProviderCall, ProviderClient, provider_http
from connector.outcomes import Dialect, Refusal
from oauth.tokens import Access
from tests.connector.budget.faketime import FakeTime

DIALECT = Dialect("Bank", gated=False, trace_header="X-Trace", read_refusal=lambda *_: Refusal())
GET = ProviderCall("GET", "/v2/things", "/v2/things")
WIDE = Rate(1000, 10, 20)


class Bank:
    """A target system that notes when requests came, and answers as told."""

    def __init__(self, answer: Callable[[int], httpx2.Response]) -> None:
        self.came: list[float] = []
        self.answer = answer

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.came.append(time.monotonic())
        await asyncio.sleep(0)
        return self.answer(len(self.came))


class Renewable:
    """Renews as often as it's asked to."""

    async def get(self, account_id: str) -> Access:
        return Access({}, frozenset(), None, 1)

    async def renew(self, account_id: str, refused: Access) -> Access:
        return Access({}, frozenset(), None, refused.version + 1)


async def run_until_idle(came: list[float]) -> None:
    """Go on until no more requests come; nothing but the clock of the budget is waited for."""
    seen = -1
    while len(came) != seen:
        seen = len(came)
        for _ in range(200):
            await asyncio.sleep(0)


def client_of(
    bank: Bank,
    budget: RateBudget,
    *,
    total: float = 30,
    first_wait: float = 0.01,
    renewable: bool = False,
) -> ProviderClient:
    return ProviderClient(
        provider_http(httpx2.MockTransport(bank)),
        Renewable() if renewable else FixedAccess(Access({}, None, None)),
        "https://bank.example",
        DIALECT,
        limits=Limits(total=total, first_wait=first_wait),
        budget=budget,
    )


@pytest.mark.covers("QX-07")
async def test_two_hundred_readers_share_the_budget() -> None:
    """Of fifty accounts, some leaving early: all others end, retries count, nothing exceeds.

    Time moves only when every task has run until it waits, so that a request comes when it was
    granted however slow the machine is.
    """
    clock = FakeTime()
    clock.moment = time.monotonic()
    came: list[float] = []

    def answer(number: int) -> httpx2.Response:
        came.append(clock.moment)
        return httpx2.Response(503 if number % 20 == 0 else 200, json={})

    budget = RateBudget(
        "Bank",
        (Rate(150, 10, 20), Rate(10_000, 600, 60)),
        now=clock.now,
        call_later=clock.call_later,
    )
    client = client_of(Bank(answer), budget, total=3600, first_wait=0)
    answered = Counter[str]()

    async def read(account_id: str) -> None:
        for _ in range(2):
            await client.send(account_id, GET)
            answered[account_id] += 1

    readers = [asyncio.create_task(read(f"acct_{number % 50}")) for number in range(200)]
    await run_until_idle(came)
    for reader in readers[::10]:
        reader.cancel()
    async with asyncio.timeout(60):
        while not all(reader.done() for reader in readers):
            await clock.sleep(0.5)
            await run_until_idle(came)
    ended = await asyncio.gather(*readers, return_exceptions=True)
    assert [one for number, one in enumerate(ended) if number % 10] == [None] * 180
    assert min(answered[f"acct_{number}"] for number in range(50) if number % 10) == 8
    assert max(came.count(moment) for moment in came) <= 150
    for begin in came:
        assert sum(begin <= moment <= begin + 10 for moment in came) <= 150
    await budget.close()


async def test_a_429_holds_back_every_account() -> None:
    """The address is throttled, so that others don't run into the same."""
    bank = Bank(lambda number: httpx2.Response(429, headers={"Retry-After": "40"}))
    client = client_of(bank, RateBudget("Bank", (WIDE,)))
    with pytest.raises(RateLimited):
        await client.send("acct_1", GET)
    with pytest.raises(RateLimited) as caught:
        await client.send("acct_2", GET)
    assert len(bank.came) == 1
    assert caught.value.retry_after == pytest.approx(40, abs=1)


async def test_after_the_pause_the_call_is_made_again() -> None:
    bank = Bank(
        lambda number: (
            httpx2.Response(429, headers={"Retry-After": "0.2"})
            if number == 1
            else httpx2.Response(200, json={})
        )
    )
    budget = RateBudget("Bank", (WIDE,))
    await client_of(bank, budget).send("acct_1", GET)
    first, second = bank.came
    assert second - first >= 0.2
    await budget.close()


async def test_an_account_whose_renewed_access_is_refused_waits_before_it_asks_again() -> None:
    """It's temporary as far as anybody knows: 503 and when to come back; others go on."""
    bank = Bank(lambda number: httpx2.Response(401 if number <= 2 else 200, json={}))
    client = client_of(bank, RateBudget("Bank", (WIDE,)), renewable=True, total=1)
    for _ in range(20):
        with pytest.raises(CallsSuspended) as caught:
            await client.send("odd", GET)
        assert caught.value.code == "ACCOUNT_CALLS_SUSPENDED"
        assert caught.value.retry_after == pytest.approx(2, abs=1)
    assert len(bank.came) == 2
    await client.send("fine", GET)


async def test_one_refusal_is_healed_by_renewal() -> None:
    """A token that ended early costs one 401 and stops nobody."""
    bank = Bank(lambda number: httpx2.Response(401 if number == 1 else 200, json={}))
    client = client_of(bank, RateBudget("Bank", (WIDE,)), renewable=True)
    for _ in range(3):
        await client.send("acct_1", GET)
    assert len(bank.came) == 4


@pytest.mark.covers("QX-07")
async def test_callers_read_in_headers_when_to_come_back() -> None:
    """429 with the limit, what remains and the seconds to wait."""
    bank = Bank(lambda _: httpx2.Response(200, json={}))
    client = client_of(bank, RateBudget("Bank", (Rate(2, 10, 20),)), total=1)
    await client.send("acct_1", GET)
    await client.send("acct_1", GET)
    with pytest.raises(RateLimited) as caught:
        await client.send("acct_1", GET)
    answer = error_response(caught.value, "req_1")
    assert answer.status_code == 429
    assert answer.headers["RateLimit-Limit"] == "2"
    assert answer.headers["RateLimit-Remaining"] == "0"
    assert answer.headers["RateLimit-Reset"] == answer.headers["Retry-After"]
    assert 10 <= int(answer.headers["Retry-After"]) <= 11


async def test_the_target_systems_own_429_says_what_is_known() -> None:
    """It names no limit, so no header does."""
    bank = Bank(lambda _: httpx2.Response(429, headers={"Retry-After": "20"}))
    with pytest.raises(DownstreamError) as caught:
        await client_of(bank, RateBudget("Bank", (WIDE,))).send("acct_1", GET)
    headers = error_response(caught.value, "req_1").headers
    assert (headers["Retry-After"], headers["RateLimit-Reset"]) == ("20", "20")
    assert headers["RateLimit-Remaining"] == "0"
    assert "RateLimit-Limit" not in headers


def test_a_suspended_account_is_asked_to_come_back() -> None:
    answer = error_response(CallsSuspended("Try again.", retry_after=59.2), "req_1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


@pytest.mark.parametrize("ends", ["answered", "broken off", "failed", "refused"])
async def test_a_call_holds_its_place_from_its_grant_to_its_end(ends: str) -> None:
    """However long it takes, and however it ends: then it counts for a window more."""
    clock = FakeTime()
    arrived, opened = asyncio.Event(), asyncio.Event()

    async def slow(request: httpx2.Request) -> httpx2.Response:
        arrived.set()
        await opened.wait()
        if ends == "failed":
            raise httpx2.ReadError("gone")
        return httpx2.Response(422 if ends == "refused" else 200, json={})

    budget = RateBudget("Bank", (Rate(1, 10, 20),), now=clock.now, call_later=clock.call_later)
    client = ProviderClient(
        provider_http(httpx2.MockTransport(slow)),
        FixedAccess(Access({}, None, None)),
        "https://bank.example",
        DIALECT,
        limits=Limits(total=3600, retries=0),
        budget=budget,
    )
    clock.moment = time.monotonic()
    calling = asyncio.create_task(client.send("acct_1", GET))
    await arrived.wait()
    waiting = asyncio.create_task(budget.acquire("acct_2", clock.moment + 3600))
    await clock.sleep(300)
    assert not waiting.done(), "it is under way"
    if ends == "broken off":
        calling.cancel()
    opened.set()
    await asyncio.gather(calling, return_exceptions=True)
    await clock.sleep(9.9)
    assert not waiting.done()
    await clock.sleep(0.7)
    assert waiting.done()
    await budget.close()

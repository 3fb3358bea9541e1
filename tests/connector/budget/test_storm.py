"""Hundreds of calls at the moment at which the target system ends an account's access."""

import asyncio

import httpx2
import pytest

from connector.budget import Rate, RateBudget
from connector.budget import refusals as refusals_module
from connector.errors import AccessRefused, CallsSuspended, DownstreamUnavailable
from connector.http import Limits, ProviderCall, ProviderClient, provider_http
from connector.outcomes import Dialect, Refusal
from oauth.errors import ProviderUnavailable
from oauth.tokens import Access

DIALECT = Dialect("Bank", gated=False, trace_header="X-Trace", read_refusal=lambda _: Refusal())
GET = ProviderCall("GET", "/v2/things", "/v2/things")
WIDE = Rate(100_000, 10, 20)


class World:
    """A bank that ends tokens, and a vault that renews them once for all who ask."""

    def __init__(self) -> None:
        self.valid = {1}
        self.version = 1
        self.renewals = 0
        self.refused = 0
        self.calls = 0
        self.ends = False
        self.is_renewable = True
        self.trouble: list[httpx2.Response | Exception] = []
        self.renew_fails: Exception | None = None
        self._renewing: asyncio.Task[None] | None = None

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.calls += 1
        await asyncio.sleep(0.02)
        version = int(request.headers["X-Version"])
        if self.trouble:
            trouble = self.trouble.pop()
            if isinstance(trouble, Exception):
                raise trouble
            return trouble
        if version not in self.valid:
            self.refused += 1
            return httpx2.Response(401, json={})
        return httpx2.Response(200, json={})

    async def get(self, account_id: str) -> Access:
        return self._access()

    async def renew(self, account_id: str, refused: Access) -> Access:
        if refused.version == self.version:
            if self._renewing is None:
                self._renewing = asyncio.create_task(self._renew())
            await asyncio.shield(self._renewing)
        return self._access()

    async def _renew(self) -> None:
        await asyncio.sleep(0.2)
        self._renewing = None
        self.renewals += 1
        if self.renew_fails is not None:
            raise self.renew_fails
        self.version += 1
        if not self.ends:
            self.valid = {self.version}

    def _access(self) -> Access:
        return Access(
            {"X-Version": str(self.version)},
            frozenset(),
            None,
            self.version,
            is_renewable=self.is_renewable,
        )

    def process(self, total: float = 30) -> ProviderClient:
        return ProviderClient(
            provider_http(httpx2.MockTransport(self)),
            self,
            "https://bank.example",
            DIALECT,
            limits=Limits(total=total, first_wait=0.01),
            budget=RateBudget("Bank", (WIDE,)),
        )


@pytest.fixture
def world() -> World:
    return World()


async def send(clients: list[ProviderClient], count: int) -> list[object]:
    return await asyncio.gather(
        *(clients[number % len(clients)].send("acct_1", GET) for number in range(count)),
        return_exceptions=True,
    )


@pytest.mark.covers("QX-07")
@pytest.mark.parametrize("processes", [1, 4])
@pytest.mark.parametrize("calls", [64, 512])
async def test_all_calls_succeed_after_one_renewal(
    world: World, calls: int, processes: int
) -> None:
    clients = [world.process() for _ in range(processes)]
    world.valid = set()
    failed = [one for one in await send(clients, calls) if isinstance(one, Exception)]
    assert not failed
    assert world.renewals == 1
    assert world.refused <= 32 * processes <= 150


async def test_trouble_of_the_target_system_beside_a_renewal_asks_nobody_to_link(
    world: World,
) -> None:
    """The probe of the renewed access meets a 503: the others aren't shut out for it."""
    client = world.process()
    world.valid = set()
    await send([client], 8)
    world.valid = set()
    waiting = asyncio.gather(*(client.send("acct_1", GET) for _ in range(64)))
    await asyncio.sleep(0.1)
    world.trouble = [httpx2.Response(503), httpx2.Response(429), httpx2.ReadTimeout("late")]
    await asyncio.gather(waiting, return_exceptions=True)
    assert all(not isinstance(one, AccessRefused) for one in await send([client], 8))


async def test_a_renewal_that_fails_is_temporary(world: World) -> None:
    client = world.process()
    world.valid, world.renew_fails = set(), ProviderUnavailable()
    outcomes = await send([client], 64)
    assert {type(one) for one in outcomes} == {ProviderUnavailable}
    world.renew_fails = None
    assert not [one for one in await send([client], 64) if isinstance(one, Exception)]


async def test_a_renewal_that_outlasts_the_call_is_temporary(world: World) -> None:
    client = world.process(total=0.1)
    world.valid = set()
    outcomes = await send([client], 64)
    assert all(isinstance(one, DownstreamUnavailable) for one in outcomes)


async def test_a_link_whose_renewed_access_is_never_accepted_must_be_made_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals_module, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(refusals_module, "GROWTH", 1)
    monkeypatch.setattr(refusals_module, "FINAL_AFTER", 0.3)
    client = world.process()
    world.valid, world.ends = set(), True
    first = await send([client], 1)
    assert isinstance(first[0], CallsSuspended)
    outcomes: list[object] = []
    async with asyncio.timeout(30):
        while not any(isinstance(one, AccessRefused) for one in outcomes):
            outcomes += await send([client], 1)
    world.version, world.ends = 1000, False
    world.valid = {1000}  # the customer has linked again
    assert not [one for one in await send([client], 8) if isinstance(one, Exception)]


async def test_an_access_that_was_checked_and_is_refused_all_the_same_is_never_blamed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It works, says the check: linking again wouldn't help, so the answer stays temporary."""
    monkeypatch.setattr(refusals_module, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(refusals_module, "GROWTH", 1)
    monkeypatch.setattr(refusals_module, "FINAL_AFTER", 0.1)
    client = world.process()
    world.valid, world.ends, world.is_renewable = set(), True, False
    outcomes: list[object] = []
    async with asyncio.timeout(60):
        while world.renewals < 5:
            outcomes += await send([client], 1)
    assert {type(one) for one in outcomes} == {CallsSuspended}

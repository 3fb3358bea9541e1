"""What the back office's HTTP adds to the use cases it calls, side by side in one run.

The service, the simulated Qonto and the caller are this process, so that both sides pay for the
same Qonto, and the added part for the caller too. A use case is called as the back office calls it;
then the same is asked for over a socket, with an API key. Rounds take turns. Where others are at
work on the machine, most calls of more than a millisecond wait for a processor in their middle. So
the quickest tenth of all calls is compared, and the processor's time stands beside it.
"""

import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from connector.app.container import Container
from connector.app.factory import create_app
from connector.app.one_company import OwnAccount
from connector.app.own_account import OwnCompany
from connector.app.serving import bind, serving
from connector.balances import Balances
from connector.ports import Query, WriteRequest
from connector.resources.bank import BANK_ACCOUNTS
from connector.resources.invoices import INVOICES
from connector.writing.requests.offer import OfferRequest
from storage.repositories.accounts import Account
from tests.bench.figures import Figure
from tests.support.described import in_process

ROUNDS, CALLS = 9, 20
MOST_ADDED = 5.0
"""Milliseconds that the back office may add to a use case; or a tenth of it, where that is more."""

One = Callable[[], Awaitable[Any]]


async def run(_long: bool) -> Sequence[Figure]:
    """Measure a balance, a page of invoices, a PDF, and a quote that is made."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        async with in_process(Path(name)) as up:
            # its clock stands still: no second of the documented rates would ever be over
            up.simulator.control.set_quirks(rate_limits=False, pdf_delay=0, file_delay=0)
            invoice = str(up.simulator.control.create_invoice()["id"])
            client = next(
                one for one in up.simulator.world.first.clients if one.tax_identification_number
            )
            own = OwnAccount(up.simulator.login, up.simulator.secret)
            company = OwnCompany(up.container, own)
            account = await company.link()
            made = await up.container.oauth.tenant_keys.create(await company.tenant(), "bench")
            app = create_app(up.container, worker=False, company=company)
            async with (
                serving(app, bind("127.0.0.1", 0)) as address,
                httpx2.AsyncClient(base_url=f"{address}/api/qonto") as http,
            ):
                http.headers["X-API-KEY"] = made.secret
                quote = _quote(client.id)
                direct = _direct(up.container, account, invoice, quote)
                through = _through(http, invoice, quote)
                figures = [
                    figure
                    for what, one in direct.items()
                    for figure in await _compared(what, one, through[what])
                ]
                return [*figures, await _crossing(http, address)]


def _quote(client_id: str) -> dict[str, Any]:
    line = {"name": "Consulting", "quantity": 2, "unitAmount": 600, "taxRatePercentage": 20}
    return {
        "contactId": client_id,
        "offerDate": "2026-11-20",
        "expiryDate": "2026-12-20",
        "termsAndConditions": "Good for 30 days.",
        "lineItems": [line],
    }


def _direct(
    container: Container, account: Account, invoice: str, quote: dict[str, Any]
) -> Mapping[str, One]:
    reading, files = container.reading, container.registry.get(account.target).files
    assert files is not None

    async def pdf() -> None:
        opened = await files.open_document(account.id, "INVOICE", invoice)
        content = b"".join([chunk async for chunk in opened.chunks()])
        await opened.close()
        assert content.startswith(b"%PDF")

    async def make() -> None:
        asked = WriteRequest(body=OfferRequest.model_validate(quote))
        await container.writing.perform(account, "offers.create", asked, None)

    return {
        "balance": lambda: Balances(reading).of(account, BANK_ACCOUNTS.chosen),
        "50 invoices": lambda: reading.list(account, INVOICES.chosen, Query(limit=50)),
        "PDF": pdf,
        "quote made": make,
    }


def _through(http: httpx2.AsyncClient, invoice: str, quote: dict[str, Any]) -> Mapping[str, One]:
    async def get(path: str) -> None:
        answer = await http.get(path)
        assert answer.status_code == 200, answer.text

    async def make() -> None:
        answer = await http.post("/quotes", json=quote)
        assert answer.status_code == 201, answer.text

    return {
        "balance": lambda: get("/balance"),
        "50 invoices": lambda: get("/invoices?limit=50"),
        "PDF": lambda: get(f"/invoices/{invoice}/pdf"),
        "quote made": make,
    }


async def _compared(what: str, direct: One, through: One) -> list[Figure]:
    await _each(direct), await _each(through)  # warm
    sides = [await _each(one) for _ in range(ROUNDS) for one in (direct, through)]
    alone, asked = sides[::2], sides[1::2]
    use_case = _undisturbed(alone)
    most = max(MOST_ADDED, use_case / 10)
    clock = _undisturbed(asked) - use_case
    processor = statistics.median(
        one.processor - other.processor for one, other in zip(asked, alone, strict=True)
    )
    return [
        Figure(f"backoffice: {what}, the use case alone", use_case, "ms", better="lower"),
        Figure(f"backoffice: {what}, added", clock, "ms", most, "lower"),
        Figure(
            f"backoffice: {what}, added of the processor's time", processor, "ms", most, "lower"
        ),
    ]


async def _crossing(http: httpx2.AsyncClient, address: str) -> Figure:
    """Time a call that does nothing: what any answer over a socket costs here and now."""

    async def health() -> None:
        assert (await http.get(f"{address}/health")).status_code == 200

    await _each(health)  # warm
    took = _undisturbed([await _each(health) for _ in range(ROUNDS)])
    return Figure("backoffice: /health over the same socket", took, "ms", better="lower")


class _Round(NamedTuple):
    """Milliseconds of each call of a round, and what a call took of the processor's."""

    calls: list[float]
    processor: float


def _undisturbed(rounds: Sequence[_Round]) -> float:
    """Return what a tenth of all calls are quicker than."""
    return statistics.quantiles((call for one in rounds for call in one.calls), n=10)[0]


async def _each(one: One) -> _Round:
    """Make many calls, one after the other."""
    calls: list[float] = []
    busy = time.process_time()
    for _ in range(CALLS):
        began = time.perf_counter()
        await one()
        calls.append(1000 * (time.perf_counter() - began))
    return _Round(calls, 1000 * (time.process_time() - busy) / CALLS)

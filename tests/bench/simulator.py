"""The simulator under load: do large lists cost more than small ones, and what does making them?

In-process, over the ASGI app: what is measured is the simulator, not a socket.
"""

import asyncio
import gc
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx2
from qonto_simulator import Simulator

from tests.bench.figures import Figure

SMALL, LARGE, MADE = 1_000, 100_000, 10_000
ROUNDS, PAGES = 9, 20


async def run(_long: bool) -> Sequence[Figure]:
    """Measure filtered pages out of few and many invoices, and the making of invoices."""
    small, large = _with_invoices(SMALL), _with_invoices(LARGE)
    figures = [
        Figure(
            f"simulator: page of 100 by {name}, out of {LARGE:,} against {SMALL:,}",
            await _ratio(small, large, parameters),
            "x",
            target=1.5,
            better="lower",
        )
        for name, parameters in {
            "status": _by_status,
            "updated_at window": _by_window,
        }.items()
    ]
    del large
    figures.append(await _making())
    return figures


def _with_invoices(count: int) -> Simulator:
    simulator = Simulator(seed=1)
    simulator.control.set_quirks(rate_limits=False)
    simulator.control.generate("client_invoices", count)
    return simulator


def _by_status(_simulator: Simulator) -> Mapping[str, str]:
    return {"filter[status]": "unpaid", "per_page": "100"}


def _by_window(simulator: Simulator) -> Mapping[str, str]:
    now = simulator.control.now()
    return {
        "filter[updated_at_from]": (now - timedelta(days=120)).isoformat(),
        "filter[updated_at_to]": (now - timedelta(days=30)).isoformat(),
        "per_page": "100",
    }


async def _ratio(
    small: Simulator, large: Simulator, parameters: Callable[[Simulator], Mapping[str, str]]
) -> float:
    """Return how many times the small list's page the large one's costs, in the median round."""
    ratios: list[float] = []
    for _ in range(ROUNDS):
        took = [await _pages(one, parameters(one)) for one in (small, large)]
        ratios.append(took[1] / took[0])
    return statistics.median(ratios)


async def _pages(simulator: Simulator, parameters: Mapping[str, str]) -> float:
    """Fetch the same page some times; return the seconds."""
    headers = {"Authorization": f"Bearer {simulator.issue_access_token()}"}
    transport = httpx2.ASGITransport(simulator.app)
    async with httpx2.AsyncClient(
        transport=transport, base_url=simulator.base_url, headers=headers
    ) as http:
        began = time.perf_counter()
        for _ in range(PAGES):
            response = await http.get("/v2/client_invoices", params=dict(parameters))
        took = time.perf_counter() - began
    body = response.json()
    if len(body["client_invoices"]) != 100 or body["meta"]["total_count"] < 100:
        raise RuntimeError(f"the page is not full: {body['meta']}")
    return took


async def _making() -> Figure:
    """Compare generating invoices with writing the same invoices as JSON."""
    ratios: list[float] = []
    documents = await _documents(_with_invoices(MADE))
    for _ in range(5):
        simulator = Simulator(seed=1)
        gc.collect()
        began = time.perf_counter()
        simulator.control.generate("client_invoices", MADE)
        generated = time.perf_counter() - began
        gc.collect()
        began = time.perf_counter()
        json.dumps(documents)
        ratios.append(generated / (time.perf_counter() - began))
    return Figure(
        f"simulator: making {MADE:,} invoices against json.dumps of them",
        statistics.median(ratios),
        "x",
        target=3.0,
        better="lower",
    )


async def _documents(simulator: Simulator) -> list[Any]:
    """Fetch every invoice as the API serves it."""
    headers = {"Authorization": f"Bearer {simulator.issue_access_token()}"}
    found: list[Any] = []
    page: int | None = 1
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(simulator.app),
        base_url=simulator.base_url,
        headers=headers,
    ) as http:
        while page is not None:
            body = (await http.get("/v2/client_invoices", params={"page": page})).json()
            found += body["client_invoices"]
            page = body["meta"]["next_page"]
            await asyncio.sleep(0)
    return found

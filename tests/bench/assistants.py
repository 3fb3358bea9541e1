"""What the door for assistants adds: `list_client_invoices` of 100 beside the read of that page.

The same process, account and upstream; both take their turn in every round, and the difference of
each round counts. In both eras of the protocol, by bare requests: what a client does with an answer
isn't ours.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2

from storage.sealing import KeyRing, MasterKey
from tests.bench.figures import Figure
from tests.bench.linking import Headers, link
from tests.bench.page_of_invoices import PER_PAGE
from tests.bench.programs import served
from tests.bench.reads import UNLIMITED, canned
from tests.support import databases

ROUNDS, CALLS = 25, 6
MOST_MS, MOST_SHARE = 5.0, 0.3
VERSIONS = {"2026-07-28": "of now", "2025-11-25": "of before"}
"""Versions of the protocol, and which era they are of."""


async def run(_long: bool) -> Sequence[Figure]:
    """Measure a page of 100 by the API and by a tool, side by side."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        url = databases.new_sqlite(databases.sqlite_template(folder), folder)
        key = MasterKey.generate("bench")
        (account,) = await link(url, KeyRing([key]), 1)
        async with (
            canned() as upstream,
            httpx2.AsyncClient(timeout=60) as caller,
            served(url, key, QONTO__API_URL=upstream, **UNLIMITED) as connector,
        ):
            return await _measured(caller, connector.address, account)


async def _measured(caller: httpx2.AsyncClient, address: str, account: Headers) -> list[Figure]:
    rest: list[float] = []
    added: dict[str, list[float]] = {version: [] for version in VERSIONS}
    for round in range(-2, ROUNDS):
        read = await _seconds(_read(caller, address, account))
        if round >= 0:
            rest.append(read)
        for version in VERSIONS:
            took = await _seconds(_call(caller, address, account, version))
            if round >= 0:
                added[version].append(took - read)
        await asyncio.sleep(0)
    median = statistics.median(rest) * 1000
    most = max(MOST_MS, MOST_SHARE * median)
    return [
        Figure(f"mcp: page of {PER_PAGE} by the API", median, "ms", better="lower"),
        *(
            Figure(
                f"mcp: list_client_invoices of {PER_PAGE}, protocol {era}, more than that",
                statistics.median(added[version]) * 1000,
                "ms",
                round_up(most),
                "lower",
            )
            for version, era in VERSIONS.items()
        ),
    ]


def round_up(milliseconds: float) -> float:
    """Return a target with one decimal."""
    return round(milliseconds, 1)


async def _seconds(call: Any) -> float:
    """Return what one of several calls takes."""
    began = time.perf_counter()
    for _ in range(CALLS):
        await call()
    return (time.perf_counter() - began) / CALLS


def _read(caller: httpx2.AsyncClient, address: str, account: Headers) -> Any:
    async def read() -> None:
        answer = await caller.get(
            f"{address}/accounting/invoices?limit={PER_PAGE}", headers=account
        )
        if len(answer.json()["data"]) != PER_PAGE:
            raise RuntimeError(answer.text[:200])

    return read


def _call(caller: httpx2.AsyncClient, address: str, account: Headers, version: str) -> Any:
    name = "list_client_invoices"
    params: dict[str, Any] = {"name": name, "arguments": {"per_page": PER_PAGE}}
    headers = {
        **account,
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": version,
    }
    if version > "2026":
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": name}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}

    async def call() -> None:
        answer = await caller.post(f"{address}/mcp", json=body, headers=headers)
        records = answer.json()["result"]["structuredContent"]["records"]
        if len(records) != PER_PAGE:
            raise RuntimeError(answer.text[:200])

    return call

"""One process whose account's access the target system ends while many calls are under way.

Run as a program it says `ready`, waits for a line, and answers what became of its calls as JSON.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter

from connector.app import logs
from connector.app.settings import LogGroup
from connector.budget import Rate, RateBudget
from connector.http import ProviderCall, ProviderClient, provider_http
from connector.outcomes import Dialect, Refusal
from storage.engine import Database, StorageSettings
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.support.linked import vault_at

_DIALECT = Dialect("Qonto", gated=False, trace_header="X-Trace", read_refusal=lambda _: Refusal())
_CALL = ProviderCall("GET", "/v2/organization", "/v2/organization")


async def meet(database_url: str, address: str, calls: int) -> None:
    ring = KeyRing([MasterKey.parse(os.environ["BENCH_KEY"])])
    work = UnitOfWork(Database(StorageSettings(url=database_url)))
    async with work.reading() as tx:
        account = (await tx.accounts.all())[0].id
    outcomes: Counter[str] = Counter()
    http = provider_http()
    vault = vault_at(work, ring, http, address)
    budget = RateBudget("Qonto", (Rate(100_000, 10, 20),))

    def observe(_method: str, _route: str, status: int | None, _seconds: float) -> None:
        outcomes[f"answers {status}"] += 1

    client = ProviderClient(http, vault, address, _DIALECT, budget=budget, observe=observe)
    await vault.get(account)

    async def one() -> None:
        try:
            await client.send(account, _CALL)
        except Exception as error:
            outcomes[type(error).__name__] += 1
        else:
            outcomes["success"] += 1

    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(calls)))
    took = time.perf_counter() - began
    await vault.close()
    await budget.close()
    await http.aclose()
    await work.database.close()
    print(json.dumps({"seconds": took, "outcomes": dict(outcomes)}), flush=True)


if __name__ == "__main__":
    logs.configure(LogGroup(level="error"))  # on standard error: the answer is on the other
    asyncio.run(meet(sys.argv[1], sys.argv[2], int(sys.argv[3])))

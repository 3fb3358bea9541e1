"""One process of a refresh storm: many tasks that all want access to all accounts at once.

Run as a program it says `ready`, waits for a line, and answers what became of it as JSON.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter

from connector.app import logs
from connector.app.settings import LogGroup
from connector.http import provider_http
from connector.transport.client import ProviderHttp
from storage.engine import Database, StorageSettings
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.support.linked import vault_at


async def storm(database_url: str, address: str, tasks: int) -> None:
    ring = KeyRing([MasterKey.parse(os.environ["BENCH_KEY"])])
    work = UnitOfWork(Database(StorageSettings(url=database_url)))
    async with work.reading() as tx:
        accounts = [account.id for account in await tx.accounts.all()]
    failures: Counter[str] = Counter()
    http: ProviderHttp = provider_http()
    vault = vault_at(work, ring, http, address)

    async def one(seed: int) -> None:
        order = accounts.copy()
        random.Random(seed).shuffle(order)
        for account_id in order:
            try:
                await vault.get(account_id)
            except Exception as error:
                failures[type(error).__name__] += 1

    print("ready", flush=True)
    seed = int(sys.stdin.readline())
    began = time.perf_counter()
    async with asyncio.timeout(40):
        await asyncio.gather(*(one(seed * tasks + number) for number in range(tasks)))
    took = time.perf_counter() - began
    await vault.close()
    await http.aclose()
    await work.database.close()
    print(json.dumps({"seconds": took, "failures": dict(failures)}), flush=True)


if __name__ == "__main__":
    logs.configure(LogGroup(level="error"))  # on standard error: the answer is on the other
    asyncio.run(storm(sys.argv[1], sys.argv[2], int(sys.argv[3])))

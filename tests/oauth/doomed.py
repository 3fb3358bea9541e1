"""A process that refreshes an account's tokens and is killed, with SIGKILL, where it is told.

Run as a program it reads `account_id point` lines, forks a process for each, and answers the
number of the signal that ended it. Points: before the call, after the answer, after the commit, or
a number of milliseconds after the start.
"""

import asyncio
import os
import signal
import sys
from typing import Any, cast

import httpx2

from oauth.client import OAuthClient
from oauth.unsaved import Unsaved
from storage.engine import Database, StorageSettings
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.support.linked import vault_at

KEY = MasterKey("doomed", bytes(range(32)))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DoomedClient(OAuthClient):
    """Dies around its call."""

    point = ""

    async def _post(self, *arguments: Any) -> httpx2.Response:
        if self.point == "before-the-call":
            die()
        response = await super()._post(*arguments)
        if self.point == "after-the-answer":
            die()
        return response


async def refresh(database_url: str, address: str, account_id: str, point: str) -> None:
    if point == "after-the-commit":
        save = cast(Any, Unsaved)._save

        async def saved(self: Unsaved, *arguments: Any) -> bool:
            await save(self, *arguments)
            die()
            return True

        cast(Any, Unsaved)._save = saved
    elif point.isdecimal():
        asyncio.get_running_loop().call_later(int(point) / 1000, die)
    database = Database(StorageSettings(url=database_url))
    async with httpx2.AsyncClient() as http:
        client = DoomedClient(http, 10)
        DoomedClient.point = point
        vault = vault_at(UnitOfWork(database), KeyRing([KEY]), http, address, client=client)
        await vault.get(account_id)
        await asyncio.sleep(1)


def main() -> None:
    database_url, address = sys.argv[1:]
    print("ready", flush=True)
    for line in sys.stdin:
        account_id, point = line.split()
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(refresh(database_url, address, account_id, point))
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)


if __name__ == "__main__":
    main()

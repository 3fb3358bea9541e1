"""A process that refreshes accounts' tokens and is killed, with SIGKILL, where it is told.

Run as a program it reads `account_id,account_id,... point` lines, forks a process for each, and
answers the number of the signal that ended it. Points: before the call, after the answer, when the
tokens are on the disk, after the commit, or a number of milliseconds after the start; `cut-off`
takes the database away instead, and kills a second later. With several accounts all of them get
there first.
"""

import asyncio
import os
import signal
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2

from connector.app import logs
from connector.app.settings import LogGroup
from connector.transport.client import ProviderHttp
from oauth.client import OAuthClient
from oauth.spill import Spill
from oauth.unsaved import InHand, Unsaved
from storage.engine import Database, StorageSettings
from storage.errors import StorageUnavailable
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.support.linked import vault_at

KEY = MasterKey("doomed", bytes(range(32)))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Point:
    """Where the process dies, once as many refreshes as it was given have come there."""

    name = ""
    expected = 1
    came = 0

    @classmethod
    async def reached(cls, name: str) -> None:
        """Hold a refresh here if this is the point, or die with all of them."""
        if cls.name != name:
            return
        cls.came += 1
        if cls.came == cls.expected:
            die()
        await asyncio.Event().wait()


class DoomedClient(OAuthClient):
    """Dies around its call."""

    async def _post(self, *arguments: Any) -> httpx2.Response:
        await Point.reached("before-the-call")
        response = await super()._post(*arguments)
        await Point.reached("after-the-answer")
        return response


class DoomedUnsaved(Unsaved):
    """Dies around its commit, or never gets there."""

    async def _save(self, in_hand: InHand) -> bool:
        await Point.reached("on-the-disk")
        if Point.name == "cut-off":
            asyncio.get_running_loop().call_later(1, die)
            raise StorageUnavailable("cut off")
        saved = await super()._save(in_hand)
        await Point.reached("after-the-commit")
        return saved


async def refresh(database_url: str, address: str, accounts: list[str], point: str) -> None:
    loop = asyncio.get_running_loop()
    loop.call_later(15, die)  # whoever didn't get to the point by then dies elsewhere
    if point.isdecimal():
        loop.call_later(int(point) / 1000, die)
    Point.name, Point.expected = point, len(accounts)
    ring, database = KeyRing([KEY]), Database(StorageSettings(url=database_url))
    work = UnitOfWork(database)
    async with ProviderHttp() as http:
        vault = vault_at(
            work,
            ring,
            http,
            address,
            client=DoomedClient(http, 10),
            unsaved=DoomedUnsaved(work, spill_at(database_url, ring), lambda _: None),
        )
        await asyncio.gather(*(vault.get(account_id) for account_id in accounts))
        await asyncio.sleep(15 if point == "cut-off" or len(accounts) > 1 else 1)


def spill_at(database_url: str, ring: KeyRing) -> Spill:
    """The folder that all processes of a test share, as those of one machine do."""
    return Spill(
        Path(tempfile.gettempdir()) / f"spill-{sha256(database_url.encode()).hexdigest()[:12]}",
        ring,
    )


def main() -> None:
    database_url, address = sys.argv[1:]
    logs.configure(LogGroup(level="error"))  # on standard error: the answer is on the other
    print("ready", flush=True)
    for line in sys.stdin:
        accounts, point = line.split()
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(refresh(database_url, address, accounts.split(","), point))
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)


if __name__ == "__main__":
    main()

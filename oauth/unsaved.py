"""Refreshed sets on their way into the database, however long that is away.

A set that the provider handed over is the only one that will work from then on. So it's kept here,
and on this machine's disk where there is a folder for it, until the row has it or a newer one.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from oauth.accounts import Ready
from oauth.spill import Spill, Spilled
from storage.errors import ServiceError
from storage.log import logger
from storage.repositories.tokens import StoredTokens
from storage.unit_of_work import UnitOfWork

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
"""Seconds between two attempts to save: at first, and at most."""

PATIENCE = 1.0
"""Seconds that whoever needs the tokens waits for the first attempt, before going on with them."""

AT_EXIT = 8.0
AT_EXIT_SPILLED = 2.0
"""Seconds that a process waits for the database when it ends: for sets that only it has, and for
those that are on its disk as well."""


class TokensLost(ServiceError):
    """A process had to end with refreshed tokens that it could store nowhere."""

    code = "TOKENS_LOST"

    def __init__(self, connection_ids: list[str]) -> None:
        super().__init__(
            f"refreshed tokens of {', '.join(connection_ids)} could not be saved before the end: "
            "the database was away, and no state directory took them. A process that finds the "
            "interrupted refresh within a minute saves the link; else the customer must link again."
        )


@dataclass(eq=False)
class InHand:
    """A refreshed set that isn't in its row yet."""

    stored: StoredTokens = field(repr=False)
    version: int
    """The version that it replaces."""
    ready: Ready | None = field(default=None, repr=False)
    """The account that it was refreshed for, as it was then; None for a set found on the disk."""
    path: Path | None = None
    """Where it is on the disk."""

    def over(self, ready: Ready) -> Ready:
        """Return an account's rows with this set in the place of the one that it replaces."""
        return replace(ready, tokens=replace(self.stored, version=self.version + 1))


class Unsaved:
    """Keeps refreshed sets until they are saved. One per process."""

    def __init__(
        self,
        work: UnitOfWork,
        spill: Spill | None,
        observe: Callable[[str], None],
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`observe` is told how each refresh ended: refreshed or overtaken; that one is unsaved
        when the first attempt failed, and lost when the process had to end with it."""
        self._work = work
        self._spill = spill
        self._observe = observe
        self._jitter = jitter
        self._tasks: dict[InHand, asyncio.Task[None]] = {}

    def get(self, connection_id: str) -> InHand | None:
        """Return the newest set of a connection that isn't saved yet."""
        mine = [one for one in self._tasks if one.stored.connection_id == connection_id]
        return max(mine, key=lambda one: one.version, default=None)

    async def save(self, stored: StoredTokens, version: int, ready: Ready) -> None:
        """Save a set over the version that it replaces, unless that is outdated.

        Returns when that is done or takes long; then it goes on, and `get` answers the set.
        """
        await self._settled(self._begin(InHand(stored, version, ready)))

    async def is_settled(self, in_hand: InHand) -> bool:
        """Wait a moment for a set to be saved; return whether it was, or is outdated."""
        if in_hand in self._tasks:
            await self._settled(self._tasks[in_hand])
        return in_hand not in self._tasks

    async def recover(self) -> None:
        """Begin to save what an earlier process left on this machine's disk."""
        if self._spill is None:
            return
        for found in await asyncio.to_thread(self._spill.read):
            match found:
                case Spilled(path, stored, version):
                    logger.warning(
                        "token.recovered", connection_id=stored.connection_id, version=version
                    )
                    self._begin(InHand(stored, version, path=path))
                case Path():
                    logger.error("token.spill_unreadable", kind=found.name)

    async def close(self) -> None:
        """Wait for the database, but not for ever. Raises TokensLost."""
        began = asyncio.get_running_loop().time()
        while self._tasks:
            waited = asyncio.get_running_loop().time() - began
            is_safe = all(one.path for one in self._tasks)
            if waited >= (AT_EXIT_SPILLED if is_safe else AT_EXIT):
                break
            await asyncio.wait(list(self._tasks.values()), timeout=0.1)
        lost: list[str] = []
        for in_hand, task in list(self._tasks.items()):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            connection_id = in_hand.stored.connection_id
            if in_hand.path is not None:
                logger.warning("token.left_on_disk", connection_id=connection_id)
                continue
            lost.append(connection_id)
            self._observe("lost")
            logger.critical("token.lost", connection_id=connection_id)
        if lost:
            raise TokensLost(lost)

    def _begin(self, in_hand: InHand) -> "asyncio.Task[None]":
        task = asyncio.create_task(self._keep_saving(in_hand))
        self._tasks[in_hand] = task
        task.add_done_callback(lambda _: self._tasks.pop(in_hand, None))
        return task

    async def _settled(self, task: "asyncio.Task[None]") -> None:
        await asyncio.wait([task], timeout=PATIENCE)

    async def _keep_saving(self, in_hand: InHand) -> None:
        connection_id = in_hand.stored.connection_id
        pause, told = FIRST_PAUSE, False
        while True:
            await self._write_down(in_hand)
            try:
                saved = await self._save(in_hand)
                break
            except Exception as error:
                # whatever it is, these tokens are the only ones that work
                if not told:
                    told = True
                    self._observe("unsaved")
                    logger.error(
                        "token.unsaved", connection_id=connection_id, error=type(error).__name__
                    )
            await asyncio.sleep(pause * (0.75 + self._jitter() / 2))
            pause = min(pause * 2, LONGEST_PAUSE)
        self._observe("refreshed" if saved else "overtaken")
        logger.info(
            "token.refreshed", connection_id=connection_id, outcome="saved" if saved else "late"
        )
        await self._cross_out(in_hand)

    async def _save(self, in_hand: InHand) -> bool:
        async with self._work.writing() as tx:
            return await tx.tokens.replace(in_hand.stored, version=in_hand.version)

    async def _write_down(self, in_hand: InHand) -> None:
        """Keep it on the disk too; a disk that doesn't take it now may do so later."""
        if self._spill is None or in_hand.path is not None:
            return
        try:
            in_hand.path = await asyncio.to_thread(
                self._spill.write, in_hand.stored, in_hand.version
            )
        except OSError as error:
            logger.warning(
                "token.not_on_disk",
                connection_id=in_hand.stored.connection_id,
                error=str(error.strerror),
            )

    async def _cross_out(self, in_hand: InHand) -> None:
        if self._spill is None or in_hand.path is None:
            return
        try:
            await asyncio.to_thread(self._spill.remove, in_hand.path)
        except OSError as error:
            # it's outdated, which the next start finds out
            logger.warning("token.still_on_disk", error=str(error.strerror))

"""Behind the answers: when keys were last used, and their hashes under the newest master key.

Nothing waits for it. What can't be written is dropped and tried again at a later use.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from storage.bounded import Bounded
from storage.clock import Clock, system_clock
from storage.errors import ServiceError
from storage.group_commit import GroupCommit
from storage.log import logger
from storage.repositories.accounts import AccountKey
from storage.repositories.api_keys import ApiKey
from storage.repositories.keys import USE_NOTED_EVERY, KeyUse, in_order
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

_MOST_KEYS = 100_000
"""Keys whose last use is remembered; of one that isn't, a use may be written down twice."""


class KeyUses:
    """Takes note of keys that were presented. One per process; close it when the process ends."""

    def __init__(self, work: UnitOfWork, ring: KeyRing, clock: Clock = system_clock) -> None:
        self._work = work
        self._ring = ring
        self._clock = clock
        self._noted: Bounded[str, datetime] = Bounded(_MOST_KEYS)
        self._tasks: set[asyncio.Task[None]] = set()
        self._commits = GroupCommit[tuple[ApiKey | AccountKey, KeyUse], None](self._write)

    def note(self, key: ApiKey | AccountKey, presented: str) -> None:
        """Take note that this key was presented; each key is written down once a minute at most."""
        at = self._clock()
        noted = self._noted.get(key.id)
        if noted is not None and at - noted < USE_NOTED_EVERY:
            return
        digest = self._ring.digest(presented)
        is_recent = key.last_used_at is not None and at - key.last_used_at < USE_NOTED_EVERY
        if is_recent and digest.value == key.digest:
            return
        self._noted[key.id] = at
        use = KeyUse(key.id, at, key.digest, digest)
        task = asyncio.create_task(self._submit(key, use), name="note key use")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait until what was noted is written."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _submit(self, key: ApiKey | AccountKey, use: KeyUse) -> None:
        try:
            await self._commits.submit((key, use))
        except ServiceError as error:
            logger.warning("key.use_not_noted", code=error.code)
        except Exception as error:
            logger.error("key.use_not_noted", exc_info=error)

    async def _write(self, batch: Sequence[tuple[ApiKey | AccountKey, KeyUse]]) -> list[None]:
        api = [use for key, use in batch if isinstance(key, ApiKey)]
        account = [use for key, use in batch if isinstance(key, AccountKey)]
        async with self._work.writing() as tx:
            for use in in_order(api):
                await tx.api_keys.mark_used(use)
            for use in in_order(account):
                await tx.accounts.keys.mark_used(use)
        return [None] * len(batch)

"""The periodic task that settles the writes that were left open."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connector.errors import WriteOutcomeUnknown
from connector.ports import Writer
from connector.writing.decisions import SETTLED_AFTER, Absent, Adopt
from connector.writing.lost import LostWrites
from storage.errors import ServiceError
from storage.log import logger
from storage.repositories.writes import StoredWrite


@dataclass(frozen=True)
class SettlingWrites:
    """Settles them; `writer` returns what writes a target system's records of a kind."""

    lost: LostWrites
    writer: Callable[[str, str], Writer[Any]]

    async def run(self) -> int:
        """Look for the writes that were left open; return how many there were.

        What a process that died had under way is told for sure, and what was never done is
        forgotten, so that its key may be used again.
        """
        recording, settings = self.lost.recording, self.lost.settings
        now = recording.clock()
        async with recording.work.writing() as tx:
            left = await tx.writes.take_open(
                recording.owner,
                now=now,
                until=now + settings.lease,
                looked_before=now - SETTLED_AFTER,
                most=50,
            )
            await tx.writes.delete_ended(now - settings.keep, most=500)
        for write in left:
            await self._settle(write)
        return len(left)

    async def _settle(self, write: StoredWrite) -> None:
        lost = self.lost
        async with lost.recording.work.reading() as tx:
            account = await tx.accounts.get(write.account_id)
        if account is None:
            return
        try:
            writer = self.writer(account.target, write.operation)
            prepared = lost.recording.prepared(write)
            match await lost.look(write, writer, prepared):
                case Adopt(done):
                    await lost.finish(write, done, prepared)
                case Absent(is_final=True) if not lost.may_come(write, writer):
                    await lost.recording.forget(write)
                case verdict:
                    await lost.give_up(write, verdict)
        except WriteOutcomeUnknown:
            pass
        except ServiceError as error:
            logger.warning(
                "write.not_settled",
                account_id=write.account_id,
                kind=write.operation,
                code=error.code,
            )

"""Writes whose answers were lost: looked for, and adopted, done again or given up."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connector.errors import DownstreamTimeout, NotReached, WriteOutcomeUnknown
from connector.ports import PreparedWrite, WriteDone, Writer
from connector.writing.decisions import (
    CLOCK_MARGIN,
    SETTLED_AFTER,
    Absent,
    Adopt,
    Undecided,
    Unseen,
    WriteVerdict,
    decide,
    had_no_effect,
)
from connector.writing.performed import Performed, WriteSettings
from connector.writing.recording import Recording
from storage.clock import iso_millis
from storage.errors import ServiceError
from storage.log import logger
from storage.repositories.writes import RecordTaken, StoredWrite


@dataclass(frozen=True)
class LostWrites:
    """Finds out what came of writes."""

    recording: Recording
    settings: WriteSettings
    sleep: Callable[[float], Awaitable[None]]

    async def send(
        self,
        write: StoredWrite,
        writer: Writer[Any],
        prepared: PreparedWrite,
        *,
        earlier: StoredWrite | None = None,
    ) -> Performed[Any]:
        """Have a write leave, and store what came of it.

        `earlier` is the write as it stood before, when this is a repetition.
        """
        try:
            done = await self._leave(write, writer, prepared)
        except ServiceError as error:
            if had_no_effect(error):
                if earlier is not None:
                    return await self._refused_at_last(earlier, writer, prepared, error)
                await self.recording.forget(write)
                raise
            logger.warning(
                "write.lost", account_id=write.account_id, kind=write.operation, code=error.code
            )
            return await self._lost(write, writer, prepared)
        return await self.finish(write, done, prepared)

    async def _leave(
        self, write: StoredWrite, writer: Writer[Any], prepared: PreparedWrite
    ) -> WriteDone[Any]:
        """Send a write, long before others may take it for lost and send it again, or not at all.

        Raises NotReached, or DownstreamTimeout, when something held it up.
        """
        until = (write.lease_until or write.sent_at) - self.settings.lease / 4
        left = (until - self.recording.clock()).total_seconds()
        if left <= 0:
            raise NotReached("This process was held up, so that nothing was sent. Ask again.")
        try:
            # files take their time, and the target system knows them again
            async with asyncio.timeout(None if prepared.files else left):
                return await writer.send(write.account_id, prepared)
        except TimeoutError:
            raise DownstreamTimeout("It took longer than a write may take.") from None

    async def _lost(
        self, write: StoredWrite, writer: Writer[Any], prepared: PreparedWrite
    ) -> Performed[Any]:
        """Look for a write whose answer was lost, and where that is safe do it again."""
        await self.recording.lost(write)
        verdict: WriteVerdict[Any] = Undecided(())
        for wait in self.settings.looks:
            await self.sleep(wait)
            verdict = await self.look(write, writer, prepared)
            match verdict:
                case Adopt(done):
                    return await self.finish(write, done, prepared)
                case Absent() | Unseen() if writer.can_repeat:
                    try:
                        done = await writer.send(write.account_id, prepared)
                    except ServiceError as error:
                        if had_no_effect(error):
                            return await self._refused_at_last(write, writer, prepared, error)
                    else:
                        return await self.finish(write, done, prepared)
                case Undecided(()):
                    break
                case _:
                    pass
        return await self.give_up(write, verdict)

    async def _refused_at_last(
        self, write: StoredWrite, writer: Writer[Any], prepared: PreparedWrite, error: ServiceError
    ) -> Performed[Any]:
        """Say what came of it when a repetition had no effect: an earlier attempt may have had one.

        As long as that may still come, nobody can tell.
        """
        verdict = await self.look(write, writer, prepared)
        match verdict:
            case Adopt(done):
                return await self.finish(write, done, prepared)
            case Absent(is_final=True) if not self.may_come(write, writer):
                await self.recording.forget(write)
                raise error
            case _:
                # a second, for how waits are rounded
                later = self.recording.clock() + timedelta(seconds=1)
                return await self.give_up(write, verdict, settled_at=later + SETTLED_AFTER)

    def may_come(self, write: StoredWrite, writer: Writer[Any]) -> bool:
        """Say whether an attempt may still have its effect; repetitions leave until it's let go."""
        last = write.ended_at if writer.can_repeat else write.sent_at
        return last is None or self.recording.clock() < last + SETTLED_AFTER

    async def settle(
        self, write: StoredWrite, writer: Writer[Any], prepared: PreparedWrite
    ) -> Performed[Any]:
        """Look for a write that somebody left open; do it again when it certainly wasn't done."""
        verdict = await self.look(write, writer, prepared)
        match verdict:
            case Adopt(done):
                return await self.finish(write, done, prepared)
            case Absent(is_final) if is_final or writer.can_repeat:
                again = await self.recording.send_again(write)
                return await self.send(again, writer, prepared, earlier=write)
            case _:
                return await self.give_up(write, verdict)

    async def look(
        self, write: StoredWrite, writer: Writer[Any], prepared: PreparedWrite
    ) -> WriteVerdict[Any]:
        """Look at the target system, and say what became of a write."""
        since = write.sent_at - CLOCK_MARGIN
        try:
            candidates = await writer.find(write.account_id, prepared, since)
        except ServiceError:
            return Unseen()
        made = [one.made_id for one in candidates or () if one.made_id is not None]
        now = self.recording.clock()
        async with self.recording.work.hot_reading() as tx:
            taken = await tx.writes.taken_ids(write.account_id, write.operation, made)
            alike = await tx.writes.alike(write, now=now)
        return decide(candidates, taken, alike, sent_at=write.sent_at, now=now)

    async def finish(
        self, write: StoredWrite, done: WriteDone[Any], prepared: PreparedWrite
    ) -> Performed[Any]:
        """Store what came of a write. Raises WriteOutcomeUnknown when it's another write's."""
        try:
            return await self.recording.done(write, done, prepared)
        except RecordTaken:
            # another write that asked for the same has just taken this record for its own
            return await self.give_up(write, Undecided((done.made_id or "",)))

    async def give_up(
        self,
        write: StoredWrite,
        verdict: WriteVerdict[Any],
        *,
        settled_at: datetime | None = None,
    ) -> Performed[Any]:
        """Say that nobody can tell. Raises WriteOutcomeUnknown.

        `settled_at` is when asking again will tell; by default when what left first is settled.
        """
        now = self.recording.clock()
        await self.recording.unknown(write, now)
        logger.warning("write.unknown", account_id=write.account_id, kind=write.operation)
        wait = ((settled_at or write.sent_at + SETTLED_AFTER) - now).total_seconds()
        raise _unknown(write, verdict, wait)


def _unknown(write: StoredWrite, verdict: WriteVerdict[Any], wait: float) -> WriteOutcomeUnknown:
    since = iso_millis(write.sent_at)
    if isinstance(verdict, Undecided):
        seen = f" Candidates: {', '.join(verdict.ids)}." if any(verdict.ids) else ""
        return WriteOutcomeUnknown(
            f"The answer to this write was lost after it left at {since}, and looking did not tell "
            f"whether it was done. Look for it at the target system before writing again.{seen}"
        )
    return WriteOutcomeUnknown(
        f"The answer to this write was lost after it left at {since}, and nothing of it is to be "
        "seen yet. Send the same request with the same Idempotency-Key again: it is looked for "
        "before anything is written.",
        retry_after=max(1.0, wait),
    )

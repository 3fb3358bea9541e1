"""The use case of every write: check, record, send, and find out what came of it."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, TypeVar

import msgspec
from sqlalchemy.exc import IntegrityError

from connector.capabilities import webhook_word
from connector.errors import IdempotencyKeyReused, WriteInProgress, WriteOutcomeUnknown
from connector.ports import Found, PreparedWrite, WriteDone, Writer, WriteRequest
from connector.reading import ReadableAccount
from connector.registry import Registry
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
from connector.writing.fingerprints import fingerprint, key_digest
from oauth.errors import NotSupported
from storage.clock import Clock, iso_millis
from storage.errors import ServiceError
from storage.ids import new_id
from storage.log import logger
from storage.repositories.writes import StoredWrite
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """How long a write is waited for.

    `looks` are the seconds before each look for a lost one, `turns` those before each try to be
    the only one that writes about a record.
    """

    lease: timedelta = timedelta(seconds=60)
    looks: tuple[float, ...] = (0.0, 0.5, 1.5, 3.0)
    turns: tuple[float, ...] = (0.1, 0.3, 0.6, 1.0, 2.0, 3.0)
    keep: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Performed(Generic[T]):
    """What came of a write. `is_replayed` says that it was done by an earlier request."""

    found: Found[T] | None
    record_id: str | None
    warnings: tuple[str, ...] = ()
    is_replayed: bool = False


class _Kept(msgspec.Struct, frozen=True):
    """An answer as it is stored for those who ask again."""

    raw: bytes
    warnings: tuple[str, ...]


Wrote = Callable[[str, str, str], Awaitable[None]]
"""Told of every write that was done: account id, target system, resource in webhook words."""


Guard = Callable[[ReadableAccount, str], Awaitable[None]]
"""Raises for an account for which what a writer does is turned off."""


async def unguarded(account: ReadableAccount, name: str) -> None:
    """Let everything be written."""
    del account, name


async def ignored(account_id: str, target: str, resource: str) -> None:
    """Tell nobody."""
    del account_id, target, resource


@dataclass(frozen=True)
class Writing:
    """Writes for linked accounts. `clock` is the one that leases are taken by."""

    registry: Registry
    work: UnitOfWork
    ring: KeyRing
    clock: Clock
    settings: WriteSettings = WriteSettings()
    wrote: Wrote = ignored
    guard: Guard = unguarded
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    owner: str = field(default_factory=lambda: f"writes_{secrets.token_hex(8)}")

    async def check(
        self, account: ReadableAccount, name: str, asked: WriteRequest
    ) -> PreparedWrite:
        """Check a write without doing it. Raises Invalid with everything that is wrong."""
        await self.guard(account, name)
        return await self._writer(account.target, name).prepare(account.id, asked)

    async def perform(
        self, account: ReadableAccount, name: str, asked: WriteRequest, key: str | None
    ) -> Performed[Any]:
        """Do a write once, however often it is asked for with the same key.

        Raises Invalid, what the target system refuses with, IdempotencyKeyReused for a key of
        another request, WriteInProgress while it is being done, and WriteOutcomeUnknown when the
        answer was lost and it can't be told whether it was done.
        """
        await self.guard(account, name)
        writer = self._writer(account.target, name)
        # two names of one effect share keys, fingerprints and the records that were made
        name = self.registry.get(account.target).counted_as.get(name, name)
        mark, digest = fingerprint(name, asked), key_digest(key)
        asked = replace(asked, seed=asked.seed or digest or secrets.token_hex(16))
        if digest is not None:
            stored = await self._of_key(account.id, name, digest)
            if stored is not None:
                return await self._asked_again(stored, writer, mark, asked)
        for wait in (*self.settings.turns, None):
            # checked anew each time: what was written meanwhile may have changed what is right
            prepared = await writer.prepare(account.id, asked)
            write = self._new(account, name, asked, mark, digest, prepared)
            match await self._begin(write):
                case "begun":
                    done = await self._send(write, writer, prepared)
                    await self.wrote(account.id, account.target, _word_of(name))
                    return done
                case "key taken":
                    break
                case "not its turn":
                    if wait is None:
                        raise WriteInProgress("Something else about this record is being written.")
                    await self.sleep(wait)
        stored = await self._of_key(account.id, name, digest or "")
        if stored is None:
            raise WriteInProgress("A request with this key has just ended. Send it again.")
        return await self._asked_again(stored, writer, mark, asked)

    async def _begin(self, write: StoredWrite) -> Literal["begun", "key taken", "not its turn"]:
        async with self.work.hot() as tx:
            if not await tx.writes.begin(write):
                return "key taken"
            if await self._takes_turn(tx, write):
                return "begun"
            await tx.writes.forget(write)
            return "not its turn"

    async def _takes_turn(self, tx: DatabaseTransaction, write: StoredWrite) -> bool:
        """Say whether a write is alone with its record until its lease ends."""
        until = self.clock() + self.settings.lease
        return write.record_id is None or await tx.writes.take_turn(
            write, now=self.clock(), until=until
        )

    def _writer(self, target: str, name: str) -> Writer[Any]:
        writer = self.registry.get(target).writers.get(name)
        if writer is None:
            raise NotSupported(f"{target} has no way to do this.")
        return writer

    def _new(
        self,
        account: ReadableAccount,
        name: str,
        asked: WriteRequest,
        mark: str,
        digest: str | None,
        prepared: PreparedWrite,
    ) -> StoredWrite:
        now = self.clock()
        write = StoredWrite(
            id=new_id("wrt", now),
            account_id=account.id,
            operation=name,
            record_id=asked.record_id or prepared.about,
            key_digest=digest,
            fingerprint=mark,
            status="SENT",
            request=None,
            answer=None,
            made_id=None,
            sent_at=now,
            lease_owner=self.owner,
            lease_until=now + self.settings.lease,
        )
        sealed = self.ring.seal(prepared.request, associated_data=write.request_place)
        return replace(write, request=sealed)

    async def _of_key(self, account_id: str, name: str, digest: str) -> StoredWrite | None:
        async with self.work.hot_reading() as tx:
            return await tx.writes.of_key(account_id, name, digest)

    async def _asked_again(
        self, stored: StoredWrite, writer: Writer[Any], mark: str, asked: WriteRequest
    ) -> Performed[Any]:
        """Say what came of the request that the key was used for, or find out."""
        if stored.fingerprint != mark:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another request. Use a new key for each write."
            )
        if stored.status == "DONE":
            return self._replayed(stored, writer)
        now = self.clock()
        until = now + self.settings.lease
        async with self.work.hot() as tx:
            taken = await tx.writes.take(stored.id, self.owner, now=now, until=until)
        if not taken:
            raise WriteInProgress("A request with this key is being worked on. Ask again.")
        write = replace(stored, lease_owner=self.owner, lease_until=until)
        prepared = replace(self._prepared(write), files=asked.files)
        return await self._settle(write, writer, prepared)

    def _prepared(self, write: StoredWrite) -> PreparedWrite:
        sealed = write.request or b""
        return PreparedWrite(self.ring.open(sealed, associated_data=write.request_place))

    def _replayed(self, stored: StoredWrite, writer: Writer[Any]) -> Performed[Any]:
        found: Found[Any] | None = None
        warnings: tuple[str, ...] = ()
        if stored.answer is not None:
            opened = self.ring.open(stored.answer, associated_data=stored.answer_place)
            kept = msgspec.json.decode(opened, type=_Kept)
            found, warnings = writer.read(kept.raw), kept.warnings
        return Performed(found, stored.made_id or stored.record_id, warnings, is_replayed=True)

    async def _send(
        self,
        write: StoredWrite,
        writer: Writer[Any],
        prepared: PreparedWrite,
        *,
        is_again: bool = False,
    ) -> Performed[Any]:
        try:
            done = await writer.send(write.account_id, prepared)
        except ServiceError as error:
            if had_no_effect(error):
                if is_again:
                    return await self._refused_at_last(write, writer, prepared, error)
                await self._forget(write)
                raise
            logger.warning(
                "write.lost", account_id=write.account_id, kind=write.operation, code=error.code
            )
            return await self._lost(write, writer, prepared)
        return await self._finish(write, done, prepared)

    async def _lost(
        self, write: StoredWrite, writer: Writer[Any], prepared: PreparedWrite
    ) -> Performed[Any]:
        """Look for a write whose answer was lost, and where that is safe do it again."""
        until = self.clock() + self.settings.lease
        async with self.work.hot() as tx:
            if not await tx.writes.lost(write, until=until):
                raise WriteInProgress("Another process looks for what came of this. Ask again.")
            await self._takes_turn(tx, write)
        verdict: WriteVerdict[Any] = Undecided(())
        for wait in self.settings.looks:
            await self.sleep(wait)
            verdict = await self._look(write, writer, prepared)
            match verdict:
                case Adopt(done):
                    return await self._finish(write, done, prepared)
                case Absent() | Unseen() if writer.can_repeat:
                    try:
                        done = await writer.send(write.account_id, prepared)
                    except ServiceError as error:
                        if had_no_effect(error):
                            return await self._refused_at_last(write, writer, prepared, error)
                    else:
                        return await self._finish(write, done, prepared)
                case Undecided(()):
                    break
                case _:
                    pass
        return await self._give_up(write, verdict)

    async def _refused_at_last(
        self, write: StoredWrite, writer: Writer[Any], prepared: PreparedWrite, error: ServiceError
    ) -> Performed[Any]:
        """Tell a repetition that is refused from one that is, since the first was done."""
        verdict = await self._look(write, writer, prepared)
        match verdict:
            case Adopt(done):
                return await self._finish(write, done, prepared)
            # it wasn't refused for what it says: the first may still be seen
            case Absent(is_final) if is_final or not error.retryable:
                await self._forget(write)
                raise error
            case _:
                return await self._give_up(write, verdict)

    async def _settle(
        self, write: StoredWrite, writer: Writer[Any], prepared: PreparedWrite
    ) -> Performed[Any]:
        """Look for a write that somebody left open; do it again when it certainly wasn't done."""
        verdict = await self._look(write, writer, prepared)
        match verdict:
            case Adopt(done):
                return await self._finish(write, done, prepared)
            case Absent(is_final) if is_final or writer.can_repeat:
                now = self.clock()
                again = replace(write, sent_at=now, lease_until=now + self.settings.lease)
                async with self.work.hot() as tx:
                    held = await tx.writes.send_again(
                        write, at=now, until=now + self.settings.lease
                    )
                    if not held or not await self._takes_turn(tx, write):
                        raise WriteInProgress("Another request is being worked on. Ask again.")
                return await self._send(again, writer, prepared, is_again=True)
            case _:
                return await self._give_up(write, verdict)

    async def _look(
        self, write: StoredWrite, writer: Writer[Any], prepared: PreparedWrite
    ) -> WriteVerdict[Any]:
        since = write.sent_at - CLOCK_MARGIN
        try:
            candidates = await writer.find(write.account_id, prepared, since)
        except ServiceError:
            return Unseen()
        made = [one.made_id for one in candidates or () if one.made_id is not None]
        now = self.clock()
        async with self.work.hot_reading() as tx:
            taken = await tx.writes.taken_ids(write.account_id, write.operation, made)
            alike = await tx.writes.alike(write, now=now)
        return decide(candidates, taken, alike, sent_at=write.sent_at, now=now)

    async def _finish(
        self, write: StoredWrite, done: WriteDone[Any], prepared: PreparedWrite
    ) -> Performed[Any]:
        warnings = prepared.warnings + (() if done.found is None else done.found.warnings)
        answer: bytes | None = None
        if done.found is not None and write.key_digest is not None:
            kept = msgspec.json.encode(_Kept(done.found.raw, warnings))
            answer = self.ring.seal(kept, associated_data=write.answer_place)
        try:
            async with self.work.hot() as tx:
                await tx.writes.done(write, made_id=done.made_id, answer=answer, at=self.clock())
        except IntegrityError:
            # another write that asked for the same has just taken this record for its own
            return await self._give_up(write, Undecided((done.made_id or "",)))
        return Performed(done.found, done.made_id or write.record_id, warnings)

    async def _forget(self, write: StoredWrite) -> None:
        async with self.work.hot() as tx:
            await tx.writes.forget(write)

    async def _give_up(self, write: StoredWrite, verdict: WriteVerdict[Any]) -> Performed[Any]:
        """Say that nobody can tell. Raises WriteOutcomeUnknown."""
        now = self.clock()
        async with self.work.hot() as tx:
            await tx.writes.unknown(write, at=now)
        logger.warning("write.unknown", account_id=write.account_id, kind=write.operation)
        raise _unknown(write, verdict, now)

    async def resume(self) -> int:
        """Look for the writes that were left open; return how many there were.

        For a periodic task: what a process that died had under way is told for sure, and what was
        never done is forgotten, so that its key may be used again.
        """
        now = self.clock()
        async with self.work.writing() as tx:
            left = await tx.writes.take_open(
                self.owner,
                now=now,
                until=now + self.settings.lease,
                looked_before=now - SETTLED_AFTER,
                most=50,
            )
            await tx.writes.delete_ended(now - self.settings.keep, most=500)
        for write in left:
            await self._resume(write)
        return len(left)

    async def _resume(self, write: StoredWrite) -> None:
        async with self.work.reading() as tx:
            account = await tx.accounts.get(write.account_id)
        if account is None:
            return
        try:
            writer = self._writer(account.target, write.operation)
            prepared = self._prepared(write)
            match await self._look(write, writer, prepared):
                case Adopt(done):
                    await self._finish(write, done, prepared)
                case Absent(is_final=True):
                    await self._forget(write)
                case verdict:
                    await self._give_up(write, verdict)
        except WriteOutcomeUnknown:
            pass
        except ServiceError as error:
            logger.warning(
                "write.not_settled",
                account_id=write.account_id,
                kind=write.operation,
                code=error.code,
            )


def _word_of(name: str) -> str:
    """Return what an operation is about in webhook words; a line is its document."""
    resource, _, _ = name.partition(".")
    if resource.endswith("Lines"):
        resource = f"{resource.removesuffix('Lines')}s"
    return webhook_word(resource)


def _unknown(write: StoredWrite, verdict: WriteVerdict[Any], now: datetime) -> WriteOutcomeUnknown:
    since = iso_millis(write.sent_at)
    if isinstance(verdict, Undecided):
        seen = f" Candidates: {', '.join(verdict.ids)}." if any(verdict.ids) else ""
        return WriteOutcomeUnknown(
            f"The answer to this write was lost after it left at {since}, and looking did not tell "
            f"whether it was done. Look for it at the target system before writing again.{seen}"
        )
    wait = (write.sent_at + SETTLED_AFTER - now).total_seconds()
    return WriteOutcomeUnknown(
        f"The answer to this write was lost after it left at {since}, and nothing of it is to be "
        "seen yet. Send the same request with the same Idempotency-Key again: it is looked for "
        "before anything is written.",
        retry_after=max(1.0, wait),
    )

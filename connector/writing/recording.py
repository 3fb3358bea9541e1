"""What is stored of a write: that it is about to leave, before it does; what came of it, after.

Writes that come at once share transactions, and each waits for the one that has it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec

from connector.errors import WriteInProgress
from connector.ports import Found, PreparedWrite, WriteDone, Writer
from connector.writing.performed import Performed, WriteSettings
from storage.clock import Clock
from storage.group_commit import GroupCommit
from storage.ids import new_id
from storage.repositories.writes import StoredWrite, WriteEnd
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork

Begun: TypeAlias = Literal["begun", "key taken", "not its turn"]


class _Kept(msgspec.Struct, frozen=True):
    """An answer as it is stored for those who ask again."""

    raw: bytes
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Recording:
    """The records of writes. `clock` is the one that leases are taken by."""

    work: UnitOfWork
    ring: KeyRing
    clock: Clock
    settings: WriteSettings
    owner: str = field(default_factory=lambda: f"writes_{secrets.token_hex(8)}")
    _begins: GroupCommit[StoredWrite, Begun] = field(init=False, repr=False)
    _ends: GroupCommit[tuple[StoredWrite, WriteEnd], None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        at_once = self.work.batches_at_once
        object.__setattr__(self, "_begins", GroupCommit(self._begin_all, at_once=at_once))
        object.__setattr__(self, "_ends", GroupCommit(self._end_all, at_once=at_once))

    def new(
        self,
        account_id: str,
        name: str,
        record_id: str | None,
        mark: str,
        digest: str | None,
        prepared: PreparedWrite,
    ) -> StoredWrite:
        """Return the record of a write that isn't stored yet."""
        now = self.clock()
        write_id = new_id("wrt", now)
        place = f"writes.request:{write_id}"
        return StoredWrite(
            id=write_id,
            account_id=account_id,
            operation=name,
            record_id=record_id,
            key_digest=digest,
            fingerprint=mark,
            status="SENT",
            request=self.ring.seal(prepared.request, associated_data=place),
            answer=None,
            made_id=None,
            sent_at=now,
            lease_owner=self.owner,
            lease_until=now + self.settings.lease,
        )

    async def begin(self, write: StoredWrite) -> Begun:
        """Store a write that is about to leave, unless its key is taken or it isn't its turn."""
        return await self._begins.submit(write)

    async def _begin_all(self, writes: Sequence[StoredWrite]) -> list[Begun]:
        async with self.work.hot() as tx:
            stored = await tx.writes.begin(writes)
            waiting: set[str] = set()
            # who takes several turns waits for others in one order
            for write in sorted(writes, key=lambda one: (one.account_id, one.turn or "")):
                if write.id in stored and not await self.takes_turn(tx, write):
                    await tx.writes.forget(write)
                    waiting.add(write.id)
        return [
            "not its turn" if one.id in waiting else "begun" if one.id in stored else "key taken"
            for one in writes
        ]

    async def takes_turn(self, tx: DatabaseTransaction, write: StoredWrite) -> bool:
        """Say whether a write is alone with its record until its lease ends."""
        now = self.clock()
        until = now + self.settings.lease
        return write.record_id is None or await tx.writes.take_turn(write, now=now, until=until)

    async def done(
        self, write: StoredWrite, done: WriteDone[Any], prepared: PreparedWrite
    ) -> Performed[Any]:
        """Store what came of a write. Raises RecordTaken."""
        warnings = prepared.warnings + (() if done.found is None else done.found.warnings)
        answer: bytes | None = None
        if done.found is not None and write.key_digest is not None:
            kept = msgspec.json.encode(_Kept(done.found.raw, warnings))
            answer = self.ring.seal(kept, associated_data=write.answer_place)
        end = WriteEnd(write.id, write.lease_owner, done.made_id, answer, self.clock())
        await self._ends.submit((write, end))
        return Performed(done.found, done.made_id or write.record_id, warnings)

    async def _end_all(self, ends: Sequence[tuple[StoredWrite, WriteEnd]]) -> list[None]:
        async with self.work.hot() as tx:
            await tx.writes.done(ends)
        return [None for _ in ends]

    async def of_key(self, account_id: str, name: str, digest: str) -> StoredWrite | None:
        """Return the write that a caller's key was used for."""
        async with self.work.hot_reading() as tx:
            return await tx.writes.of_key(account_id, name, digest)

    def prepared(self, write: StoredWrite) -> PreparedWrite:
        """Return what was about to leave."""
        sealed = write.request or b""
        return PreparedWrite(self.ring.open(sealed, associated_data=write.request_place))

    def replayed(self, stored: StoredWrite, writer: Writer[Any]) -> Performed[Any]:
        """Return what came of a write that was done before."""
        found: Found[Any] | None = None
        warnings: tuple[str, ...] = ()
        if stored.answer is not None:
            opened = self.ring.open(stored.answer, associated_data=stored.answer_place)
            kept = msgspec.json.decode(opened, type=_Kept)
            found, warnings = writer.read(kept.raw), kept.warnings
        return Performed(found, stored.made_id or stored.record_id, warnings, is_replayed=True)

    async def take(self, stored: StoredWrite) -> StoredWrite:
        """Take an open write that nobody works on. Raises WriteInProgress when somebody does."""
        now = self.clock()
        until = now + self.settings.lease
        async with self.work.hot() as tx:
            taken = await tx.writes.take(stored.id, self.owner, now=now, until=until)
        if not taken:
            raise WriteInProgress("A request with this key is being worked on. Ask again.")
        return replace(stored, lease_owner=self.owner, lease_until=until)

    async def send_again(self, write: StoredWrite) -> StoredWrite:
        """Note that a write leaves once more. Raises WriteInProgress when it isn't to."""
        now = self.clock()
        until = now + self.settings.lease
        async with self.work.hot() as tx:
            held = await tx.writes.send_again(write, at=now, until=until)
            if not held or not await self.takes_turn(tx, write):
                raise WriteInProgress("Another request is being worked on. Ask again.")
        return replace(write, sent_at=now, ended_at=None, lease_until=until)

    async def lost(self, write: StoredWrite) -> None:
        """Note that an answer was lost. Raises WriteInProgress when others look for it."""
        until = self.clock() + self.settings.lease
        async with self.work.hot() as tx:
            if not await tx.writes.lost(write, until=until):
                raise WriteInProgress("Another process looks for what came of this. Ask again.")
            await self.takes_turn(tx, write)

    async def forget(self, write: StoredWrite) -> None:
        """Drop a write that certainly had no effect."""
        async with self.work.hot() as tx:
            await tx.writes.forget(write)

    async def unknown(self, write: StoredWrite, at: datetime) -> None:
        """Note that a write was looked for in vain, and let go of it."""
        async with self.work.hot() as tx:
            await tx.writes.unknown(write, at=at)

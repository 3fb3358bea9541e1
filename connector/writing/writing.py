"""The use case of every write: check, record, send, and find out what came of it."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from connector.capabilities import webhook_word
from connector.errors import IdempotencyKeyReused, WriteInProgress
from connector.ports import PreparedWrite, Writer, WriteRequest
from connector.reading import ReadableAccount
from connector.registry import Registry
from connector.writing.confirming import NOT_ASKED, Act, Confirmation, Confirmations, Consent
from connector.writing.fingerprints import fingerprint, key_digest
from connector.writing.lost import LostWrites
from connector.writing.performed import Performed, WriteSettings
from connector.writing.recording import Recording
from connector.writing.settling import SettlingWrites
from oauth.errors import NotSupported
from storage.clock import Clock
from storage.errors import ServiceError
from storage.repositories.writes import StoredWrite
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

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
    settings: WriteSettings = field(default_factory=WriteSettings)
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
        self,
        account: ReadableAccount,
        name: str,
        asked: WriteRequest,
        key: str | None,
        consent: Consent = NOT_ASKED,
    ) -> Performed[Any]:
        """Do a write once, however often it is asked for with the same key.

        Raises Invalid, ConfirmationRequired, ConfirmationStale, what the target system refuses
        with, IdempotencyKeyReused for a key of another request, WriteInProgress while it is being
        done, and WriteOutcomeUnknown when the answer was lost and it can't be told whether it was
        done.
        """
        await self.guard(account, name)
        writer = self._writer(account.target, name)
        # two names of one effect share keys, fingerprints and the records that were made
        name = self.registry.get(account.target).counted_as.get(name, name)
        key = key or consent.token
        mark, digest = fingerprint(name, asked), key_digest(key)
        asked = replace(asked, seed=asked.seed or digest or secrets.token_hex(16))
        recording = self._recording
        if digest is not None:
            stored = await recording.of_key(account.id, name, digest)
            if stored is not None:
                return await self._asked_again(stored, writer, mark, asked)
        for wait in (*self.settings.turns, None):
            # checked anew each time: what was written meanwhile may have changed what is right
            try:
                prepared = await writer.prepare(account.id, asked)
                self.confirmations.check(consent, Act(account.id, mark, key, prepared.seen))
            except ServiceError:
                # what is wrong now may be what another request with this key has just done
                stored = digest and await recording.of_key(account.id, name, digest)
                if not stored:
                    raise
                return await self._asked_again(stored, writer, mark, asked)
            about = asked.record_id or prepared.about
            write = recording.new(account.id, name, about, mark, digest, prepared)
            match await recording.begin(write):
                case "begun":
                    done = await self._lost.send(write, writer, prepared)
                    await self.wrote(account.id, account.target, _word_of(name))
                    return done
                case "key taken":
                    break
                case "not its turn":
                    if wait is None:
                        raise WriteInProgress("Something else about this record is being written.")
                    await self.sleep(wait)
        stored = await recording.of_key(account.id, name, digest or "")
        if stored is None:
            raise WriteInProgress("A request with this key has just ended. Send it again.")
        return await self._asked_again(stored, writer, mark, asked)

    def confirmation(
        self,
        account: ReadableAccount,
        name: str,
        asked: WriteRequest,
        key: str | None,
        prepared: PreparedWrite,
    ) -> Confirmation:
        """Return what says yes to a write as it was just checked."""
        name = self.registry.get(account.target).counted_as.get(name, name)
        act = Act(account.id, fingerprint(name, asked), key, prepared.seen)
        return self.confirmations.offer(act)

    async def resume(self) -> int:
        """Settle the writes that were left open; return how many there were."""
        return await SettlingWrites(self._lost, self._writer).run()

    async def _asked_again(
        self, stored: StoredWrite, writer: Writer[Any], mark: str, asked: WriteRequest
    ) -> Performed[Any]:
        """Say what came of the request that the key was used for, or find out."""
        if stored.fingerprint != mark:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another request. Use a new key for each write."
            )
        if stored.status == "DONE":
            return self._recording.replayed(stored, writer)
        write = await self._recording.take(stored)
        prepared = replace(self._recording.prepared(write), files=asked.files)
        return await self._lost.settle(write, writer, prepared)

    def _writer(self, target: str, name: str) -> Writer[Any]:
        writer = self.registry.get(target).writers.get(name)
        if writer is None:
            raise NotSupported(f"{target} has no way to do this.")
        return writer

    @cached_property
    def confirmations(self) -> Confirmations:
        """What gives consent to acts out, and knows it again."""
        return Confirmations(self.ring, lambda: self.clock())

    @cached_property
    def _recording(self) -> Recording:
        # asked each time: the clock may be replaced
        return Recording(self.work, self.ring, lambda: self.clock(), self.settings, self.owner)

    @property
    def _lost(self) -> LostWrites:
        return LostWrites(self._recording, self.settings, self.sleep)


def _word_of(name: str) -> str:
    """Return what an operation is about in webhook words; a line is its document."""
    resource, _, _ = name.partition(".")
    if resource.endswith("Lines"):
        resource = f"{resource.removesuffix('Lines')}s"
    return webhook_word(resource)

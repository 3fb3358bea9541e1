"""The use cases of payouts, but for running them: draft, read, confirm, start and stop."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from connector.errors import IdempotencyKeyReused, PayoutNotReady, WriteInProgress
from connector.paying.switch import PaymentSwitch
from connector.payouts.following import PayoutFollowing
from connector.payouts.orders import CheckedFile, FileProblems
from connector.payouts.proposing import checking
from connector.payouts.standing import (
    LineReport,
    PayoutContent,
    PayoutReport,
    PayoutSeals,
)
from connector.ports import WriteRequest
from connector.reading import ReadableAccount
from connector.writing.fingerprints import key_digest
from connector.writing.writing import Writing
from storage.clock import Clock
from storage.errors import FieldError, Invalid, NotFound
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.payouts import StoredPayout, StoredPayoutLine
from storage.unit_of_work import UnitOfWork

DRAFTS_KEPT = timedelta(days=7)
"""How long a file waits to be confirmed."""


@dataclass(frozen=True, slots=True)
class PayoutDraft:
    """A checked file that is to become a payout; `digest` is the SHA-256 of it, hex."""

    checked: CheckedFile
    digest: str
    file_name: str
    debit_iban: str | None = None
    confirmed: frozenset[str] = frozenset()
    asked_by: str | None = None


@dataclass(frozen=True, slots=True)
class PayoutConfirmation:
    """What whoever confirms a payout believes that it comes to."""

    total: Decimal
    count: int
    digest: str | None = None
    mode: str = "PROPOSE"
    run: bool = True
    by: str | None = None


@dataclass(frozen=True)
class Payouts:
    """The payouts of linked accounts. `clock` is that of leases; `modes` are those on offer."""

    work: UnitOfWork
    seals: PayoutSeals
    clock: Clock
    writing: Writing
    switch: PaymentSwitch
    following: PayoutFollowing
    modes: tuple[str, ...] = ("PROPOSE",)

    async def check(self, account: ReadableAccount, draft: PayoutDraft) -> None:
        """Check at the target system what the file alone doesn't tell. Raises Invalid."""
        name, requests = checking(draft.checked.orders, self.clock())
        wrong: list[FieldError] = []
        for request in requests:
            try:
                await self.writing.check(account, name, WriteRequest(request))
            except Invalid as error:
                wrong.extend(error.fields)
        await self._check_repeated(account, draft, wrong)
        if wrong:
            raise Invalid(f"{len(wrong)} things are wrong with the payout.", wrong)

    async def _check_repeated(
        self, account: ReadableAccount, draft: PayoutDraft, wrong: list[FieldError]
    ) -> None:
        async with self.work.reading() as tx:
            earlier = await tx.payouts.of_digest(account.id, draft.digest)
        if earlier is None:
            return
        problems = FileProblems(draft.confirmed)
        problems.doubt(
            "file", "FILE_REPEATED", f"The same file is the payout {earlier.id} already."
        )
        wrong.extend(problems.found)

    async def draft(
        self, account: ReadableAccount, draft: PayoutDraft, key: str | None
    ) -> PayoutReport:
        """Store a file to be confirmed; with a key that is known, return that payout.

        Raises Invalid, and IdempotencyKeyReused for a key of another file.
        """
        digest = key_digest(key)
        if digest is not None:
            known = await self._known(account, draft, digest)
            if known is not None:
                return known
        await self.check(account, draft)
        payout, lines = await asyncio.to_thread(self._new, account, draft, digest)
        async with self.work.writing() as tx:
            added = await tx.payouts.add(payout, lines)
        if not added:
            known = await self._known(account, draft, digest or "")
            if known is None:
                raise WriteInProgress("A request with this key has just ended. Send it again.")
            return known
        return await self._report(payout)

    async def _known(
        self, account: ReadableAccount, draft: PayoutDraft, digest: str
    ) -> PayoutReport | None:
        async with self.work.reading() as tx:
            payout = await tx.payouts.of_key(account.id, digest)
        if payout is None:
            return None
        report = await self._report(payout, is_replayed=True)
        if (payout.digest, report.content.debit_iban) != (draft.digest, draft.debit_iban):
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another payout. Use a new key for each."
            )
        return report

    def _new(
        self, account: ReadableAccount, draft: PayoutDraft, digest: str | None
    ) -> tuple[StoredPayout, list[StoredPayoutLine]]:
        now = self.clock()
        checked = draft.checked
        payout = StoredPayout(
            id=new_id("po", now),
            account_id=account.id,
            key_digest=digest,
            digest=draft.digest,
            status="DRAFT",
            mode="PROPOSE",
            kind=checked.kind,
            line_count=len(checked.orders),
            total_cents=int(checked.total * 100),
            batches=0,
            content=b"",
            created_at=now,
            updated_at=now,
            due_at=now,
        )
        content = PayoutContent(draft.file_name, draft.debit_iban, checked.warnings, draft.asked_by)
        sealed = self.seals.sealed_content(payout, content)
        payout = replace(payout, content=sealed)
        return payout, [self._line(payout, order, now) for order in checked.orders]

    def _line(self, payout: StoredPayout, order: Any, now: datetime) -> StoredPayoutLine:
        line = StoredPayoutLine(
            id=f"{payout.id}.{order.number:05}",
            payout_id=payout.id,
            account_id=payout.account_id,
            number=order.number,
            key=new_id("pl", now),
            state="OPEN",
            amount_cents=int(order.amount * 100),
            content=b"",
            outcome=None,
            batch=None,
            result_id=None,
            begun_at=None,
            updated_at=now,
        )
        return replace(line, content=self.seals.sealed_order(line.content_place, order))

    async def get(self, account: ReadableAccount, payout_id: str) -> PayoutReport:
        """Return a payout as it stands. Raises NotFound for one that isn't this account's."""
        return await self._report(await self._stored(account, payout_id))

    async def _stored(self, account: ReadableAccount, payout_id: str) -> StoredPayout:
        async with self.work.reading() as tx:
            payout = await tx.payouts.get(payout_id)
        if payout is None or payout.account_id != account.id:
            raise NotFound("This account has no such payout.")
        return payout

    async def of_file(self, account: ReadableAccount, digest: str) -> PayoutReport | None:
        """Return the newest payout of a file that was confirmed."""
        async with self.work.reading() as tx:
            payout = await tx.payouts.of_digest(account.id, digest)
        return None if payout is None else await self._report(payout)

    async def _report(self, payout: StoredPayout, *, is_replayed: bool = False) -> PayoutReport:
        async with self.work.reading() as tx:
            states = await tx.payouts.states([payout.id])
        return PayoutReport(payout, self.seals.content(payout), states[payout.id], is_replayed)

    async def page(
        self, account: ReadableAccount, *, status: str | None, page: int, limit: int
    ) -> tuple[Sequence[PayoutReport], int]:
        """Return a page of an account's payouts, the newest first, and how many there are."""
        async with self.work.reading() as tx:
            found, total = await tx.payouts.page(
                account.id, status=status, offset=(page - 1) * limit, most=limit
            )
            states = await tx.payouts.states([one.id for one in found])
        return [PayoutReport(one, self.seals.content(one), states[one.id]) for one in found], total

    async def lines(
        self,
        account: ReadableAccount,
        payout_id: str,
        *,
        state: str | None,
        page: int,
        limit: int,
    ) -> tuple[Sequence[LineReport], int]:
        """Return a page of a payout's lines in the order of the file, and how many there are."""
        payout = await self._stored(account, payout_id)
        async with self.work.reading() as tx:
            found = await tx.payouts.lines(
                payout.id, state=state, offset=(page - 1) * limit, most=limit
            )
            total = await tx.payouts.count_lines(payout.id, state=state)
        return [self.seals.line(one) for one in found], total

    async def confirm(
        self, account: ReadableAccount, payout_id: str, said: PayoutConfirmation
    ) -> PayoutReport:
        """Confirm a draft by what it comes to, and by default begin to run it.

        The same confirmation again changes nothing. Raises Invalid where it isn't what the payout
        comes to, PayoutNotReady, and PaymentsDisabled where the vendor may pay nothing.
        """
        await self.switch.settings(account.tenant_id)
        payout = await self._stored(account, payout_id)
        _check_confirmation(payout, said, self.modes)
        if payout.status != "DRAFT":
            if payout.mode == said.mode and payout.confirmed_at is not None:
                return await self._report(payout, is_replayed=True)
            raise PayoutNotReady(f"The payout is {payout.status}, and was confirmed otherwise.")
        now = self.clock()
        content = msgspec.structs.replace(self.seals.content(payout), confirmed_by=said.by)
        async with self.work.writing() as tx:
            await tx.payouts.move(
                payout,
                "RUNNING" if said.run else "CONFIRMED",
                of=("DRAFT",),
                at=now,
                mode=said.mode,
                confirmed_at=now,
                due_at=now,
                content=self.seals.sealed_content(payout, content),
            )
        return await self.get(account, payout_id)

    async def start(self, account: ReadableAccount, payout_id: str) -> PayoutReport:
        """Run a confirmed payout, or go on with one that was stopped or left undecided.

        Raises PayoutNotReady for a draft, and PaymentsDisabled.
        """
        await self.switch.settings(account.tenant_id)
        payout = await self._stored(account, payout_id)
        if payout.status == "DRAFT":
            raise PayoutNotReady("Confirm the payout first, by its total and its count.")
        now = self.clock()
        content = msgspec.structs.replace(self.seals.content(payout), trouble=None, failures=0)
        async with self.work.writing() as tx:
            begun = await tx.payouts.move(
                payout,
                "RUNNING",
                of=("CONFIRMED", "STOPPED", "PARTIAL"),
                at=now,
                due_at=now,
                ended_at=None,
                content=self.seals.sealed_content(payout, content),
            )
            if begun:
                await tx.payouts.look_again(payout, at=now)
        return await self.get(account, payout_id)

    async def stop(self, account: ReadableAccount, payout_id: str) -> PayoutReport:
        """Begin no further line. What has left is still noted.

        Raises PayoutNotReady for one that isn't running.
        """
        payout = await self._stored(account, payout_id)
        async with self.work.writing() as tx:
            stopped = await tx.payouts.move(
                payout, "STOPPED", of=("RUNNING", "CONFIRMED", "STOPPED"), at=self.clock()
            )
        if not stopped:
            raise PayoutNotReady(f"The payout is {payout.status}: there is nothing to stop.")
        return await self.get(account, payout_id)

    async def refresh(
        self, account: Account, payout_id: str
    ) -> tuple[PayoutReport, tuple[str, ...]]:
        """Look at what became of lines that were proposed or sent; return warnings, too."""
        payout = await self._stored(account, payout_id)
        warnings = await self.following.follow(account, payout)
        return await self.get(account, payout_id), warnings

    async def forget_drafts(self) -> int:
        """Delete old drafts that nobody confirmed; for a periodic task."""
        async with self.work.writing() as tx:
            return await tx.payouts.delete_drafts(self.clock() - DRAFTS_KEPT, most=20)


def _check_confirmation(
    payout: StoredPayout, said: PayoutConfirmation, modes: Sequence[str]
) -> None:
    problems = FileProblems()
    if said.total != Decimal(payout.total_cents).scaleb(-2):
        problems.add(
            "total",
            "TOTAL_DIFFERS",
            "The payout doesn't come to this total.",
            "Compare the payout with what was to be paid; confirm it by its own total.",
        )
    if said.count != payout.line_count:
        problems.add(
            "count",
            "COUNT_DIFFERS",
            "The payout doesn't have so many lines.",
            "Compare the payout with what was to be paid; confirm it by its own count.",
        )
    if said.digest not in (None, payout.digest):
        problems.add(
            "digest",
            "DIGEST_DIFFERS",
            "The payout is of another file.",
            "Confirm the payout that was made of your file.",
        )
    if said.mode not in modes:
        problems.add(
            "mode", "NOT_ALLOWED", f"It is one of: {', '.join(modes)}.", "Choose another one."
        )
    problems.check()

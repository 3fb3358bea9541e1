"""Begins jobs, takes their steps, and tells how far they are."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec

from connector.errors import IdempotencyKeyReused, WriteInProgress, WriteOutcomeUnknown
from storage.clock import Clock
from storage.errors import NotFound, ServiceError
from storage.ids import new_id
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.jobs import Job
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

Ended = Literal["SUCCESS", "PARTIAL_SUCCESS", "FAILED"]

LEASE = timedelta(seconds=120)
KEPT = timedelta(hours=24)
"""How long what came of a job can be read."""

_RETRIES = (2.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds to wait after failures in a row that may pass."""


class JobState(msgspec.Struct):
    """What is known of a job. `result` is what a reader gets; `work` is its kind's own."""

    work: dict[str, Any]
    result: dict[str, Any] | None = None
    notes: list[str] = []
    error: dict[str, Any] | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class StepAgain:
    """There is another step to take, after some seconds."""

    after: float = 0.0


@dataclass(frozen=True, slots=True)
class StepEnd:
    """It is over."""

    status: Ended = "SUCCESS"


JobStep = StepAgain | StepEnd


class JobKind(Protocol):
    """One kind of job: takes the next step, and changes the state accordingly.

    A ServiceError that is retryable, or says when to ask again, makes the step be taken again
    later; any other ends the job.
    """

    async def advance(self, account: Account, job_id: str, state: JobState) -> JobStep: ...


@dataclass(frozen=True, slots=True)
class JobReport:
    """How far a job is."""

    id: str
    status: str
    state: JobState
    updated_at: datetime
    is_replayed: bool = False
    """Whether it was told to an earlier request."""


@dataclass(frozen=True)
class Jobs:
    """The jobs of all accounts. `kinds` are by name; `clock` is that of leases."""

    work: UnitOfWork
    ring: KeyRing
    clock: Clock
    kinds: Mapping[str, JobKind]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    owner: str = field(default_factory=lambda: f"jobs_{secrets.token_hex(8)}")

    async def begin(
        self,
        account_id: str,
        kind: str,
        state: JobState,
        *,
        after: float = 0.0,
        fingerprint: str = "",
        key_digest: str | None = None,
    ) -> JobReport:
        """Begin a job, whose first step is taken soon; with a key that is known, tell that job.

        Raises IdempotencyKeyReused.
        """
        job = self._new(account_id, kind, fingerprint, key_digest, status="OPEN", after=after)
        async with self.work.hot() as tx:
            begun = await tx.jobs.begin(replace(job, state=self._sealed(job, state)))
        if not begun:
            known = await self.known(account_id, kind, fingerprint, key_digest or "")
            if known is None:
                raise WriteInProgress("A request with this key has just ended. Send it again.")
            return known
        return JobReport(job.id, job.status, state, job.created_at)

    async def known(
        self, account_id: str, kind: str, fingerprint: str, key_digest: str
    ) -> JobReport | None:
        """Return the job that was begun with a key. Raises IdempotencyKeyReused."""
        job = await self._of_key(account_id, kind, fingerprint, key_digest)
        if job is None:
            return None
        return JobReport(job.id, job.status, self._opened(job), job.updated_at, is_replayed=True)

    async def _of_key(
        self, account_id: str, kind: str, fingerprint: str, key_digest: str
    ) -> Job | None:
        async with self.work.hot_reading() as tx:
            job = await tx.jobs.of_key(account_id, kind, key_digest)
        if job is not None and job.fingerprint != fingerprint:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another request. Use a new key for each write."
            )
        return job

    async def run_now(
        self,
        account: Account,
        kind: str,
        state: JobState,
        *,
        fingerprint: str,
        key_digest: str | None,
        within: float,
    ) -> JobReport:
        """Begin a job and take its steps here for some seconds; workers take the rest.

        With a key that is known, that job is gone on with or told. Raises IdempotencyKeyReused,
        WriteInProgress while another process is at it, and whatever ends the job: then it's
        forgotten if nothing came of it, and else gone on with when it is asked for again.
        """
        job = self._new(account.id, kind, fingerprint, key_digest, status="IN_PROGRESS")
        job = replace(job, lease_owner=self.owner, lease_until=job.created_at + LEASE)
        async with self.work.hot() as tx:
            begun = await tx.jobs.begin(replace(job, state=self._sealed(job, state)))
        if not begun:
            known = await self._known(account.id, kind, fingerprint, key_digest or "")
            if isinstance(known, JobReport):
                return known
            job, state = known, self._opened(known)
        return await self._run_within(account, job, state, within, is_new=begun)

    async def _known(
        self, account_id: str, kind: str, fingerprint: str, key_digest: str
    ) -> JobReport | Job:
        """Return what came of a job, or take it to go on with it."""
        job = await self._of_key(account_id, kind, fingerprint, key_digest)
        if job is None:
            raise WriteInProgress("A request with this key has just ended. Send it again.")
        if job.status in ("SUCCESS", "PARTIAL_SUCCESS"):
            return JobReport(
                job.id, job.status, self._opened(job), job.updated_at, is_replayed=True
            )
        now = self.clock()
        async with self.work.hot() as tx:
            taken = await tx.jobs.take(job.id, self.owner, now=now, until=now + LEASE)
        if not taken:
            raise WriteInProgress("A request with this key is being worked on. Ask again.")
        return replace(job, lease_owner=self.owner, lease_until=now + LEASE)

    async def _run_within(
        self, account: Account, job: Job, state: JobState, within: float, *, is_new: bool
    ) -> JobReport:
        deadline = time.monotonic() + within
        while True:
            try:
                step = await self.kinds[job.kind].advance(account, job.id, state)
            except ServiceError as error:
                await self._stop(job, state, error, is_new=is_new)
                raise
            left = deadline - time.monotonic()
            if isinstance(step, StepEnd) or step.after > left:
                await self._write_down(job, state, step)
                status = step.status if isinstance(step, StepEnd) else "IN_PROGRESS"
                return JobReport(job.id, status, state, self.clock())
            await self.sleep(step.after)

    async def _stop(self, job: Job, state: JobState, error: ServiceError, *, is_new: bool) -> None:
        """Note why a job ended before its time; one of which nothing came leaves its key free.

        Where nobody can tell what came of it, here or in a process that died over it, it keeps its
        id, which the keys of its writes hold.
        """
        unknown = isinstance(error, WriteInProgress | WriteOutcomeUnknown)
        if is_new and state.result is None and not unknown:
            async with self.work.hot() as tx:
                await tx.jobs.forget(job)
            return
        state.error = {"code": error.code, "message": error.message}
        await self._write_down(job, state, StepEnd("FAILED"))

    def _new(
        self,
        account_id: str,
        kind: str,
        fingerprint: str,
        key_digest: str | None,
        *,
        status: str,
        after: float = 0.0,
    ) -> Job:
        now = self.clock()
        return Job(
            id=new_id("job", now),
            account_id=account_id,
            kind=kind,
            key_digest=key_digest,
            fingerprint=fingerprint,
            status=status,
            state=b"",
            due_at=now + timedelta(seconds=after),
            created_at=now,
            updated_at=now,
        )

    async def get(self, account_id: str, job_id: str) -> JobReport:
        """Return how far a job is. Raises NotFound for one that isn't this account's."""
        async with self.work.hot_reading() as tx:
            job = await tx.jobs.get(job_id)
        if job is None or job.account_id != account_id:
            raise NotFound("This account has no such task, or it ended more than a day ago.")
        return JobReport(job.id, job.status, self._opened(job), job.updated_at)

    async def run_due(self) -> int:
        """Take every step that is due; return how many there were. For a periodic task."""
        steps = 0
        while await self._run_one():
            steps += 1
        async with self.work.writing() as tx:
            await tx.jobs.delete_ended(self.clock() - KEPT, most=500)
        return steps

    async def _run_one(self) -> bool:
        now = self.clock()
        async with self.work.writing() as tx:
            job = await tx.jobs.take_due(self.owner, now=now, until=now + LEASE)
            account = None if job is None else await tx.accounts.get(job.account_id)
        if job is None or account is None:
            return False
        state = self._opened(job)
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep(job))
            step = await self._advance(account, job, state)
            keeping.cancel()
        await self._write_down(job, state, step)
        return True

    async def _advance(self, account: Account, job: Job, state: JobState) -> JobStep:
        kind = self.kinds.get(job.kind)
        if kind is None:
            return StepEnd("FAILED")
        try:
            step = await kind.advance(account, job.id, state)
        except ServiceError as error:
            may_pass = error.retryable or getattr(error, "retry_after", None) is not None
            if may_pass and state.failures < len(_RETRIES):
                return self._later(state)
            return self._failed(job, state, error)
        except Exception as error:
            # one bad job must not end a loop that others depend on
            logger.error("job.broken", account_id=job.account_id, kind=job.kind, exc_info=error)
            if state.failures < len(_RETRIES):
                return self._later(state)
            return self._failed(job, state, ServiceError("Something went wrong here."))
        state.failures = 0
        return step

    def _later(self, state: JobState) -> JobStep:
        state.failures += 1
        return StepAgain(_RETRIES[state.failures - 1])

    def _failed(self, job: Job, state: JobState, error: ServiceError) -> JobStep:
        state.error = {"code": error.code, "message": error.message}
        logger.warning("job.failed", account_id=job.account_id, kind=job.kind, code=error.code)
        return StepEnd("FAILED")

    async def _keep(self, job: Job) -> None:
        """Keep a job for as long as a step takes; what it's doing isn't broken off for that."""
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            with suppress(ServiceError):
                async with self.work.writing() as tx:
                    await tx.jobs.keep(job, until=self.clock() + LEASE)

    async def _write_down(self, job: Job, state: JobState, step: JobStep) -> None:
        now = self.clock()
        match step:
            case StepAgain(after):
                status, due = "IN_PROGRESS", now + timedelta(seconds=after)
            case StepEnd(ended):
                status, due = ended, now
        async with self.work.hot() as tx:
            await tx.jobs.advance(
                job, status=status, state=self._sealed(job, state), due_at=due, at=now
            )

    def _sealed(self, job: Job, state: JobState) -> bytes:
        return self.ring.seal(msgspec.json.encode(state), associated_data=job.state_place)

    def _opened(self, job: Job) -> JobState:
        opened = self.ring.open(job.state, associated_data=job.state_place)
        return msgspec.json.decode(opened, type=JobState)

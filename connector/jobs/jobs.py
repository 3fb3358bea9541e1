"""Begins jobs, takes their steps, and tells how far they are."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec
from sqlalchemy.exc import IntegrityError

from connector.errors import IdempotencyKeyReused
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
    mark: str = ""


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

    A ServiceError that is retryable makes the step be taken again later; any other ends the job.
    """

    async def advance(self, account: Account, job_id: str, state: JobState) -> JobStep: ...


@dataclass(frozen=True, slots=True)
class JobReport:
    """How far a job is."""

    id: str
    status: str
    state: JobState
    updated_at: datetime


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
        name: str | None = None,
        mark: str = "",
    ) -> JobReport:
        """Begin a job, whose first step is taken soon; of a `name` there is one at most.

        `mark` tells what was asked under that name. Raises IdempotencyKeyReused for another.
        """
        now = self.clock()
        state.mark = mark
        job = Job(
            id=new_id("job", now) if name is None else _id_of(account_id, name),
            account_id=account_id,
            kind=kind,
            status="OPEN",
            state=b"",
            due_at=now + timedelta(seconds=after),
            created_at=now,
            updated_at=now,
        )
        sealed = self._sealed(job, state)
        try:
            async with self.work.writing() as tx:
                await tx.jobs.add(replace(job, state=sealed))
        except IntegrityError:
            known = None if name is None else await self.of_name(account_id, name, mark)
            if known is None:
                raise
            return known
        return JobReport(job.id, job.status, state, now)

    async def of_name(self, account_id: str, name: str, mark: str) -> JobReport | None:
        """Return the job that was begun under a name. Raises IdempotencyKeyReused."""
        try:
            report = await self.get(account_id, _id_of(account_id, name))
        except NotFound:
            return None
        if report.state.mark != mark:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another request. Use a new key for each write."
            )
        return report

    async def get(self, account_id: str, job_id: str) -> JobReport:
        """Return how far a job is. Raises NotFound for one that isn't this account's."""
        async with self.work.reading() as tx:
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
            if error.retryable and state.failures < len(_RETRIES):
                state.failures += 1
                return StepAgain(_RETRIES[state.failures - 1])
            state.error = {"code": error.code, "message": error.message}
            logger.warning("job.failed", account_id=job.account_id, kind=job.kind, code=error.code)
            return StepEnd("FAILED")
        state.failures = 0
        return step

    async def _keep(self, job: Job) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            async with self.work.writing() as tx:
                await tx.jobs.keep(job, until=self.clock() + LEASE)

    async def _write_down(self, job: Job, state: JobState, step: JobStep) -> None:
        now = self.clock()
        match step:
            case StepAgain(after):
                status, due = "IN_PROGRESS", now + timedelta(seconds=after)
            case StepEnd(ended):
                status, due = ended, now
        async with self.work.writing() as tx:
            await tx.jobs.advance(
                job, status=status, state=self._sealed(job, state), due_at=due, at=now
            )

    def _sealed(self, job: Job, state: JobState) -> bytes:
        return self.ring.seal(msgspec.json.encode(state), associated_data=job.state_place)

    def _opened(self, job: Job) -> JobState:
        opened = self.ring.open(job.state, associated_data=job.state_place)
        return msgspec.json.decode(opened, type=JobState)


def _id_of(account_id: str, name: str) -> str:
    """Return the id of the job of a name: always the same, and telling nothing of it."""
    digest = hashlib.sha256(msgspec.json.encode((account_id, name))).digest()
    return f"job_{base64.b32hexencode(digest[:16]).decode().rstrip('=')}"

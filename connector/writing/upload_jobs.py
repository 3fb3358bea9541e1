"""Uploads that go on after their request: bills of many files, files that are being attached."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from connector.errors import WriteInProgress, WriteOutcomeUnknown
from connector.jobs.jobs import JobKind, JobReport, JobState, JobStep, StepAgain, StepEnd
from connector.ports import WriteRequest
from connector.unified.upload import BillUploads, UploadedItem, status_of
from connector.writing.requests.bill import BillsRequest
from connector.writing.writing import Writing
from storage.errors import Invalid, ServiceError
from storage.repositories.accounts import Account

BILLS = "bills.bulk"
"""What makes bills of one request's files."""

BILLS_JOB, ARRIVAL_JOB, DONE_JOB = "bills.bulk", "files.arrival", "done"

_MOST_TRIES = 5
ARRIVAL_WAITS = (1.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0)
"""Seconds before each look for a file that is being attached."""


class BatchesWork(msgspec.Struct):
    """What is left to do: (place in the request, name, id of the file), and what was done."""

    seed: str
    left: list[tuple[int, str | None, str]]
    done: list[UploadedItem]
    number: int = 0
    tries: int = 0


def kept(work: BatchesWork) -> dict[str, Any]:
    """Return it as a job's state keeps it."""
    return msgspec.to_builtins(work)


def told_of(work: BatchesWork) -> BillUploads:
    """Return what is told of it."""
    items = tuple(sorted(work.done, key=lambda one: one.index))
    return BillUploads("IN_PROGRESS" if work.left else status_of(items), items)


def so_far(report: JobReport) -> BillUploads:
    """Return what came of a task so far."""
    told = msgspec.convert(report.state.result, BillUploads)
    return msgspec.structs.replace(told, task_id=report.id)


def naming(ids: Sequence[str]) -> BillsRequest:
    """Return the request for bills of files that are there."""
    return BillsRequest.model_validate({"fileIds": ids})


@dataclass(frozen=True)
class BillBatches:
    """The kind of job that makes bills of uploaded files, one request after another."""

    writing: Writing

    async def advance(self, account: Account, job_id: str, state: JobState) -> JobStep:
        work = msgspec.convert(state.work, BatchesWork)
        batches = self.writing.registry.get(account.target).batches
        assert batches is not None
        part = work.left[: batches.most]
        try:
            work.done += await self._make(account, job_id, work, part)
        except (WriteOutcomeUnknown, WriteInProgress) as error:
            work.tries += 1
            if work.tries < _MOST_TRIES:
                state.work = kept(work)
                return StepAgain(error.retry_after or 30.0)
            work.done += _failed(part, error)
        except Invalid as error:
            work.done += refused_items(part, error)
        except ServiceError as error:
            if error.retryable:
                raise
            work.done += _failed(part, error)
        work.left, work.number, work.tries = work.left[len(part) :], work.number + 1, 0
        state.work, state.result = kept(work), msgspec.to_builtins(told_of(work))
        if work.left:
            return StepAgain()
        return StepEnd(status_of(tuple(work.done)))

    async def _make(
        self,
        account: Account,
        job_id: str,
        work: BatchesWork,
        part: Sequence[tuple[int, str | None, str]],
    ) -> list[UploadedItem]:
        body = naming([file_id for _, _, file_id in part])
        asked = WriteRequest(body, seed=work.seed)
        made = await self.writing.perform(account, BILLS, asked, f"{job_id}:{work.number}")
        assert made.found is not None
        told: BillUploads = made.found.item
        return [
            msgspec.structs.replace(one, index=part[one.index][0], file_name=part[one.index][1])
            for one in told.items
        ]


def _failed(part: Sequence[tuple[int, str | None, str]], error: ServiceError) -> list[UploadedItem]:
    return [
        UploadedItem(index, name, file_id, None, error.code, error.message)
        for index, name, file_id in part
    ]


def refused_items(
    part: Sequence[tuple[int, str | None, str | None]], error: Invalid
) -> list[UploadedItem]:
    """Say of each what was wrong with it, as far as the refusal tells."""
    by_place = {one.field: one for one in error.fields}
    told: list[UploadedItem] = []
    for place, (index, name, file_id) in enumerate(part):
        wrong = by_place.get(f"files.{place}")
        code, message = (wrong.code, wrong.message) if wrong else (error.code, error.message)
        told.append(UploadedItem(index, name, file_id, None, code, message))
    return told


@dataclass(frozen=True)
class FileArrival:
    """The kind of job that waits for a file that the target system is still attaching."""

    writing: Writing

    async def advance(self, account: Account, job_id: str, state: JobState) -> JobStep:
        del job_id
        arrivals = self.writing.registry.get(account.target).arrivals
        assert arrivals is not None
        arrived = await arrivals.arrived(account.id, str(state.work["made"]).encode())
        if arrived is not None:
            state.result = msgspec.to_builtins(arrived.item)
            return StepEnd()
        tries = int(state.work["tries"]) + 1
        state.work["tries"] = tries
        if tries < len(ARRIVAL_WAITS):
            return StepAgain(ARRIVAL_WAITS[tries])
        state.error = {
            "code": "NOT_ATTACHED",
            "message": "The target system took the file, but didn't attach it within some minutes.",
        }
        return StepEnd("FAILED")


@dataclass(frozen=True)
class AlreadyDone:
    """The kind of job that was done when it began."""

    async def advance(self, account: Account, job_id: str, state: JobState) -> JobStep:
        del account, job_id, state
        return StepEnd()


def upload_jobs(writing: Writing) -> dict[str, JobKind]:
    """Return the kinds of jobs that uploads go on as."""
    return {
        BILLS_JOB: BillBatches(writing),
        ARRIVAL_JOB: FileArrival(writing),
        DONE_JOB: AlreadyDone(),
    }

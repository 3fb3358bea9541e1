"""Many files that become bills: at once where one request holds them, else as a task.

A task outlives this process, and may go on in one on another machine. So its files are uploaded to
the target system first, while the request lasts, and the task handles ids only: no customer's
document lies on our disk, and the bill of a file can be found by the file's id, however late.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from connector.api.spooling import UploadedFile
from connector.concurrency import all_of
from connector.errors import DownstreamRefused, MissingScope
from connector.jobs.jobs import JobReport, Jobs, JobState
from connector.ports import PreparedWrite, WriteRequest
from connector.reading import ReadableAccount
from connector.registry import Batches
from connector.unified.upload import BillUploads, UploadedItem
from connector.writing.fingerprints import fingerprint, key_digest
from connector.writing.performed import Performed
from connector.writing.problems import none_of
from connector.writing.requests.file import FileRequest
from connector.writing.upload_jobs import (
    ARRIVAL_JOB,
    ARRIVAL_WAITS,
    BILLS,
    BILLS_JOB,
    DONE_JOB,
    BatchesWork,
    kept,
    naming,
    so_far,
    told_of,
)
from connector.writing.writing import Writing
from oauth.errors import NotSupported
from storage.errors import FieldError, Invalid

FILES = "files.create"

_AT_ONCE = 4
"""Files that are uploaded at the same time."""

_MOST_IDS = 500


@dataclass(frozen=True)
class Uploads:
    """Makes bills of many files, and does single uploads as tasks."""

    writing: Writing
    jobs: Jobs

    async def check(self, account: ReadableAccount, asked: WriteRequest) -> PreparedWrite:
        """Check a bulk upload without doing it. Raises Invalid."""
        batches = self._batches(account)
        parts = split(asked, batches)
        if len(parts) == 1:
            return await self.writing.check(account, BILLS, asked)
        self._check_any(asked, batches)
        count = sum(batches.fault(file) is None for file in asked.files)
        expected = {"bills": count or len(asked.body.file_ids), "requests": len(parts)}
        return PreparedWrite(b"", expected=expected)

    async def bulk(
        self, account: ReadableAccount, asked: WriteRequest, key: str | None
    ) -> Performed[Any] | tuple[JobReport, BillUploads]:
        """Make a bill of each file; what one request doesn't hold goes on as a task.

        Raises as `Writing.perform` does, and Invalid when nothing can come of any of them.
        """
        batches = self._batches(account)
        parts = split(asked, batches)
        if len(parts) == 1:
            return await self.writing.perform(account, BILLS, asked, key)
        self._check_any(asked, batches)
        mark, digest = fingerprint(BILLS, asked), key_digest(key)
        if digest is not None:
            known = await self.jobs.known(account.id, BILLS_JOB, mark, digest)
            if known is not None:
                return known, so_far(known)
        seed = digest or secrets.token_hex(16)
        left, done = await self._uploaded(account, asked, batches, seed)
        if not left:
            raise none_of(done)
        work = BatchesWork(seed, left, done)
        state = JobState(kept(work), msgspec.to_builtins(told_of(work)))
        report = await self.jobs.begin(
            account.id, BILLS_JOB, state, fingerprint=mark, key_digest=digest
        )
        return report, so_far(report)

    async def as_task(
        self, account: ReadableAccount, name: str, asked: WriteRequest, key: str | None
    ) -> JobReport:
        """Do an upload, and tell what came of it as a task; what takes longer is waited for there.

        Raises as `Writing.perform` does.
        """
        asked = replace(asked, options={**asked.options, "wait": "false"})
        done = await self.writing.perform(account, name, asked, key)
        assert done.found is not None
        if done.record_id is not None:
            state = JobState({}, msgspec.to_builtins(done.found.item), list(done.warnings))
            return await self.jobs.begin(account.id, DONE_JOB, state)
        state = JobState({"made": done.found.raw.decode(), "tries": 0})
        return await self.jobs.begin(account.id, ARRIVAL_JOB, state, after=ARRIVAL_WAITS[0])

    def _check_any(self, asked: WriteRequest, batches: Batches) -> None:
        """Raise Invalid when the target system would take none of the files."""
        faults = [batches.fault(file) for file in asked.files]
        if faults and all(faults):
            raise none_of(
                UploadedItem(index, None, None, None, *fault)
                for index, fault in enumerate(faults)
                if fault is not None
            )

    def _batches(self, account: ReadableAccount) -> Batches:
        batches = self.writing.registry.get(account.target).batches
        if batches is None:
            raise NotSupported(f"{account.target} has no way to make bills of files.")
        return batches

    async def _uploaded(
        self, account: ReadableAccount, asked: WriteRequest, batches: Batches, seed: str
    ) -> tuple[list[tuple[int, str | None, str]], list[UploadedItem]]:
        """Upload the files that are fit; return those that have an id, and those that failed."""
        if not asked.files:
            return [(index, None, one) for index, one in enumerate(asked.body.file_ids)], []
        places = asyncio.Semaphore(_AT_ONCE)
        left: list[tuple[int, str | None, str]] = []
        done: list[UploadedItem] = []

        async def upload(index: int, file: UploadedFile) -> None:
            fault = batches.fault(file)
            if fault is not None:
                done.append(UploadedItem(index, file.name, None, None, *fault))
                return
            one = WriteRequest(FileRequest.model_validate({}), files=(file,), seed=seed)
            try:
                async with places:
                    made = await self.writing.perform(
                        account, FILES, one, f"{BILLS_JOB}:{seed}:{file.digest}"
                    )
            except MissingScope:
                raise
            except (DownstreamRefused, Invalid) as error:
                done.append(UploadedItem(index, file.name, None, None, error.code, error.message))
                return
            left.append((index, file.name, made.record_id or ""))

        await all_of(upload(index, file) for index, file in enumerate(asked.files))
        return sorted(left), done


def split(asked: WriteRequest, batches: Batches) -> list[WriteRequest]:
    """Split a bulk upload into requests that the target system takes; at least one."""
    parts: list[WriteRequest] = []
    ids: tuple[str, ...] = asked.body.file_ids
    if bool(asked.files) == bool(ids):
        raise Invalid.one(
            "fileIds", "EITHER_OR", "Bring files, or name those that were uploaded before."
        )
    if ids:
        _check_ids(ids)
        parts = [
            replace(asked, body=naming(ids[start : start + batches.most]))
            for start in range(0, len(ids), batches.most)
        ]
        return parts if len(parts) > 1 else [asked]
    _check_same(asked.files)
    for part in batches_of(asked.files, batches):
        parts.append(replace(asked, files=tuple(part)))
    return parts


def batches_of(files: Sequence[UploadedFile], batches: Batches) -> list[list[UploadedFile]]:
    """Fill one request after another; a file that isn't sent takes a place all the same."""
    parts: list[list[UploadedFile]] = [[]]
    size = 0
    for file in files:
        own = 0 if batches.fault(file) else file.size + batches.framing
        if len(parts[-1]) == batches.most or size + own > batches.size:
            parts.append([])
            size = 0
        parts[-1].append(file)
        size += own
    return parts


def _check_ids(ids: Sequence[str]) -> None:
    if len(ids) > _MOST_IDS:
        raise Invalid.one("fileIds", "TOO_MANY", f"A request names at most {_MOST_IDS} files.")
    _check_unique([(f"fileIds.{index}", one) for index, one in enumerate(ids)])


def _check_same(files: Sequence[UploadedFile]) -> None:
    _check_unique([(f"files.{index}", one.digest) for index, one in enumerate(files)])


def _check_unique(named: Sequence[tuple[str, str]]) -> None:
    """Raise Invalid where two are the same: they would have one key, and become one bill."""
    first: dict[str, str] = {}
    same = [
        FieldError(name, "DUPLICATE_ITEM", f"This is the same as {first[value]}.")
        for name, value in named
        if first.setdefault(value, name) != name
    ]
    if same:
        raise Invalid("Some files come more than once; each is listed.", same)

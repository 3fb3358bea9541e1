"""Makes bills of the PDFs in a folder, a batch at a time, and none twice.

What is known to be done is noted beside the files, by their content. What isn't, since a run was
stopped in the middle, is told by keys that are made from the content too.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from connector.api.spooling import UploadedFile, file_on_disk
from connector.app.actions.assembled import assembled
from connector.app.actions.owners import account_of
from connector.app.container import Container
from connector.app.terminal import out, run
from connector.ports import WriteRequest
from connector.registry import Batches
from connector.unified.upload import BillUploads, UploadedItem
from connector.writing.requests.bill import BillsRequest
from connector.writing.upload_jobs import BILLS, refused_items
from connector.writing.uploads import batches_of
from oauth.errors import NotSupported
from storage.errors import Invalid, ServiceError
from storage.repositories.accounts import Account

JOURNAL = ".qonto-uploads.jsonl"

_SEED = "folder"
_WAITS = (2.0, 10.0, 30.0)
"""Seconds before a batch is tried again after a failure that may pass."""


@dataclass
class FolderReport:
    """What came of the files of a folder."""

    made: dict[str, str] = field(default_factory=dict[str, str])
    known: int = 0
    failed: dict[str, str] = field(default_factory=dict[str, str])
    stopped: str | None = None


@dataclass(frozen=True)
class Journal:
    """The bills that were made of files of a folder, by account and content."""

    path: Path
    account_id: str

    def read(self) -> dict[str, str]:
        """Return the bills by the digests of their files; a line that was cut off is no bill."""
        bills: dict[str, str] = {}
        if not self.path.exists():
            return bills
        for line in self.path.read_text().splitlines():
            try:
                noted = json.loads(line)
                if noted["account"] == self.account_id:
                    bills[noted["sha256"]] = noted["bill"]
            except (ValueError, TypeError, KeyError):
                continue
        return bills

    def note(self, made: Iterable[tuple[UploadedFile, str]]) -> None:
        """Note bills that were made."""
        with self.path.open("a") as file:
            for one, bill in made:
                said = {"account": self.account_id, "sha256": one.digest, "bill": bill}
                file.write(json.dumps({**said, "file": one.name}) + "\n")


def upload(folder: Path, account_id: str, as_json: bool) -> None:
    """Upload the files of a folder and print what came of them; exit code 1 when any failed."""
    report = run(_upload(folder, account_id, quiet=as_json))
    if as_json:
        print(
            json.dumps(
                {
                    "made": report.made,
                    "alreadyThere": report.known,
                    "failed": report.failed,
                    "stopped": report.stopped,
                }
            )
        )
    else:
        out.print(
            f"{len(report.made)} bills made, {report.known} were there already, "
            f"{len(report.failed)} failed."
        )
        if report.stopped is not None:
            out.print(f"Stopped: {report.stopped} Run it again to go on.", soft_wrap=True)
    if report.failed or report.stopped is not None:
        sys.exit(1)


async def _upload(folder: Path, account_id: str, *, quiet: bool) -> FolderReport:
    async with assembled() as container:
        account = await account_of(container, account_id)
        batches = container.registry.get(account.target).batches
        if batches is None:
            raise NotSupported(f"{account.target} has no way to make bills of files.")
        journal = Journal(folder / JOURNAL, account_id)
        report = FolderReport()
        tell = _silent if quiet else _tell
        left = await _left(folder, journal, batches, report, tell)
        async with _counting(len(left), quiet=quiet) as count:
            for part in batches_of(left, batches):
                if not await _send(container, account, part, journal, report, tell):
                    break
                count(len(part))
        return report


def _ignore(number: int) -> None:
    del number


def _silent(line: str) -> None:
    del line


def _tell(line: str) -> None:
    out.print(line, soft_wrap=True)


def _pdfs_of(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() == ".pdf" and not path.name.startswith(".") and path.is_file()
    )


async def _left(
    folder: Path,
    journal: Journal,
    batches: Batches,
    report: FolderReport,
    tell: Callable[[str], None],
) -> list[UploadedFile]:
    """Return the files that are to be sent; tell why others aren't."""
    seen = dict(journal.read())
    left: list[UploadedFile] = []
    for path in _pdfs_of(folder):
        file = await asyncio.to_thread(file_on_disk, path)
        fault = batches.fault(file)
        if fault is not None:
            report.failed[path.name] = fault[1]
            tell(f"{path.name}: {fault[0]}: {fault[1]}")
        elif file.digest in seen:
            report.known += 1
        else:
            seen[file.digest] = ""
            left.append(file)
    return left


async def _send(
    container: Container,
    account: Account,
    part: Sequence[UploadedFile],
    journal: Journal,
    report: FolderReport,
    tell: Callable[[str], None],
) -> bool:
    """Send a batch, and note what came of it; False when there is no use in going on."""
    if not part:
        return True
    asked = WriteRequest(BillsRequest.model_validate({}), files=tuple(part), seed=_SEED)
    key = "folder:" + sha256("".join(one.digest for one in part).encode()).hexdigest()
    try:
        items = await _patiently(container, account, asked, key)
    except ServiceError as error:
        report.stopped = f"{error.code}: {error.message}"
        return False
    made: list[tuple[UploadedFile, str]] = []
    for item in items:
        file = part[item.index]
        if item.bill_id is not None:
            made.append((file, item.bill_id))
            report.made[file.name] = item.bill_id
        else:
            report.failed[file.name] = item.message or ""
            tell(f"{file.name}: {item.code}: {item.message}")
    journal.note(made)
    return True


async def _patiently(
    container: Container, account: Account, asked: WriteRequest, key: str
) -> Sequence[UploadedItem]:
    """Send a batch, again after failures that may pass."""
    waits = iter(_WAITS)
    while True:
        try:
            done = await container.writing.perform(account, BILLS, asked, key)
        except Invalid as error:
            return refused_items(
                [(place, one.name, None) for place, one in enumerate(asked.files)], error
            )
        except ServiceError as error:
            wait = next(waits, None)
            may_pass = error.retryable or getattr(error, "retry_after", None) is not None
            if wait is None or not may_pass:
                raise
            await asyncio.sleep(max(wait, getattr(error, "retry_after", None) or 0.0))
        else:
            assert done.found is not None
            told: BillUploads = done.found.item
            return told.items


@asynccontextmanager
async def _counting(total: int, *, quiet: bool) -> AsyncGenerator[Callable[[int], None]]:
    """Show how far it is: as a bar on a terminal, else as a line for each batch."""
    if quiet:
        yield _ignore
        return
    if not out.is_terminal:
        done = 0

        def count(number: int) -> None:
            nonlocal done
            done += number
            out.print(f"{done} of {total} files sent")

        yield count
        return
    columns = (TextColumn("Uploading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out) as progress:
        task = progress.add_task("", total=total)
        yield lambda number: progress.advance(task, number)

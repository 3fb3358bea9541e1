"""What a run is about, and how far it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.copying.decisions import CopyBounds
from connector.copying.document_queue import Fetched
from connector.copying.feed import ReadRecord, RecordFeed
from connector.copying.ports import Destination, DocumentStore
from connector.copying.records import copied
from connector.copying.spool import RecordSpool
from storage.repositories.accounts import Account
from storage.repositories.copies import CopyKey, CopyRun, CopyState

BATCH = 200
"""Records that are written to a destination at once, all or none of them."""


@dataclass(frozen=True, slots=True)
class CopyProgress:
    """What a run that is under way tells besides its counts, and nobody stores.

    `waiting` documents are still to be fetched by it.
    """

    pages: int = 0
    stored_bytes: int = 0
    waiting: int = 0


Tell = Callable[[CopyRun, CopyProgress], None]
"""Gets a run whenever it is further."""


@dataclass(frozen=True, slots=True)
class CopyPlace:
    """Where records and documents go; `name` tells it from others, and holds no credentials."""

    name: str
    destination: Destination
    documents: DocumentStore | None = None


class CopyTaken(Exception):
    """Another process has taken the copy."""


@dataclass(slots=True)
class CopyWork:
    """One run under way. The copy is this process's until `held_until`, unless that is renewed."""

    account: Account
    run: CopyRun
    state: CopyState
    owner: str
    bounds: CopyBounds
    place: CopyPlace
    feed: RecordFeed
    tell: Tell
    held_until: datetime
    doubtful: set[str]
    """Records that whoever had the copy before may still be about to write."""
    progress: CopyProgress = CopyProgress()
    spool: RecordSpool = field(init=False)
    unreadable: set[str] = field(default_factory=set[str])
    others: set[str] = field(default_factory=set[str])
    """Records that are of another kind, by now at least."""

    def __post_init__(self) -> None:
        self.spool = RecordSpool(self.run.resource)

    @property
    def key(self) -> CopyKey:
        return self.run.key

    def keep(self, page: Sequence[ReadRecord]) -> None:
        """Spool what a page showed."""
        self.progress = replace(self.progress, pages=self.progress.pages + 1)
        before, unreadable = len(self.spool), len(self.unreadable)
        for read in page:
            if read.is_other:
                self.others.add(read.id)
            elif read.item is None:
                self.unreadable.add(read.id)
            else:
                self.spool.add(copied(self.run.resource, read), read.files)
        self.count(read=len(self.spool) - before, unreadable=len(self.unreadable) - unreadable)

    def count(self, **more: int) -> None:
        """Add to the run's counts, and tell it."""
        self.run = replace(
            self.run, **{name: getattr(self.run, name) + count for name, count in more.items()}
        )
        self.tell(self.run, self.progress)

    def wait_for(self, documents: int) -> None:
        """Tell how many documents are about to be fetched."""
        self.progress = replace(self.progress, waiting=documents)
        self.tell(self.run, self.progress)

    def fetched(self, fetched: Fetched) -> None:
        """Count documents that were fetched, or couldn't be."""
        self.progress = replace(
            self.progress,
            stored_bytes=self.progress.stored_bytes + fetched.size,
            waiting=max(0, self.progress.waiting - fetched.stored - fetched.failed),
        )
        self.count(downloaded=fetched.stored, failed=fetched.failed)

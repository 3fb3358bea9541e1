"""Master keys over their life: which values need which key, and moving them all to the newest.

It works beside a running service, in chunks, each a transaction of its own. A value that somebody
changes meanwhile is left to them. Whatever is under the newest key is passed over, so that a run
that was stopped is simply started again.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from storage.errors import SecretUnreadable
from storage.repositories.accounts import AccountKey
from storage.repositories.api_keys import ApiKey
from storage.repositories.sealed import SEALED_COLUMNS, SealedColumn, SealedValue
from storage.sealing import KeyRing, sealed_with
from storage.unit_of_work import UnitOfWork

CHUNK = 200


@dataclass(frozen=True, slots=True)
class UnreadableValue:
    """A value that no key at hand opens."""

    table: str
    column: str
    row_id: str
    key: str | None
    """The name of the key it was sealed with; None when not even that can be read."""
    reason: str


@dataclass(frozen=True, slots=True)
class ResealingProgress:
    """How far one column is."""

    column: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Resealed:
    """What a run came to."""

    moved: int
    overtaken: int
    """Values that somebody else changed meanwhile."""
    unreadable: tuple[UnreadableValue, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """How much depends on one master key."""

    key: str
    is_configured: bool
    is_newest: bool
    sealed: int
    """Sealed values that only this key opens."""
    api_keys: int
    """Live API keys whose hash was made with it."""
    account_keys: int

    @property
    def can_be_retired(self) -> bool:
        """Say whether nothing stored needs this key any more."""
        return not self.is_newest and not (self.sealed or self.api_keys or self.account_keys)


@dataclass(frozen=True, slots=True)
class Pending:
    """The live keys whose hash waits for their next use, to be made anew."""

    api_keys: tuple[ApiKey, ...]
    account_keys: tuple[AccountKey, ...]


async def usage(work: UnitOfWork, ring: KeyRing, at: datetime) -> list[Usage]:
    """Count what each master key is needed for: those configured first, newest of them first."""
    sealed: Counter[str] = Counter()
    async for values in _all(work):
        for value in values:
            sealed[_name(value) or "(damaged)"] += 1
    async with work.reading() as tx:
        api = await tx.api_keys.hashed_with(at)
        account = await tx.accounts.keys.hashed_with(at)
    lost = sorted({*sealed, *api, *account} - set(ring.names))
    return [
        Usage(
            key=name,
            is_configured=name in ring.names,
            is_newest=name == ring.newest,
            sealed=sealed[name],
            api_keys=api.get(name, 0),
            account_keys=account.get(name, 0),
        )
        for name in (*ring.names, *lost)
    ]


async def pending(work: UnitOfWork, ring: KeyRing, at: datetime) -> Pending:
    """List the live keys whose hash was made with another key than the newest."""

    def waits(key: ApiKey | AccountKey) -> bool:
        return key.hash_key_id != ring.newest and key.is_live(at)

    async with work.reading() as tx:
        api = await tx.api_keys.unrevoked()
        account = await tx.accounts.unrevoked_keys()
    return Pending(
        tuple(key for key in api if waits(key)), tuple(key for key in account if waits(key))
    )


async def unreadable(work: UnitOfWork, ring: KeyRing) -> AsyncGenerator[UnreadableValue]:
    """Try to open every sealed value; yield those that can't be."""
    async for values in _all(work):
        for value in values:
            try:
                ring.open(value.sealed, associated_data=value.associated_data)
            except SecretUnreadable as error:
                yield _unreadable(value, error)


async def reseal(
    work: UnitOfWork,
    ring: KeyRing,
    progress: Callable[[ResealingProgress], None] = lambda _: None,
    *,
    chunk: int = CHUNK,
) -> Resealed:
    """Seal every value under the newest key that isn't yet. Raises StorageUnavailable."""
    run = _Run()
    for column in SEALED_COLUMNS:
        async with work.reading() as tx:
            total = await tx.sealed.count(column)
        done = 0
        progress(ResealingProgress(column.name, done, total))
        async for values in _chunks(work, column, chunk):
            await _move(work, ring, values, run)
            done += len(values)
            progress(ResealingProgress(column.name, done, max(done, total)))
    return Resealed(run.moved, run.overtaken, tuple(run.unreadable))


@dataclass
class _Run:
    moved: int = 0
    overtaken: int = 0
    unreadable: list[UnreadableValue] = field(default_factory=list[UnreadableValue])


async def _move(work: UnitOfWork, ring: KeyRing, values: Sequence[SealedValue], run: _Run) -> None:
    fresh: list[tuple[SealedValue, bytes]] = []
    for value in values:
        if _name(value) == ring.newest:
            continue
        try:
            plain = ring.open(value.sealed, associated_data=value.associated_data)
        except SecretUnreadable as error:
            run.unreadable.append(_unreadable(value, error))
            continue
        fresh.append((value, ring.seal(plain, associated_data=value.associated_data)))
    if not fresh:
        return
    async with work.writing() as tx:
        stored = [await tx.sealed.replace(value, sealed) for value, sealed in fresh]
    run.moved += stored.count(True)
    run.overtaken += stored.count(False)


async def _all(work: UnitOfWork) -> AsyncGenerator[Sequence[SealedValue]]:
    for column in SEALED_COLUMNS:
        async for values in _chunks(work, column, CHUNK):
            yield values


async def _chunks(
    work: UnitOfWork, column: SealedColumn, size: int
) -> AsyncGenerator[Sequence[SealedValue]]:
    last = ""
    while True:
        async with work.reading() as tx:
            values = await tx.sealed.after(column, last, size)
        if not values:
            return
        yield values
        last = values[-1].row_id


def _name(value: SealedValue) -> str | None:
    try:
        return sealed_with(value.sealed)
    except SecretUnreadable:
        return None


def _unreadable(value: SealedValue, error: SecretUnreadable) -> UnreadableValue:
    column = value.column
    return UnreadableValue(
        column.table.name, column.column, value.row_id, _name(value), error.message
    )

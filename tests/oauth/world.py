"""One link and the processes that keep it: rows, disk and provider are simple, the vaults real.

Time is the virtual loop's. A process that is killed stops wherever it is: its next step never ends.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx2

from oauth.client import OAuthClient
from oauth.credentials import seal_values
from oauth.errors import GrantInvalid, OutcomeUnknown, ProviderUnavailable
from oauth.sealed_tokens import seal_tokens
from oauth.settings import OAuthSettings
from oauth.spill import Spilled
from oauth.tokens import TokenSet
from oauth.unsaved import Unsaved
from oauth.vault import TokenVault
from storage.errors import StorageUnavailable
from storage.repositories.accounts import Account
from storage.repositories.systems import System
from storage.repositories.tokens import StoredTokens, Unfinished
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.oauth.provider import FakeClock, FakeTarget, Provider
from tests.oauth.virtual import VirtualLoop

RING = KeyRing([MasterKey("model", bytes(range(32)))])
ACCOUNT, CONNECTION = "acct_1", "conn_1"
POINTS = ("claimed", "asked", "rotated", "spilled", "saving", "saved")
HEALED_AFTER = 25.0
"""Seconds after which somebody is there again when the provider alone has the new tokens."""

_SCOPES = frozenset(("offline_access",))
_BASE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Row:
    tokens: StoredTokens
    owner: str | None = None
    until: datetime | None = None
    status: str = "ACTIVE"


@dataclass
class Family:
    """Qonto's rules: an hour, rotation, 60 s of grace, and the end of all for a late reuse."""

    is_revoked: bool = False
    access: dict[str, float] = field(default_factory=dict[str, float])
    first_used: dict[str, float | None] = field(default_factory=dict[str, float | None])
    made_from: dict[str, str] = field(default_factory=dict[str, str])
    made_at: dict[str, float] = field(default_factory=dict[str, float])

    def issue(self, now: float, parent: str = "") -> tuple[str, str]:
        access, refresh = f"at_{secrets.token_hex(4)}", f"rt_{secrets.token_hex(4)}"
        self.access[access] = now + 3600
        self.first_used[refresh] = None
        self.made_from[refresh] = parent
        self.made_at[refresh] = now
        return access, refresh

    def refresh(self, token: str, now: float) -> tuple[str, str]:
        used = self.first_used[token]
        if used is not None and now - used > 60:
            self.is_revoked = True
        if self.is_revoked:
            raise GrantInvalid("invalid_grant")
        self.first_used[token] = now if used is None else used
        return self.issue(now, token)


class World:
    """What all processes share."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.family = Family()
        self.is_up = True
        self.answers: list[str] = []
        """What becomes of the provider's next answers: slow, lost, garbled, 503, 429."""
        access, refresh = self.family.issue(loop.time())
        at = self.now()
        tokens = TokenSet(access, refresh, at + timedelta(hours=1), _SCOPES)
        self.row = Row(seal_tokens(RING, CONNECTION, tokens, at))
        self.processes = [Process(self, number) for number in range(3)]

    def now(self) -> datetime:
        return _BASE + timedelta(seconds=self.loop.time())

    def opened(self, stored: StoredTokens) -> str:
        assert stored.refresh_token is not None
        return RING.open_text(stored.refresh_token, associated_data=stored.refresh_associated_data)

    def orphaned_since(self) -> float | None:
        """When the provider rotated, if nobody alive and no disk has what came of it."""
        current = self.opened(self.row.tokens)
        if self.family.first_used.get(current) is None:
            return None
        kept = [self.opened(one.stored) for process in self.processes for one in process.disk]
        for process in self.processes:
            if process.vault is not None:
                kept += [self.opened(one.stored) for one in process.held()]
        if any(self.family.made_from.get(one) == current for one in kept):
            return None
        return self.family.first_used[current]

    def rotations(self) -> int:
        """Count the refresh tokens that were ever used: reuse within the grace counts once."""
        return sum(used is not None for used in self.family.first_used.values())


class Process:
    """One process on a machine of its own: its vault, its disk, its clock, and what befalls it."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number
        self.disk: list[Spilled] = []
        self.ahead = 0.0
        """Seconds by which its wall clock is wrong."""
        self.is_cut = False
        self.armed: dict[str, str] = {}
        """What befalls it at which point: killed, or cut off from the database."""
        self.life = 0
        self.vault: TokenVault | None = None
        self._unsaved: Unsaved | None = None

    async def start(self) -> None:
        if self.vault is not None:
            return
        life = Life(self, self.life)
        work, client = cast(UnitOfWork, life), ModelClient(life)
        self._unsaved = Unsaved(work, cast(Any, life), lambda _: None)
        self.vault = TokenVault(
            work,
            RING,
            {"acme": FakeTarget("acme", Provider(FakeClock()))},
            client,
            OAuthSettings(),
            clock=lambda: self.world.now() + timedelta(seconds=self.ahead),
            unsaved=self._unsaved,
            jitter=lambda: 0.5,
            now=self.world.loop.time,
        )
        await self.vault.start()

    def held(self) -> list[Any]:
        return list(cast(Any, self._unsaved)._tasks)

    def kill(self) -> None:
        self.life += 1
        self.vault = self._unsaved = None
        self.armed = {}
        self.is_cut = False


class Life:
    """A process from its start to its end, as its database, disk and transaction see it."""

    def __init__(self, process: Process, number: int) -> None:
        self.process = process
        self.number = number
        self.world = process.world

    async def step(self, point: str | None = None) -> None:
        """Let happen what is to happen here; never return to a process that is dead."""
        if point is not None and self.process.life == self.number:
            match self.process.armed.pop(point, None):
                case "kill":
                    self.process.kill()
                case "cut":
                    self.process.is_cut = True
                case _:
                    pass
        if self.process.life != self.number:
            await asyncio.get_running_loop().create_future()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["Life"]:
        await self.step()
        if not self.world.is_up or self.process.is_cut:
            raise StorageUnavailable("away")
        yield self

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["Life"]:
        async with self.reading():
            before, row = replace(self.world.row), self.world.row
            yield self
            if row.tokens.version != before.tokens.version:
                after = replace(row)
                self.world.row = before
                await self.step("saving")
                if self.process.is_cut or self.world.row.tokens.version != before.tokens.version:
                    raise StorageUnavailable("cut off at the commit")
                self.world.row = after
                await self.step("saved")
            elif row.owner is not None and row.owner != before.owner:
                await self.step("claimed")

    # as the repositories

    @property
    def accounts(self) -> "Life":
        return self

    @property
    def tokens(self) -> "Tokens":
        return Tokens(self.world)

    @property
    def systems(self) -> "Systems":
        return Systems()

    async def get(self, account_id: str, *, lock: bool = False) -> Account:
        at = _BASE
        return Account(
            account_id,
            "ten",
            "acme",
            "org",
            None,
            None,
            self.world.row.status,
            None,
            at,
            at,
            CONNECTION,
        )

    async def of_connection(self, connection_id: str) -> list[Account]:
        return [await self.get(ACCOUNT)]

    # as the disk

    def write(self, stored: StoredTokens, version: int) -> Path:
        path = Path(f"{CONNECTION}.{version}.{secrets.token_hex(4)}")
        if self.process.life == self.number:
            self.process.disk.append(Spilled(path, stored, version))
            if self.process.armed.pop("spilled", None) == "kill":
                self.process.kill()
        return path

    def remove(self, path: Path) -> None:
        if self.process.life == self.number:
            self.process.disk = [one for one in self.process.disk if one.path != path]

    def read(self) -> list[Spilled]:
        return list(self.process.disk)


class Systems:
    async def get(self, tenant_id: str, target: str) -> System:
        system = System("sys", tenant_id, target, "client", b"", b"", None, _BASE, _BASE)
        return replace(
            system,
            client_secret=RING.seal("secret", associated_data=system.secret_associated_data),
            custom_values=seal_values(RING, {}, associated_data=system.values_associated_data),
        )


class Tokens:
    """The row, as `storage.repositories.tokens` treats it on PostgreSQL."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.row = world.row

    async def get(self, connection_id: str) -> StoredTokens:
        return self.row.tokens

    async def unfinished(self, connection_id: str, at: datetime) -> Unfinished | None:
        if self.row.until is None:
            return None
        over_for = self.world.now() - self.row.until
        return Unfinished(connection_id, self.row.tokens.version, self.row.owner, over_for, ACCOUNT)

    async def interrupted(self, at: datetime, *, most: int) -> list[Unfinished]:
        found = await self.unfinished(CONNECTION, at)
        is_due = found is not None and found.is_free and self.row.status == "ACTIVE"
        return [found] if found is not None and is_due else []

    async def claim(
        self, connection_id: str, version: int, *, owner: str, at: datetime, lease: timedelta
    ) -> bool:
        now = self.world.now()
        if self.row.tokens.version != version or (self.row.until and self.row.until > now):
            return False
        self.row.owner, self.row.until = owner, now + lease
        return True

    async def replace(self, tokens: StoredTokens, *, version: int) -> bool:
        if self.row.tokens.version != version:
            return False
        self.row.tokens = replace(tokens, version=version + 1)
        self.row.owner = self.row.until = None
        return True

    async def release(self, connection_id: str, owner: str) -> None:
        if self.row.owner == owner:
            self.row.owner = self.row.until = None

    async def interrupt(self, connection_id: str, owner: str, *, at: datetime) -> None:
        if self.row.owner == owner:
            self.row.owner, self.row.until = None, self.world.now()


class ModelClient(OAuthClient):
    """The token endpoint, with the network's moods."""

    def __init__(self, life: Life) -> None:
        super().__init__(cast(httpx2.AsyncClient, None), 10)
        object.__setattr__(self, "life", life)

    async def refresh(self, *arguments: Any, **given: Any) -> TokenSet:
        life = cast(Life, vars(self)["life"])
        world = life.world
        await life.step("asked")
        mood = world.answers.pop(0) if world.answers else ""
        if mood == "429":
            raise ProviderUnavailable
        if mood == "503":
            raise OutcomeUnknown
        await asyncio.sleep(4.0 if mood == "slow" else 0.1)
        access, refresh = world.family.refresh(given["refresh_token"], world.loop.time())
        await life.step("rotated")
        await asyncio.sleep(4.0 if mood == "slow" else 0.1)
        await life.step()
        if mood == "lost":
            raise OutcomeUnknown
        return TokenSet(access, refresh, given["at"] + timedelta(hours=1), _SCOPES)

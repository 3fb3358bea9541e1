"""Unlinking: every step once, whatever dies between them, and a receipt of what was erased."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import httpx2
import pytest
from sqlalchemy import func, select

from connector.app.unlinking import DELETED, Unlinker
from connector.errors import DownstreamUnavailable
from connector.registry import Provider as Registered
from connector.registry import Registry
from oauth.accounts import Status, key_record
from oauth.errors import AccountInactive
from oauth.keys import new_account_key
from oauth.requests import LinkRequest
from oauth.vault import TokenVault
from storage.base import BaseRow
from storage.errors import NotFound
from storage.repositories.accounts import Account
from storage.repositories.erasure import ORDER
from storage.repositories.unlinkings import Unlinking
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.oauth.conftest import CALLBACK, Floor, clock, floor, http, provider, query_of
from tests.webhooks.relay import SIGNED, ProviderWebhooks, Relay, event_body, until
from webhooks.upstream import CONSENT, Upstream

pytestmark = pytest.mark.both_databases

__all__ = ["clock", "floor", "http", "provider"]

STEPS = ("_unsubscribe", "_revoke", "_delete", "_erase")


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Stage:
    """A linked account with everything that can refer to one, and the use case around it."""

    floor: Floor
    relay: Relay
    account: Account
    unlinker: Unlinker
    upstream: ProviderWebhooks
    paused: list[float] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    async def latest(self) -> Unlinking:
        async with self.floor.work.reading() as tx:
            found = await tx.unlinkings.of_account(self.account.id)
        assert found is not None
        return found

    async def rows(self) -> dict[str, int]:
        """Count what is left of the account, by table."""
        counted: dict[str, int] = {}
        async with self.floor.work.reading() as tx:
            for table in ORDER:
                found = await tx.connection.execute(select(func.count()).select_from(table))
                counted[table.name] = int(found.scalar_one())
        return {name: rows for name, rows in counted.items() if rows}


@pytest.fixture
async def stage(floor: Floor, work: UnitOfWork, ring: KeyRing) -> AsyncIterator[Stage]:
    tenant, _ = await floor.tenant(signs=True)
    account = await floor.account(tenant)
    relay = Relay(work, ring)
    relay.clock.now = floor.clock()
    adapter = relay.provider
    registered = Registered("acme", cast(Any, None), cast(Any, None), adapter)
    registry = Registry([registered])
    relay.registry = registry
    await relay.subscriptions().upstream.watch(account.id)
    await relay.subscription(account)
    code = next(iter(adapter.standing.values()))[1].callback_url.rpartition("/")[2]
    async with work.reading() as tx:
        upstream = await tx.upstream_subscriptions.of_account(account.id, CONSENT)
    assert upstream is not None
    signed = {
        **SIGNED,
        "signature": ring.open_text(upstream.secret, associated_data=upstream.associated_data),
    }
    for number in range(3):
        await relay.intake().accept(code, signed, event_body(f"up-{number}", f"inv-{number}"))
    await relay.notice(account)
    await relay.start()
    await until(lambda: relay.endpoints.arrived)
    await relay.stop()
    await relay.notice(account)
    disabled_vault = TokenVault(
        work,
        ring,
        floor.targets,
        floor.client,
        floor.settings,
        clock=floor.clock,
        serving=Status.DISABLED,
    )
    paused: list[float] = []
    ended: list[str] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    unlinker = Unlinker(
        work,
        floor.clock,
        Upstream(
            work, ring, registry, floor.clock, public_url="https://c.example", forget=lambda _: None
        ),
        registry,
        disabled_vault,
        forget=floor.vault.forget,
        deleted=ended.append,
        pause=pause,
    )
    yield Stage(floor, relay, account, unlinker, adapter, paused, ended)
    await relay.stop()


async def beside(stage: Stage) -> Account:
    """Link another customer, who lives on the same consent."""
    tenant = await stage.floor.tenants.get(stage.account.tenant_id)
    wish = LinkRequest(callback_url=CALLBACK, reference="beside")
    came = query_of((await stage.floor.link(tenant, wish)).url)
    key = (await stage.floor.links.exchange(tenant, came["code"])).account_key
    return await stage.floor.callers.select(tenant, key)


async def test_a_consent_ends_with_the_last_account_that_lives_on_it(stage: Stage) -> None:
    other = await beside(stage)
    assert other.connection_id == stage.account.connection_id
    before = dict(stage.upstream.standing)
    assert (await stage.unlinker.unlink(stage.account.id, erase=True)).is_complete
    assert stage.floor.provider.revoked == []
    assert set(stage.upstream.standing) == set(before) != set()
    with pytest.raises(AccountInactive):
        await stage.floor.vault.get(stage.account.id)
    assert (await stage.floor.vault.get(other.id)).headers
    assert (await stage.unlinker.unlink(other.id, erase=True)).is_complete
    assert len(stage.floor.provider.revoked) == 1
    assert stage.upstream.standing == {}
    async with stage.floor.work.reading() as tx:
        assert await tx.connections.get(stage.account.connection_id or "") is None


async def test_of_two_that_are_unlinked_at_once_one_is_the_last(stage: Stage) -> None:
    other = await beside(stage)
    ended = await asyncio.gather(
        stage.unlinker.unlink(stage.account.id), stage.unlinker.unlink(other.id)
    )
    assert [receipt.is_complete for receipt in ended] == [True, True]
    assert len(stage.floor.provider.revoked) >= 1
    assert stage.upstream.standing == {}


async def test_an_unlinked_account_is_stopped_everywhere(stage: Stage) -> None:
    access = await stage.floor.vault.get(stage.account.id)
    receipt = await stage.unlinker.unlink(stage.account.id)
    assert receipt.is_complete
    assert receipt.erased == {}
    assert stage.paused == [5.0], "other processes may use what they have for five seconds"
    assert stage.upstream.standing == {}
    assert len(stage.floor.provider.revoked) == 1
    assert await stage.floor.status_of(stage.account.id) == "REVOKED"
    with pytest.raises(AccountInactive):
        await stage.floor.vault.get(stage.account.id)
    with pytest.raises(AccountInactive):
        await stage.floor.vault.renew(stage.account.id, access)
    left = await stage.rows()
    assert "tokens" not in left
    assert "upstream_subscriptions" not in left
    assert left["events"] == 3, "the log stays"
    async with stage.floor.work.reading() as tx:
        assert await tx.accounts.keys_of([stage.account.id]) == []
        assert not await tx.deliveries.anything_due(stage.relay.clock() + timedelta(days=9))
        assert await tx.subscriptions.live([stage.account.id]) == []
    assert len(stage.ended) == 1


async def test_erasing_leaves_nothing_but_the_receipt(stage: Stage) -> None:
    before = await stage.rows()
    receipt = await stage.unlinker.unlink(stage.account.id, erase=True)
    assert receipt.is_complete
    left = await stage.rows()
    assert set(left) <= {"links", "exchange_codes"}, "those name no account"
    gone = {name: before[name] - left.get(name, 0) for name in before}
    already = {"tokens": 1, "upstream_subscriptions": 1}
    assert dict(receipt.erased) == {
        name: rows for name, rows in gone.items() if rows and name not in already
    }
    assert (await stage.latest()).counts == receipt.erased
    with pytest.raises(NotFound):
        await stage.unlinker.unlink(stage.account.id, erase=True)


async def test_the_audit_trail_outlives_the_account(stage: Stage) -> None:
    """It tells who unlinked which account, by ids alone."""
    first = await stage.unlinker.unlink(stage.account.id, by="key_1")
    stage.floor.clock.move(seconds=1)
    receipt = await stage.unlinker.unlink(stage.account.id, erase=True)
    async with stage.floor.work.reading() as tx:
        entries = await tx.audit.list(tenant_id=stage.account.tenant_id)
    told = [
        (one.action, one.actor, one.detail)
        for one in entries
        if one.account_id == stage.account.id and "unlinking" in one.detail
    ]
    assert sorted(told) == [
        ("account.erased", "system", f'{{"unlinking_id": "{receipt.unlinking_id}"}}'),
        ("account.unlinked", "key_1", f'{{"unlinking_id": "{first.unlinking_id}"}}'),
        ("account.unlinked", "operator", f'{{"unlinking_id": "{receipt.unlinking_id}"}}'),
    ]
    assert "audit" not in receipt.erased


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_is_finished_by_the_worker(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    original = getattr(Unlinker, step)

    async def crash(self: Unlinker, subject: Any) -> Any:
        if when == "after":
            await original(self, subject)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(Unlinker, step, crash)
        with pytest.raises(Crash):
            await stage.unlinker.unlink(stage.account.id, erase=True)
    with pytest.raises(AccountInactive):
        await stage.floor.vault.get(stage.account.id)
    assert await stage.unlinker.resume() == 0, "whoever began may still be at it"
    stage.floor.clock.move(seconds=61)
    assert await stage.unlinker.resume() == 1
    assert stage.upstream.standing == {}
    assert stage.floor.provider.revoked
    assert set(await stage.rows()) <= {"links", "exchange_codes"}
    assert (await stage.latest()).completed_at is not None
    assert (await stage.latest()).counts["events"] == 3


async def test_two_workers_take_one_up_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(_self: Unlinker, _account: Account) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(Unlinker, "_revoke", crash)
        with pytest.raises(Crash):
            await stage.unlinker.unlink(stage.account.id)
    stage.floor.clock.move(seconds=61)
    assert sorted(await asyncio.gather(*(stage.unlinker.resume() for _ in range(3)))) == [0, 0, 1]
    assert len(stage.floor.provider.revoked) == 1


async def test_a_provider_that_is_away_is_asked_again_later(stage: Stage) -> None:
    async def away(_call: str, _account: str) -> None:
        raise DownstreamUnavailable("away")

    stage.upstream.before = away
    receipt = await stage.unlinker.unlink(stage.account.id)
    assert not receipt.is_complete
    assert await stage.floor.status_of(stage.account.id) == "DISABLED"
    with pytest.raises(AccountInactive):
        await stage.floor.vault.get(stage.account.id)
    stage.upstream.before = lambda *_: None
    stage.floor.clock.move(seconds=61)
    assert await stage.unlinker.resume() == 1
    assert await stage.floor.status_of(stage.account.id) == "REVOKED"
    assert stage.upstream.standing == {}


async def test_a_provider_that_stays_away_for_a_day_is_left(stage: Stage) -> None:
    stage.floor.provider.answers += [httpx2.Response(503)] * 3

    async def away(_call: str, _account: str) -> None:
        raise DownstreamUnavailable("away")

    stage.upstream.before = away
    await stage.unlinker.unlink(stage.account.id)
    stage.floor.clock.move(days=1, seconds=1)
    assert await stage.unlinker.resume() == 1
    assert (await stage.latest()).step == DELETED
    assert "tokens" not in await stage.rows()


async def test_an_expired_access_is_renewed_to_take_leave(stage: Stage) -> None:
    stage.floor.clock.move(hours=2)
    await stage.unlinker.unlink(stage.account.id)
    (revoked,) = stage.floor.provider.revoked
    assert revoked.startswith("ory_rt_")


async def test_an_account_whose_consent_is_dead_is_unlinked_all_the_same(stage: Stage) -> None:
    stage.floor.clock.move(hours=2)
    stage.floor.provider.refresh_tokens.clear()
    assert (await stage.unlinker.unlink(stage.account.id)).is_complete
    assert await stage.floor.status_of(stage.account.id) == "REVOKED"


async def test_a_link_cannot_interfere_with_an_unlinking(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The customer consents once more while the vendor unlinks: the new tokens are given back."""
    tenant = await stage.floor.tenants.get(stage.account.tenant_id)

    async def crash(_self: Unlinker, _account: Account) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(Unlinker, "_unsubscribe", crash)
        with pytest.raises(Crash):
            await stage.unlinker.unlink(stage.account.id)
    redirect = await stage.floor.link(tenant)
    assert "error=ACCOUNT_INACTIVE" in redirect.url
    assert len(stage.floor.provider.revoked) == 1
    assert await stage.floor.status_of(stage.account.id) == "DISABLED"


async def test_an_unlinked_organisation_can_be_linked_again(stage: Stage) -> None:
    await stage.unlinker.unlink(stage.account.id)
    tenant = await stage.floor.tenants.get(stage.account.tenant_id)
    again = await stage.floor.account(tenant)
    assert again.id == stage.account.id
    assert again.status == "ACTIVE"
    await stage.floor.vault.get(again.id)
    key = new_account_key(stage.floor.ring)
    async with stage.floor.work.writing() as tx:
        await tx.accounts.add_key(key_record(key, again.id, stage.floor.clock()))
    receipt = await stage.unlinker.unlink(again.id, erase=True)
    assert receipt.is_complete
    assert receipt.erased["account_keys"] == 3


def test_every_table_that_refers_to_an_account_is_erased_in_a_possible_order() -> None:
    """A new table that refers to one of these belongs into `storage.repositories.erasure`."""
    position = {table.name: number for number, table in enumerate(ORDER)}
    for table in BaseRow.metadata.sorted_tables:
        for key in table.foreign_keys:
            named = key.column.table.name
            if named in position:
                assert table.name in position, f"{table.name} refers to {named}"
                assert position[table.name] < position[named]

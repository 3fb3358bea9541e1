"""The audit trail tells who did what, in the transaction of what was done, by ids alone."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from oauth.audit import entry
from oauth.errors import CodeInvalid, SystemNotRegistered
from oauth.requests import LinkRequest
from storage.repositories.audit import AuditRepository, StoredAuditEntry
from tests.oauth.conftest import CALLBACK, Floor, query_of

pytestmark = pytest.mark.both_databases


async def trail(floor: Floor, tenant_id: str | None = None) -> list[StoredAuditEntry]:
    async with floor.work.reading() as tx:
        return await tx.audit.list(tenant_id=tenant_id)


async def told(floor: Floor, tenant_id: str) -> Counter[tuple[str, str]]:
    """Who did what how often; entries of one moment have no order among them."""
    return Counter((one.actor, one.action) for one in await trail(floor, tenant_id))


async def test_everything_done_to_a_tenant_is_there(floor: Floor) -> None:
    tenant, _ = await floor.tenant(signs=True)
    key = await floor.tenant_keys.create(tenant, "web", by="key_x")
    rotated = await floor.tenant_keys.rotate(tenant, key.key.id, overlap=timedelta(0), by="key_x")
    for _ in range(2):
        await floor.tenant_keys.revoke(tenant, key.key.id, by="key_y")
    await floor.tenants.unregister_system(tenant, "acme", by="key_x")
    await floor.tenants.opt_in_to_key_in_redirect(tenant)
    assert await told(floor, tenant.id) == {
        ("operator", "tenant.created"): 1,
        ("operator", "api_key.created"): 1,
        ("operator", "system.registered"): 2,
        ("operator", "callbacks.added"): 1,
        ("operator", "signing_secret.created"): 1,
        ("key_x", "api_key.created"): 1,
        ("key_x", "api_key.rotated"): 1,
        ("key_y", "api_key.revoked"): 1,
        ("key_x", "system.removed"): 1,
        ("operator", "key_in_redirect.allowed"): 1,
    }
    (rotation,) = [one for one in await trail(floor) if one.action == "api_key.rotated"]
    assert json.loads(rotation.detail) == {
        "api_key_id": rotated.key.id,
        "replaced_key_id": key.key.id,
    }


async def test_links_and_account_keys_are_there_with_their_account(floor: Floor) -> None:
    tenant, _ = await floor.tenant(key_in_redirect=True)
    await floor.link(tenant)
    other, _ = await floor.tenant("Other")
    redirect = await floor.link(other)
    exchanged = await floor.links.exchange(other, query_of(redirect.url)["code"], by="key_x")
    account = await floor.callers.select(other, exchanged.account_key)
    await floor.account_keys.reissue(account.id)
    assert await told(floor, tenant.id) > Counter(
        {
            ("customer", "account.linked"): 1,
            ("customer", "account_key.issued"): 1,
        }
    )
    entries = [one for one in await trail(floor, other.id) if one.account_id is not None]
    assert {(one.actor, one.action, one.account_id) for one in entries} == {
        ("customer", "account.linked", account.id),
        ("key_x", "account_key.issued", account.id),
        ("operator", "account_key.revoked", account.id),
        ("operator", "account_key.issued", account.id),
    }


async def test_what_did_not_happen_is_not_there(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    before = await trail(floor)
    with pytest.raises(CodeInvalid):
        await floor.links.exchange(tenant, "xc_unknown")
    await floor.tenants.unregister_system(tenant, "acme")
    with pytest.raises(SystemNotRegistered):
        await floor.tenants.unregister_system(tenant, "acme")
    assert len(await trail(floor)) == len(before) + 1


async def test_nothing_is_done_when_it_cannot_be_written_down(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, _ = await floor.tenant()

    async def broken(_self: AuditRepository, _entry: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(AuditRepository, "add", broken)
    with pytest.raises(RuntimeError):
        await floor.tenant_keys.create(tenant, "web")
    with pytest.raises(RuntimeError):
        await floor.tenants.unregister_system(tenant, "acme")
    assert len(await floor.tenant_keys.all(tenant)) == 1
    assert len(await floor.tenants.registered_systems(tenant)) == 2


async def test_no_name_address_or_reference_is_in_it(floor: Floor) -> None:
    tenant, _ = await floor.tenant("Canary vendor", signs=True)
    await floor.tenant_keys.create(tenant, "canary name")
    floor.provider.organization = "canary-organisation"
    await floor.link(tenant, LinkRequest(callback_url=CALLBACK, reference="canary reference"))
    written = repr(await trail(floor)).lower()
    assert "account.linked" in written
    for personal in ("canary", "app.example", "org-1", "http"):
        assert personal not in written


async def test_it_can_be_read_by_tenant_and_since_a_moment(floor: Floor) -> None:
    async with floor.work.writing() as tx:
        for number in range(5):
            at = floor.clock() + timedelta(hours=number)
            await tx.audit.add(entry(f"n{number}", by="system", at=at, tenant_id=f"t{number % 2}"))
    async with floor.work.reading() as tx:
        since = floor.clock() + timedelta(hours=2)
        assert [one.action for one in await tx.audit.list(since=since)] == ["n2", "n3", "n4"]
        assert [one.action for one in await tx.audit.list(tenant_id="t1")] == ["n1", "n3"]
        assert [one.action for one in await tx.audit.list(most=2)] == ["n3", "n4"]


def test_there_is_no_way_in_the_code_to_change_an_entry() -> None:
    assert {name for name in vars(AuditRepository) if not name.startswith("_")} == {"add", "list"}

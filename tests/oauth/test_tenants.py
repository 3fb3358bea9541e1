"""Tenants, their keys, systems and callback URLs."""

import pytest

from oauth.errors import (
    CallbackNotAllowed,
    SystemNotRegistered,
    UnauthorizedAccountKey,
    UnauthorizedApiKey,
    UnknownTarget,
)
from storage.errors import Invalid, NotFound
from tests.oauth.conftest import CALLBACK, CANCEL, Floor

pytestmark = pytest.mark.both_databases


async def test_a_tenant_is_found_by_its_api_key(floor: Floor) -> None:
    made = await floor.tenants.create("  Vendor ")
    assert made.api_key.startswith("sk_")
    assert len(made.api_key) >= 46
    assert await floor.callers.authenticate(made.api_key) == made.tenant
    assert made.tenant.name == "Vendor"
    assert [tenant.id for tenant in await floor.tenants.all()] == [made.tenant.id]


@pytest.mark.parametrize("key", [None, "", "sk_unknown", "é", "x" * 10_000, "sk_\x00"])
async def test_an_unknown_api_key_is_refused(floor: Floor, key: str | None) -> None:
    await floor.tenants.create("Vendor")
    with pytest.raises(UnauthorizedApiKey):
        await floor.callers.authenticate(key)


async def test_a_revoked_api_key_is_refused(floor: Floor) -> None:
    made = await floor.tenants.create("Vendor")
    async with floor.work.writing() as tx:
        (key,) = await tx.api_keys.of_tenant(made.tenant.id)
        assert await tx.api_keys.revoke(key.id, floor.clock())
        assert not await tx.api_keys.revoke(key.id, floor.clock())
    with pytest.raises(UnauthorizedApiKey):
        await floor.callers.authenticate(made.api_key)


async def test_an_account_key_selects_its_tenants_account_only(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    other, _ = await floor.tenant("Other")
    floor.provider.organization = "org-1"
    account = await floor.account(tenant)
    redirect = await floor.link(other)
    assert account.organization_id == "org-1"
    exchanged = await floor.links.exchange(
        other, redirect.url.partition("code=")[2].partition("&")[0]
    )
    errors: list[str] = []
    for key in (exchanged.account_key, "acc_unknown", None, ""):
        with pytest.raises(UnauthorizedAccountKey) as caught:
            await floor.callers.select(tenant, key)
        errors.append(f"{caught.value.code} {caught.value.message}")
    assert len(set(errors)) == 1
    theirs = await floor.callers.select(other, exchanged.account_key)
    assert theirs.tenant_id == other.id
    async with floor.work.writing() as tx:
        (key_record,) = await tx.accounts.keys_of([theirs.id])
        await tx.accounts.revoke_key(key_record.id, floor.clock())
    with pytest.raises(UnauthorizedAccountKey):
        await floor.callers.select(other, exchanged.account_key)


@pytest.mark.covers("MAE-11")
async def test_app_credentials_are_replaced_and_never_shown(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    await floor.tenants.register_system(
        tenant, "acme-sandbox", "new-client", "new-secret", {"stagingToken": "new"}, scopes="more"
    )
    systems = await floor.tenants.registered_systems(tenant)
    assert [(system.target, system.client_id) for system in systems] == [
        ("acme", "client-of-Vendor"),
        ("acme-sandbox", "new-client"),
    ]
    assert systems[1].custom_value_names == ("stagingToken",)
    assert systems[1].scopes == "more"
    assert "secret" not in repr(systems).replace("client_secret", "")


async def test_a_system_needs_what_its_target_cannot_do_without(floor: Floor) -> None:
    made = await floor.tenants.create("Vendor")
    with pytest.raises(Invalid) as caught:
        await floor.tenants.register_system(made.tenant, "acme-sandbox", " ", "", {"other": "x"})
    assert [field.field for field in caught.value.fields] == [
        "clientId",
        "clientSecret",
        "customValues.stagingToken",
    ]
    with pytest.raises(UnknownTarget):
        await floor.tenants.register_system(made.tenant, "nobody", "a", "b", {})
    assert await floor.tenants.registered_systems(made.tenant) == []


async def test_credentials_can_be_forgotten_once(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    other, _ = await floor.tenant("Other")
    await floor.tenants.unregister_system(tenant, "acme")
    with pytest.raises(SystemNotRegistered):
        await floor.tenants.unregister_system(tenant, "acme")
    with pytest.raises(UnknownTarget):
        await floor.tenants.unregister_system(tenant, "nobody")
    assert len(await floor.tenants.registered_systems(other)) == 2


async def test_callback_urls_become_the_default_and_are_allowed(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    await floor.tenants.add_callback_urls(tenant, "https://app.example/second?x=1")
    await floor.tenants.add_callback_urls(tenant, "https://app.example/second?x=1")
    urls = await floor.tenants.callback_urls(tenant)
    assert urls.callback_url == "https://app.example/second?x=1"
    assert urls.cancel_callback_url is None
    assert urls.allowed == (CANCEL, CALLBACK, "https://app.example/second")


async def test_a_bad_callback_url_stores_nothing(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    before = await floor.tenants.callback_urls(tenant)
    for callback, cancel in (
        ("http://app.example/x", None),
        ("https://app.example/x", "https://127.0.0.1/x"),
    ):
        with pytest.raises(CallbackNotAllowed):
            await floor.tenants.add_callback_urls(tenant, callback, cancel)
    assert await floor.tenants.callback_urls(tenant) == before


async def test_a_signing_secret_is_shown_once_and_kept_sealed(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    secret = await floor.tenants.create_signing_secret(tenant)
    fresh = await floor.tenants.get(tenant.id)
    assert fresh.signing_secret is not None
    assert secret.raw not in fresh.signing_secret
    assert (
        floor.ring.open(fresh.signing_secret, associated_data=fresh.associated_data) == secret.raw
    )
    assert len(secret.hex) == 64
    assert secret.whsec.startswith("whsec_")
    assert secret.hex not in repr(secret) + repr(fresh)


async def test_a_tenant_needs_a_name(floor: Floor) -> None:
    with pytest.raises(Invalid):
        await floor.tenants.create("  ")
    with pytest.raises(NotFound):
        await floor.tenants.get("ten_unknown")

"""The vault: valid access for everyone who asks, and one refresh for all of them."""

import asyncio
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import update

from oauth import refreshing
from oauth.credentials import open_credentials
from oauth.errors import (
    AccountInactive,
    ProviderRefused,
    ProviderUnavailable,
    ReauthRequired,
    SandboxTokenMissing,
    SystemNotRegistered,
)
from oauth.grants import read_consent
from oauth.key_links import Credentials
from oauth.requests import LinkRequest
from oauth.tokens import Access, AccessSource
from oauth.vault import TokenVault
from storage.database_clock import DatabaseClock
from storage.repositories.accounts import Account
from storage.repositories.tokens import StoredTokens, TokenRepository
from storage.tables import TokenRow
from storage.values import table_of
from tests.oauth.conftest import Floor
from tests.oauth.provider import Provider

pytestmark = pytest.mark.both_databases

AWAY = httpx2.Response(503)


@pytest.fixture
async def account(floor: Floor) -> Account:
    tenant, _ = await floor.tenant()
    return await floor.account(tenant)


async def stored(floor: Floor, account: Account) -> StoredTokens:
    async with floor.work.reading() as tx:
        tokens = await tx.tokens.of_account(account.id)
    assert tokens is not None
    return tokens


async def move(floor: Floor, account: Account, to: str) -> None:
    async with floor.work.writing() as tx:
        assert await tx.accounts.move(account.id, to=to, before="ACTIVE", at=floor.clock())


def token_of(access: Access) -> str:
    return access.headers["Authorization"].removeprefix("Bearer ")


class Gate:
    """Holds the provider's answers back until it is opened."""

    def __init__(self, provider: Provider) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()
        provider.before_answer = self

    async def __call__(self) -> None:
        self.reached.set()
        await self.opened.wait()


# -- without a refresh


async def test_a_warm_access_costs_no_call_and_no_look(floor: Floor, account: Account) -> None:
    first = await floor.vault.get(account.id)
    await move(floor, account, "DISABLED")
    assert await floor.vault.get(account.id) is first
    assert floor.provider.refreshes() == 0


async def test_a_change_elsewhere_is_known_within_five_seconds(
    floor: Floor, account: Account
) -> None:
    await floor.vault.get(account.id)
    await move(floor, account, "DISABLED")
    floor.clock.move(seconds=5)
    with pytest.raises(AccountInactive):
        await floor.vault.get(account.id)


async def test_a_forgotten_account_is_looked_at_at_once(floor: Floor, account: Account) -> None:
    await floor.vault.get(account.id)
    await move(floor, account, "REVOKED")
    floor.vault.forget(account.id)
    with pytest.raises(AccountInactive):
        await floor.vault.get(account.id)


@pytest.mark.parametrize("status", ["REAUTH_REQUIRED", "REVOKED", "DISABLED"])
async def test_an_account_that_is_not_active_never_calls_upstream(
    floor: Floor, account: Account, status: str
) -> None:
    access = await floor.vault.get(account.id)
    await move(floor, account, status)
    floor.clock.move(hours=2)
    calls = len(floor.provider.requests)
    expected = ReauthRequired if status == "REAUTH_REQUIRED" else AccountInactive
    for _ in range(3):
        with pytest.raises(expected):
            await floor.vault.get(account.id)
        with pytest.raises(expected):
            await floor.vault.renew(account.id, access)
    assert len(floor.provider.requests) == calls


async def test_an_unknown_account_is_inactive(floor: Floor) -> None:
    with pytest.raises(AccountInactive):
        await floor.vault.get("acct_unknown")
    assert await floor.vault.credential_status("acct_unknown") is None


async def test_new_custom_values_reach_the_headers_within_five_seconds(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    redirect = await floor.link(tenant, target="acme-sandbox")
    code = redirect.url.partition("code=")[2]
    key = (await floor.links.exchange(tenant, code)).account_key
    account = await floor.callers.select(tenant, key)
    assert (await floor.vault.get(account.id)).headers["X-Staging"] == "staging-canary"
    floor.clock.move(seconds=5)
    await floor.tenants.register_system(
        tenant, "acme-sandbox", "c", "app-secret-canary", {"stagingToken": "second"}
    )
    assert (await floor.vault.get(account.id)).headers["X-Staging"] == "second"


async def test_without_app_credentials_there_is_no_access(floor: Floor, account: Account) -> None:
    tenant = await floor.tenants.get(account.tenant_id)
    await floor.tenants.unregister_system(tenant, "acme")
    with pytest.raises(SystemNotRegistered):
        await floor.vault.get(account.id)


async def test_standing_names_scopes_and_no_token(floor: Floor, account: Account) -> None:
    credential_status = await floor.vault.credential_status(account.id)
    assert credential_status is not None
    assert "webhook" in credential_status.scopes
    assert credential_status.is_renewable
    assert credential_status.expires_at == floor.clock() + timedelta(hours=1)
    assert "canary" not in repr(credential_status)


# -- one refresh


@pytest.mark.covers("QX-03")
async def test_fifty_calls_on_an_expired_token_make_one_refresh(
    floor: Floor, account: Account
) -> None:
    old = token_of(await floor.vault.get(account.id))
    floor.clock.move(hours=2)
    accesses = await asyncio.gather(*(floor.vault.get(account.id) for _ in range(50)))
    assert floor.provider.refreshes() == 1
    assert {token_of(access) for access in accesses} != {old}
    assert len({token_of(access) for access in accesses}) == 1
    assert floor.refreshes == ["refreshed"]


async def test_two_processes_on_one_database_refresh_once(floor: Floor, account: Account) -> None:
    other = floor.another_vault()
    floor.clock.move(hours=2)
    accesses = await asyncio.gather(
        *(vault.get(account.id) for vault in (floor.vault, other) for _ in range(20))
    )
    assert floor.provider.refreshes() == 1
    assert len({token_of(access) for access in accesses}) == 1


async def test_a_token_is_refreshed_shortly_before_it_expires(
    floor: Floor, account: Account
) -> None:
    await floor.vault.get(account.id)
    floor.clock.move(seconds=3600 - 121)
    await floor.vault.get(account.id)
    assert floor.provider.refreshes() == 0
    floor.clock.move(seconds=1)
    await floor.vault.get(account.id)
    assert floor.provider.refreshes() == 1


async def test_a_token_of_a_short_life_is_not_refreshed_at_every_call(floor: Floor) -> None:
    floor.provider.life = 60
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    for _ in range(8):
        await floor.vault.get(account.id)
        floor.clock.move(seconds=5)
    assert floor.provider.refreshes() == 0
    floor.clock.move(seconds=5)
    await floor.vault.get(account.id)
    assert floor.provider.refreshes() == 1


async def test_a_refused_access_is_renewed_once_whoever_asks(
    floor: Floor, account: Account
) -> None:
    other = floor.another_vault()
    refused = await floor.vault.get(account.id)
    assert (await other.get(account.id)).version == refused.version
    renewed = await asyncio.gather(
        *(vault.renew(account.id, refused) for vault in (floor.vault, other) for _ in range(10))
    )
    assert floor.provider.refreshes() == 1
    assert {access.version for access in renewed} == {refused.version + 1}
    late = await floor.vault.renew(account.id, refused)
    assert late.version == refused.version + 1
    assert floor.provider.refreshes() == 1
    assert (await floor.vault.get(account.id)).version == refused.version + 1


async def test_who_stops_waiting_does_not_stop_the_refresh(floor: Floor, account: Account) -> None:
    floor.clock.move(hours=2)
    gate = Gate(floor.provider)
    leaving = asyncio.create_task(floor.vault.get(account.id))
    await gate.reached.wait()
    staying = asyncio.create_task(floor.vault.get(account.id))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    gate.opened.set()
    assert token_of(await staying) in floor.provider.access_tokens
    assert floor.provider.refreshes() == 1


async def test_a_refresh_nobody_waits_for_any_more_is_stored(
    floor: Floor, account: Account
) -> None:
    floor.clock.move(hours=2)
    gate = Gate(floor.provider)
    leaving = asyncio.create_task(floor.vault.get(account.id))
    await gate.reached.wait()
    leaving.cancel()
    closing = asyncio.create_task(floor.vault.close())
    gate.opened.set()
    await closing
    assert (await stored(floor, account)).version == 2
    await floor.vault.get(account.id)
    assert floor.provider.refreshes() == 1


# -- failures


async def test_invalid_grant_ends_the_consent(floor: Floor, account: Account) -> None:
    other = floor.another_vault()
    floor.provider.refresh_tokens.clear()
    floor.clock.move(hours=2)
    outcomes = await asyncio.gather(
        *(vault.get(account.id) for vault in (floor.vault, other) for _ in range(5)),
        return_exceptions=True,
    )
    assert all(isinstance(outcome, ReauthRequired) for outcome in outcomes)
    assert floor.provider.refreshes() == 1
    assert await floor.status_of(account.id) == "REAUTH_REQUIRED"
    assert floor.refreshes in (["ended"], [])


async def test_invalid_grant_is_not_believed_when_a_newer_set_is_stored(
    floor: Floor, account: Account
) -> None:
    tenant = await floor.tenants.get(account.tenant_id)
    floor.clock.move(hours=2)
    floor.provider.refresh_tokens.clear()
    gate = Gate(floor.provider)
    asking = asyncio.create_task(floor.vault.get(account.id))
    await gate.reached.wait()
    floor.provider.before_answer = None
    started = await floor.links.start(tenant, "acme", LinkRequest())
    back = floor.provider.consent(started.url)
    await floor.returning.finish("acme", read_consent(f"code={back['code']}&state={back['state']}"))
    gate.opened.set()
    access = await asking
    assert access.version == 2
    assert await floor.status_of(account.id) == "ACTIVE"
    assert floor.refreshes == ["overtaken"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (AWAY, ProviderUnavailable),
        (httpx2.Response(429), ProviderUnavailable),
        (httpx2.ConnectError("away"), ProviderUnavailable),
        (httpx2.ReadTimeout("late"), ProviderUnavailable),
        (httpx2.Response(200, html="<html></html>"), ProviderUnavailable),
        (httpx2.Response(401, json={"error": "invalid_client"}), ProviderRefused),
        (httpx2.Response(409, json={"error": "concurrent"}), ProviderRefused),
    ],
)
async def test_other_failures_leave_the_account_active(
    floor: Floor, account: Account, answer: httpx2.Response | Exception, error: type[Exception]
) -> None:
    floor.clock.move(hours=2)
    floor.provider.answers.append(answer)
    with pytest.raises(error):
        await floor.vault.get(account.id)
    assert await floor.status_of(account.id) == "ACTIVE"
    assert token_of(await floor.vault.get(account.id)) in floor.provider.access_tokens
    assert floor.refreshes == ["failed", "refreshed"]


async def test_a_missing_staging_token_is_named(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    redirect = await floor.link(tenant, target="acme-sandbox")
    code = redirect.url.partition("code=")[2]
    key = (await floor.links.exchange(tenant, code)).account_key
    account = await floor.callers.select(tenant, key)
    floor.provider.staging_token = "another"
    floor.clock.move(hours=2)
    with pytest.raises(SandboxTokenMissing):
        await floor.vault.get(account.id)
    assert await floor.status_of(account.id) == "ACTIVE"


async def test_while_a_token_is_good_a_failed_refresh_is_put_off(
    floor: Floor, account: Account
) -> None:
    old = token_of(await floor.vault.get(account.id))
    floor.clock.move(seconds=3600 - 60)
    floor.provider.answers += [AWAY, AWAY]
    for _ in range(3):
        assert token_of(await floor.vault.get(account.id)) == old
    assert floor.provider.refreshes() == 1
    floor.clock.move(seconds=5)
    assert token_of(await floor.vault.get(account.id)) == old
    assert floor.provider.refreshes() == 2
    floor.clock.move(seconds=5)
    assert token_of(await floor.vault.get(account.id)) != old


async def test_without_offline_access_the_end_of_the_token_ends_the_consent(floor: Floor) -> None:
    floor.provider.offline = False
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    await floor.vault.get(account.id)
    floor.clock.move(hours=1)
    with pytest.raises(ReauthRequired):
        await floor.vault.get(account.id)
    assert floor.provider.refreshes() == 0
    assert await floor.status_of(account.id) == "REAUTH_REQUIRED"


async def test_a_provider_that_says_nothing_is_given_up_after_the_timeout(
    floor: Floor, account: Account
) -> None:
    object.__setattr__(floor.client, "timeout", 0.05)
    floor.clock.move(hours=2)
    Gate(floor.provider)
    with pytest.raises(ProviderUnavailable):
        await floor.vault.get(account.id)
    floor.provider.before_answer = None
    assert (await floor.vault.get(account.id)).version == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_answer_that_makes_no_sense_after_the_rotation_is_asked_for_again(
    floor: Floor, account: Account
) -> None:
    """With the same refresh token, in the same lease: nobody notices."""
    garbled = 1

    def garble(response: httpx2.Response) -> httpx2.Response:
        nonlocal garbled
        garbled -= 1
        return httpx2.Response(200, content=b'{"access_tok') if garbled >= 0 else response

    floor.provider.on_the_way = garble
    floor.clock.move(hours=2)
    access = await floor.vault.get(account.id)
    assert token_of(access) in floor.provider.access_tokens
    assert floor.provider.refreshes() == 2
    assert floor.refreshes == ["refreshed"]


# -- what is lost on the way


async def crash_after_the_answer(
    floor: Floor, account: Account, *, lease: timedelta = timedelta(seconds=20)
) -> None:
    """A process gets new tokens and dies before it stores them: its lease stays behind.

    On PostgreSQL that runs by the server's clock, so a test in which it must not end on a machine
    that stands still takes a longer one.
    """
    old = await stored(floor, account)
    async with floor.work.writing() as tx:
        assert await tx.tokens.claim(
            old.connection_id,
            old.version,
            owner="dead",
            at=floor.clock(),
            lease=lease,
        )
    assert old.refresh_token is not None
    refresh_token = floor.ring.open_text(
        old.refresh_token, associated_data=old.refresh_associated_data
    )
    tenant = await floor.tenants.get(account.tenant_id)
    async with floor.work.reading() as tx:
        system = await tx.systems.get(tenant.id, "acme")
    assert system is not None
    await floor.client.refresh(
        floor.targets["acme"],
        open_credentials(floor.ring, system),
        refresh_token=refresh_token,
        granted=frozenset(),
        at=floor.clock(),
    )


async def end_leases(floor: Floor, *, since: float = 1) -> None:
    """Let twenty seconds pass and some more, by the database's clock too."""
    floor.clock.move(seconds=20)
    async with floor.work.writing() as tx:
        past = timedelta(seconds=since)
        now = DatabaseClock(floor.work.database, floor.clock)
        await now.read()
        await tx.connection.execute(
            update(table_of(TokenRow))
            .where(table_of(TokenRow).c.lease_until.is_not(None))
            .values(lease_until=now() - past)
        )


@pytest.mark.covers("QX-03")
async def test_a_crash_between_answer_and_commit_recovers_within_the_grace(
    floor: Floor, account: Account
) -> None:
    floor.clock.move(hours=2)
    await crash_after_the_answer(floor, account)
    await end_leases(floor)
    accesses = await asyncio.gather(*(floor.vault.get(account.id) for _ in range(20)))
    assert {access.version for access in accesses} == {2}
    assert floor.provider.refreshes() == 2
    floor.clock.move(hours=2)
    assert (await floor.vault.get(account.id)).version == 3
    assert await floor.status_of(account.id) == "ACTIVE"


@pytest.mark.covers("QX-03")
async def test_a_crash_that_outlasts_the_grace_needs_a_new_consent(
    floor: Floor, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Half a minute as it ships, for an owner that is only cut off.
    monkeypatch.setattr(refreshing, "OWNER_RETURNS_WITHIN", 0.2)
    floor.clock.move(hours=2)
    await crash_after_the_answer(floor, account)
    await end_leases(floor)
    floor.clock.move(seconds=41)
    with pytest.raises(ReauthRequired):
        await floor.vault.get(account.id)
    assert await floor.status_of(account.id) == "REAUTH_REQUIRED"


async def test_who_finds_a_live_lease_waits_for_what_its_owner_stores(
    floor: Floor, account: Account
) -> None:
    floor.clock.move(hours=2)
    other = floor.another_vault()
    gate = Gate(floor.provider)
    owner = asyncio.create_task(other.get(account.id))
    await gate.reached.wait()
    waiter = asyncio.create_task(floor.vault.get(account.id))
    await asyncio.sleep(0.3)
    assert not waiter.done()
    gate.opened.set()
    assert token_of(await owner) == token_of(await waiter)
    assert floor.provider.refreshes() == 1


async def test_a_lease_that_never_ends_is_not_waited_for_for_ever(
    floor: Floor, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oauth.refreshing._PATIENCE_IN_LEASES", 0)
    floor.clock.move(hours=2)
    await crash_after_the_answer(floor, account, lease=timedelta(hours=1))
    refreshes = floor.provider.refreshes()
    with pytest.raises(ProviderUnavailable, match="still renewing"):
        await floor.vault.get(account.id)
    assert floor.provider.refreshes() == refreshes
    assert await floor.status_of(account.id) == "ACTIVE"


async def test_a_set_that_comes_too_late_is_not_stored(floor: Floor, account: Account) -> None:
    floor.clock.move(hours=2)
    gate = Gate(floor.provider)
    slow = asyncio.create_task(floor.vault.get(account.id))
    await gate.reached.wait()
    floor.provider.before_answer = None
    await end_leases(floor)
    quick = await floor.another_vault().get(account.id)
    gate.opened.set()
    assert token_of(await slow) == token_of(quick)
    assert (await stored(floor, account)).version == 2
    assert floor.refreshes == ["overtaken"]


async def test_a_ciphertext_of_another_account_does_not_open(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    other, _ = await floor.tenant("Other")
    mine, theirs = await floor.account(tenant), await floor.account(other)
    own, tokens = await stored(floor, mine), await stored(floor, theirs)
    async with floor.work.writing() as tx:
        moved = StoredTokens(
            own.connection_id, tokens.access_token, tokens.refresh_token, tokens.expires_at,
            tokens.scopes, tokens.updated_at,
        )  # fmt: skip
        await tx.tokens.put(moved)
    with pytest.raises(Exception, match="damaged or was moved"):
        await floor.vault.get(mine.id)


def test_a_vault_is_an_access_source(floor: Floor) -> None:
    source: AccessSource = floor.vault
    assert isinstance(source, TokenVault)


# -- an end that is learned here or elsewhere


async def test_the_process_that_learns_of_the_end_stops_at_once(
    floor: Floor, account: Account
) -> None:
    """A refused access is not handed out again, although it hasn't expired."""
    access = await floor.vault.get(account.id)
    floor.provider.refresh_tokens.clear()
    with pytest.raises(ReauthRequired):
        await floor.vault.renew(account.id, access)
    with pytest.raises(ReauthRequired):
        await floor.vault.get(account.id)
    assert await floor.status_of(account.id) == "REAUTH_REQUIRED"


async def test_the_end_is_known_in_every_process_within_five_seconds(
    floor: Floor, account: Account
) -> None:
    here, there = floor.vault, floor.another_vault()
    access = await here.get(account.id)
    assert (await there.get(account.id)).headers == access.headers
    floor.provider.refresh_tokens.clear()
    with pytest.raises(ReauthRequired):
        await here.renew(account.id, access)
    floor.clock.move(seconds=5)
    calls = len(floor.provider.requests)
    with pytest.raises(ReauthRequired):
        await there.get(account.id)
    assert len(floor.provider.requests) == calls


async def test_a_look_that_was_overtaken_is_not_kept(
    floor: Floor, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It read the account before its end was stored, and came back after."""
    read = TokenRepository.get

    async def slow(self: TokenRepository, account_id: str) -> StoredTokens | None:
        found = await read(self, account_id)
        floor.vault.forget(account_id)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(TokenRepository, "get", slow)
        await floor.vault.get(account.id)
    await move(floor, account, "REVOKED")
    with pytest.raises(AccountInactive):
        await floor.vault.get(account.id)


# -- accounts that nobody uses


async def test_an_idle_account_is_refreshed_long_before_its_token_dies(
    floor: Floor, account: Account
) -> None:
    floor.clock.move(days=29)
    assert await floor.vault.keep_alive() == 0
    floor.clock.move(days=2)
    assert await floor.vault.keep_alive() == 1
    assert await floor.vault.keep_alive() == 0
    assert floor.provider.refreshes() == 1
    assert (await stored(floor, account)).updated_at == floor.clock()


async def test_several_workers_keep_an_account_alive_once(floor: Floor, account: Account) -> None:
    floor.clock.move(days=31)
    vaults = [floor.vault, *(floor.another_vault() for _ in range(3))]
    await asyncio.gather(*(vault.keep_alive() for vault in vaults))
    assert floor.provider.refreshes() == 1
    assert (await stored(floor, account)).version == 2


async def test_one_account_that_fails_keeps_no_other_from_living(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    for name in ("one", "two", "three"):
        floor.provider.organization = name
        await floor.account(tenant)
    floor.clock.move(days=31)
    floor.provider.answers = [AWAY]
    assert await floor.vault.keep_alive() == 2
    assert await floor.vault.keep_alive() == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_idle_accounts_are_gone_through_page_by_page(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them once: those that fail aren't tried a second time with the next page."""
    monkeypatch.setattr("oauth.vault._AT_ONCE", 2)
    tenant, _ = await floor.tenant()
    for name in ("one", "two", "three", "four", "five"):
        floor.provider.organization = name
        await floor.account(tenant)
    floor.clock.move(days=31)
    floor.provider.answers = [AWAY, AWAY]
    assert await floor.vault.keep_alive() == 3
    assert floor.refreshes == ["failed", "failed", "refreshed", "refreshed", "refreshed"]
    assert await floor.vault.keep_alive() == 2


async def test_accounts_that_cannot_be_used_are_left_alone(floor: Floor, account: Account) -> None:
    await move(floor, account, "DISABLED")
    floor.clock.move(days=31)
    assert await floor.vault.keep_alive() == 0
    assert floor.provider.refreshes() == 0


async def test_the_margin_differs_from_process_to_process(floor: Floor, account: Account) -> None:
    """At 150 s before the end, one process refreshes already and another doesn't yet."""
    calm = floor.another_vault()
    eager = TokenVault(
        floor.work,
        floor.ring,
        floor.targets,
        floor.client,
        floor.settings,
        clock=floor.clock,
        jitter=lambda: 1.0,
    )
    floor.clock.move(seconds=3600 - 150)
    await calm.get(account.id)
    assert floor.provider.refreshes() == 0
    await eager.get(account.id)
    assert floor.provider.refreshes() == 1


async def test_leaving_takes_the_consent_back_or_else_revokes_the_token(
    floor: Floor, account: Account
) -> None:
    floor.provider.ends_consents = True
    await floor.vault.revoke(account.id)
    access = await floor.vault.get(account.id)
    assert floor.provider.ended == [access.headers["Authorization"]]
    assert floor.provider.revoked == []
    floor.provider.ends_consents = False
    await floor.vault.revoke(account.id)
    assert len(floor.provider.revoked) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("offline", [True, False])
async def test_leaving_revokes_the_newest_token_that_ends_the_consent(
    floor: Floor, offline: bool
) -> None:
    """The refresh token, and the access token where there is none."""
    floor.provider.offline = offline
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    await floor.vault.revoke(account.id)
    (access,), refresh = floor.provider.access_tokens, list(floor.provider.refresh_tokens)
    assert floor.provider.revoked == (refresh if offline else [access])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_leaving_revokes_the_token_where_the_consent_cannot_be_taken_back_now(
    floor: Floor, account: Account
) -> None:
    """That takes an access, which has expired and can't be renewed at the moment."""
    floor.provider.ends_consents = True
    floor.clock.move(hours=2)
    floor.provider.answers = [AWAY]
    await floor.vault.revoke(account.id)
    assert floor.provider.ended == []
    assert floor.provider.revoked == list(floor.provider.refresh_tokens)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("takes_back", [True, False])
async def test_leaving_sends_no_key_of_an_organisation_anywhere(
    floor: Floor, takes_back: bool
) -> None:
    """It is the organisation's own, though the vendor has an app that could ask."""
    tenant, _ = await floor.tenant()
    key = Credentials("acme-1234", "secret-canary")
    linked = await floor.key_links.link(tenant, "acme", key)
    floor.provider.ends_consents = takes_back
    await floor.vault.revoke(linked.account.id)
    assert (floor.provider.requests, floor.provider.ended) == ([], [])
    assert floor.provider.checked == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_refresh_that_ended_the_consent_leaves_no_lease(
    floor: Floor, account: Account
) -> None:
    """Nobody need finish it."""
    floor.provider.refresh_tokens.clear()
    floor.clock.move(hours=2)
    with pytest.raises(ReauthRequired):
        await floor.vault.get(account.id)
    assert account.connection_id is not None
    async with floor.work.reading() as tx:
        assert await tx.tokens.unfinished(account.connection_id, floor.clock()) is None

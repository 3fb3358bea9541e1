"""What the provider is asked to announce: the types that are needed, changed and looked after."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from connector.errors import DownstreamRefused, DownstreamUnavailable, MissingScope, RateLimited
from oauth.errors import NotSupported
from storage.repositories.accounts import Account
from tests.webhooks.relay import Relay
from webhooks.upstream import CHECK_AFTER, LONGEST_WAIT

pytestmark = pytest.mark.both_databases

HERE = "https://app.example/1"
INVOICES, CLIENTS = "v1/client-invoices", "v1/clients"


@pytest.fixture
async def account(relay: Relay) -> Account:
    relay.let_be_polled()
    relay.books.resources = {**relay.books.resources, "CUSTOMER": relay.books.resources["INVOICE"]}
    relay.provider.topics = {
        "INVOICE": (INVOICES,),
        "PAYMENT": (INVOICES,),
        "CUSTOMER": (CLIENTS,),
    }
    return await relay.account()


def types(relay: Relay) -> list[tuple[str, ...]]:
    return [item.types for _, item in relay.provider.standing.values()]


async def state(relay: Relay, account: Account) -> str | None:
    upstream = await relay.standing(account)
    return None if upstream is None else upstream.state


def failing(call: str, error: Exception) -> Callable[[str, str], None]:
    def fail(name: str, _account: str) -> None:
        if name == call:
            raise error

    return fail


def fine(_call: str, _account: str) -> Awaitable[None] | None:
    return None


async def test_another_resource_changes_the_one_that_stands(relay: Relay, account: Account) -> None:
    subscriptions = relay.subscriptions()
    await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    customers = await subscriptions.create(account, callback_url=HERE, resource="CUSTOMER")
    await subscriptions.create(account, callback_url=HERE, resource="PAYMENT")
    assert types(relay) == [(INVOICES, CLIENTS)]
    assert relay.provider.calls == ["subscribe", "list", "update"]
    secret = [item.secret for _, item in relay.provider.standing.values()]
    upstream = await relay.standing(account)
    assert upstream is not None
    assert secret == [
        relay.ring.open_text(upstream.secret, associated_data=upstream.associated_data)
    ]
    await subscriptions.delete(account, customers.subscription.id)
    assert types(relay) == [(INVOICES,)]
    upstream = await relay.standing(account)
    assert upstream is not None
    assert (upstream.state, upstream.types) == ("ACTIVE", INVOICES)


async def test_it_ends_with_the_last_that_needs_it(relay: Relay, account: Account) -> None:
    """One that is only polled keeps nothing alive at the provider."""
    subscriptions = relay.subscriptions()
    bills = await subscriptions.create(account, callback_url=HERE, resource="BILL")
    assert bills.warnings == ()
    assert relay.provider.calls == []
    invoices = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    await subscriptions.delete(account, invoices.subscription.id)
    assert relay.provider.standing == {}
    assert await state(relay, account) is None
    assert [one.resource for one in await subscriptions.list(account)] == ["BILL"]


async def test_a_change_that_failed_is_made_later(relay: Relay, account: Account) -> None:
    subscriptions = relay.subscriptions()
    await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    relay.provider.before = failing("update", DownstreamUnavailable("down"))
    late = await subscriptions.create(account, callback_url=HERE, resource="CUSTOMER")
    assert len(late.warnings) == 1
    assert types(relay) == [(INVOICES,)]
    relay.provider.before = fine
    relay.clock.advance(seconds=31)
    assert await subscriptions.settle() == 1
    assert types(relay) == [(INVOICES, CLIENTS)]


async def test_a_change_that_is_refused_leaves_what_stood(relay: Relay, account: Account) -> None:
    subscriptions = relay.subscriptions()
    await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    relay.provider.before = failing("update", DownstreamRefused("no"))
    made = await subscriptions.create(account, callback_url=HERE, resource="CUSTOMER")
    assert len(made.warnings) == 1
    upstream = await relay.standing(account)
    assert upstream is not None
    assert (upstream.state, upstream.types) == ("ACTIVE", INVOICES)
    for one in await subscriptions.list(account):
        await subscriptions.delete(account, one.id)
    assert relay.provider.standing == {}


async def test_what_the_consent_does_not_cover_is_not_asked_for(
    relay: Relay, account: Account
) -> None:
    relay.provider.scopes = (INVOICES,)
    subscriptions = relay.subscriptions()
    made = await subscriptions.create(account, callback_url=HERE, resource="CUSTOMER")
    assert len(made.warnings) == 1
    assert relay.provider.calls == []
    assert (
        await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    ).warnings == ()
    assert types(relay) == [(INVOICES,)]
    relay.provider.scopes = None
    await subscriptions.upstream.watch(account.id)
    assert (INVOICES, CLIENTS) in types(relay), "a wider consent is made use of"


async def test_a_link_that_allows_webhooks_at_last_brings_them(
    relay: Relay, account: Account
) -> None:
    """An account that was linked by API key, and now by OAuth."""
    relay.provider.scopes = ()
    subscriptions = relay.subscriptions()
    made = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    assert "asks for them instead" in made.warnings[0]
    assert await state(relay, account) is None
    relay.provider.scopes = None
    await subscriptions.upstream.watch(account.id)
    assert (INVOICES,) in types(relay)


@pytest.mark.parametrize(
    "error",
    [DownstreamRefused("no public address"), MissingScope("webhook"), NotSupported("no")],
    ids=lambda error: type(error).__name__,
)
async def test_refused_webhooks_are_a_warning_and_asked_for_again_after_a_link(
    relay: Relay, account: Account, error: Exception
) -> None:
    relay.provider.before = failing("subscribe", error)
    subscriptions = relay.subscriptions()
    made = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    assert len(made.warnings) == 1
    assert "asks for them instead" in made.warnings[0]
    assert await state(relay, account) == "REFUSED"
    relay.clock.advance(days=1)
    assert await subscriptions.settle() == 0
    assert relay.provider.calls == ["subscribe"]
    relay.provider.before = fine
    await subscriptions.upstream.watch(account.id)
    assert await state(relay, account) == "ACTIVE"


async def test_what_cant_be_read_can_t_be_subscribed_to(relay: Relay, account: Account) -> None:
    relay.books.unreadable.add("BILL")
    subscriptions = relay.subscriptions()
    with pytest.raises(MissingScope):
        await subscriptions.create(account, callback_url=HERE, resource="BILL")
    assert await subscriptions.list(account) == []


async def test_what_vanished_at_the_provider_is_made_again(relay: Relay, account: Account) -> None:
    subscriptions = relay.subscriptions()
    await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    assert await subscriptions.upstream.check() == 0
    assert relay.provider.calls == ["subscribe"], "it was confirmed just now"
    relay.provider.standing.clear()
    relay.clock.advance(seconds=CHECK_AFTER.total_seconds() + 1)
    assert await subscriptions.upstream.check() == 1
    upstream = await relay.standing(account)
    assert upstream is not None
    assert upstream.state == "ACTIVE"
    assert [*relay.provider.standing] == [upstream.upstream_id]
    assert await subscriptions.upstream.check() == 0
    relay.clock.advance(seconds=CHECK_AFTER.total_seconds() + 1)
    assert await subscriptions.upstream.check() == 0, "it stands"


async def test_what_was_changed_at_the_provider_is_changed_back(
    relay: Relay, account: Account
) -> None:
    subscriptions = relay.subscriptions()
    await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    ((one, (owner, standing)),) = relay.provider.standing.items()
    await relay.provider.update(owner, one, standing.callback_url, "s" * 64, ["v1/cards"])
    relay.clock.advance(seconds=CHECK_AFTER.total_seconds() + 1)
    assert await subscriptions.upstream.check() == 1
    assert types(relay) == [(INVOICES,)]


async def test_two_processes_look_after_one_once(relay: Relay, account: Account) -> None:
    await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    relay.clock.advance(seconds=CHECK_AFTER.total_seconds() + 1)
    before = relay.provider.calls.count("list")
    for _ in range(3):
        await relay.subscriptions().upstream.check()
    assert relay.provider.calls.count("list") == before + 1


async def test_a_step_that_keeps_failing_is_taken_more_and_more_rarely(
    relay: Relay, account: Account
) -> None:
    subscriptions = relay.subscriptions()
    relay.provider.before = failing("subscribe", RateLimited("much"))
    await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    attempts: list[timedelta] = []
    begun = relay.clock()
    for _ in range(6 * 60):
        relay.clock.advance(seconds=30.5)
        asked = relay.provider.calls.count("list")
        await subscriptions.settle()
        if relay.provider.calls.count("list") > asked:
            attempts.append(relay.clock() - begun)
            begun = relay.clock()
    assert attempts == sorted(attempts)
    assert len(attempts) < 12, "three hours"
    assert timedelta(minutes=30) < attempts[-1] <= LONGEST_WAIT + timedelta(minutes=1)

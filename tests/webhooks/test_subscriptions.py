"""A vendor's subscriptions, and the one at the provider that they rest on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connector.errors import (
    DownstreamError,
    DownstreamRefused,
    DownstreamTimeout,
    DownstreamUnavailable,
    MissingScope,
    RateLimited,
)
from oauth.errors import AccountInactive, NotSupported, ReauthRequired
from storage.errors import NotFound, ServiceError, StorageUnavailable
from storage.repositories.accounts import Account
from tests.webhooks.relay import SIGNED, START, Relay, event_body, on_sqlite
from webhooks.errors import CallbackRefused, SubscriptionExists
from webhooks.signing import SECRET_BYTES

pytestmark = pytest.mark.both_databases

HERE = "https://app.example/1"
THERE = "https://app.example/2"

AWAY = [DownstreamTimeout("late"), DownstreamUnavailable("down"), RateLimited("much")]
REFUSED = [
    DownstreamRefused("no"),
    MissingScope("webhook"),
    DownstreamError("unreadable"),
    AccountInactive("REVOKED"),
    ReauthRequired(),
]


@pytest.fixture
async def account(relay: Relay) -> Account:
    return await relay.account()


def failing(*calls: str, error: Exception) -> Callable[[str, str], None]:
    """Fail these calls, always."""

    def fail(call: str, _account: str) -> None:
        if call in calls:
            raise error

    return fail


def once(call: str, error: Exception) -> Callable[[str, str], None]:
    """Fail the first such call only."""
    left = [error]

    def fail(name: str, _account: str) -> None:
        if name == call and left:
            raise left.pop()

    return fail


def fine(_call: str, _account: str) -> None:
    """Nothing goes wrong."""


def pausing(call: str) -> tuple[asyncio.Event, asyncio.Event, Callable[[str, str], Any]]:
    """Hold the first such call; return (it has come, let it go on, the hook)."""
    come, on = asyncio.Event(), asyncio.Event()

    def hook(name: str, _account: str) -> Awaitable[None] | None:
        if name != call or come.is_set():
            return None
        come.set()

        async def hold() -> None:
            await on.wait()

        return hold()

    return come, on, hook


async def live(relay: Relay, account: Account) -> list[str]:
    async with relay.work.reading() as tx:
        return [item.callback_url for item in await tx.subscriptions.live([account.id])]


def theirs(relay: Relay) -> list[str]:
    """List the callback addresses that the provider posts to."""
    return [item.callback_url for _, item in relay.provider.standing.values()]


async def settle(relay: Relay, *, after: float = 31) -> int:
    relay.clock.advance(seconds=after)
    return await relay.subscriptions().settle()


# -- creating ---------------------------------------------------------------------------------


async def test_the_first_subscription_makes_the_one_at_the_provider(
    relay: Relay, account: Account
) -> None:
    created = await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    assert len(created.secret) == SECRET_BYTES
    assert created.warnings == ()
    assert await relay.subscriptions().list(account) == [created.subscription]
    assert relay.ring.open(
        created.subscription.secret, associated_data=created.subscription.associated_data
    ) == (created.secret)
    assert str(created.secret) not in repr(created)
    upstream = await relay.standing(account)
    assert upstream is not None
    ((owner, standing),) = relay.provider.standing.values()
    assert owner == account.id
    assert (
        standing.callback_url == f"https://connector.example/base/events/callback/{upstream.code}"
    )
    assert standing.types == ("v1/client-invoices",)
    assert (upstream.state, upstream.upstream_id) == ("ACTIVE", standing.id)
    assert (
        relay.ring.open_text(upstream.secret, associated_data=upstream.associated_data)
        == standing.secret
    )
    assert standing.secret is not None
    assert len(standing.secret) == 64
    assert len(upstream.code) >= 40


async def test_later_subscriptions_rest_on_the_same_one(relay: Relay, account: Account) -> None:
    subscriptions = relay.subscriptions()
    made = [
        await subscriptions.create(account, callback_url=url, resource="INVOICE")
        for url in (HERE, THERE)
    ]
    assert made[0].secret != made[1].secret
    assert relay.provider.calls == ["subscribe"]


async def test_accounts_share_nothing(relay: Relay, account: Account) -> None:
    other = await relay.account()
    subscriptions = relay.subscriptions()
    for owner in (account, other):
        await subscriptions.create(owner, callback_url=HERE, resource="INVOICE")
    assert len(relay.provider.standing) == 2
    assert len(set(theirs(relay))) == 2
    first, second = await relay.standing(account), await relay.standing(other)
    assert first is not None
    assert second is not None
    assert first.code != second.code
    opened = [
        relay.ring.open(item.secret, associated_data=item.associated_data)
        for item in (first, second)
    ]
    assert opened[0] != opened[1]


async def test_an_event_that_overtakes_the_answer_is_understood(
    relay: Relay, account: Account
) -> None:
    """Our code and secret are known before the provider is asked."""
    accepted: list[str] = []

    async def post(call: str, _account: str) -> None:
        if call == "subscribe":
            ((_, standing),) = relay.provider.standing.values()
            code = standing.callback_url.rsplit("/", 1)[-1]
            headers = {"signature": standing.secret or ""}
            await relay.intake().accept(code, headers, event_body())
            accepted.append(code)

    relay.provider.after = post
    created = await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    assert len(accepted) == 1
    assert await relay.statuses(created.subscription) == ["PENDING"]


@on_sqlite
@pytest.mark.parametrize("resource", ["BILL", "CUSTOMER", "invoice", "", "token"])
async def test_what_is_not_offered_is_refused_and_leaves_nothing(
    relay: Relay, account: Account, resource: str
) -> None:
    with pytest.raises(NotSupported, match="INVOICE"):
        await relay.subscriptions().create(account, callback_url=HERE, resource=resource)
    assert await live(relay, account) == []
    assert relay.provider.calls == []


@on_sqlite
@pytest.mark.parametrize("url", ["http://app.example/1", "https://10.0.0.1/", "nonsense"])
async def test_a_url_that_may_not_be_called_is_refused_and_leaves_nothing(
    relay: Relay, account: Account, url: str
) -> None:
    with pytest.raises(CallbackRefused):
        await relay.subscriptions().create(account, callback_url=url, resource="INVOICE")
    assert await live(relay, account) == []
    assert relay.provider.calls == []


async def test_a_second_one_alike_is_a_conflict_that_names_the_first(
    relay: Relay, account: Account
) -> None:
    subscriptions = relay.subscriptions()
    first = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    with pytest.raises(SubscriptionExists) as caught:
        await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    assert caught.value.subscription_id == first.subscription.id
    assert len(await live(relay, account)) == 1
    await subscriptions.delete(account, first.subscription.id)
    again = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    assert again.subscription.id != first.subscription.id


async def test_creations_at_once_make_one_subscription_at_the_provider(
    relay: Relay, account: Account
) -> None:
    subscriptions = relay.subscriptions()
    await asyncio.gather(
        *(
            subscriptions.create(account, callback_url=f"{HERE}/{n}", resource="INVOICE")
            for n in range(10)
        )
    )
    assert relay.provider.calls == ["subscribe"]
    assert len(await live(relay, account)) == 10


async def test_creations_in_several_processes_make_one_subscription_at_the_provider(
    relay: Relay, account: Account
) -> None:
    for round_ in range(4):
        account = await relay.account()
        relay.provider.standing.clear()
        await asyncio.gather(
            *(
                relay.subscriptions().create(
                    account, callback_url=f"{HERE}/{round_}/{n}", resource="INVOICE"
                )
                for n in range(4)
            )
        )
        await settle(relay)
        upstream = await relay.standing(account)
        assert upstream is not None
        assert upstream.state == "ACTIVE"
        assert [*relay.provider.standing] == [upstream.upstream_id]
        assert len(await live(relay, account)) == 4


async def test_identical_creations_in_several_processes_leave_one(
    relay: Relay, account: Account
) -> None:
    answers = await asyncio.gather(
        *(
            relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
            for _ in range(5)
        ),
        return_exceptions=True,
    )
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(refused) == 4
    assert {type(answer) for answer in refused} == {SubscriptionExists}
    await settle(relay)
    assert len(relay.provider.standing) == 1


# -- a provider that doesn't answer, or says no -----------------------------------------------


@on_sqlite
@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
async def test_an_answer_that_is_lost_leaves_no_orphan(
    relay: Relay, account: Account, error: Exception
) -> None:
    """The provider did it and the answer never came: it's found there by its address."""
    relay.provider.after = once("subscribe", error)
    created = await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    assert len(created.warnings) == 1
    assert await live(relay, account) == [HERE]
    assert await settle(relay, after=10) == 0, "the request may still be on its way"
    assert await settle(relay) == 1
    upstream = await relay.standing(account)
    assert upstream is not None
    assert (upstream.state, upstream.upstream_id) == ("ACTIVE", "q-1")
    assert relay.provider.calls == ["subscribe", "list"]
    assert await settle(relay) == 0


async def test_a_request_that_never_arrived_is_made_again(relay: Relay, account: Account) -> None:
    relay.provider.before = failing("subscribe", "list", error=DownstreamUnavailable("down"))
    created = await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    assert len(created.warnings) == 1
    assert await settle(relay) == 0
    relay.provider.before = fine
    assert await settle(relay) == 1
    assert len(theirs(relay)) == 1


async def test_a_process_that_died_before_asking_is_finished_by_another(
    relay: Relay, account: Account
) -> None:
    relay.provider.before = failing("subscribe", error=asyncio.CancelledError())  # type: ignore[arg-type]
    with pytest.raises(asyncio.CancelledError):
        await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    relay.provider.before = fine
    assert await settle(relay) == 1
    assert len(theirs(relay)) == 1
    assert await live(relay, account) == [HERE]


@on_sqlite
@pytest.mark.parametrize("error", REFUSED, ids=lambda error: type(error).__name__)
async def test_a_refusal_is_told_and_withdraws_the_subscription(
    relay: Relay, account: Account, error: ServiceError
) -> None:
    relay.provider.before = failing("subscribe", error=error)
    subscriptions = relay.subscriptions()
    with pytest.raises(type(error)):
        await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    assert await live(relay, account) == []
    relay.provider.before = fine
    await settle(relay)
    assert await relay.standing(account) is None
    assert theirs(relay) == []
    created = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    assert created.warnings == ()
    assert len(theirs(relay)) == 1


@on_sqlite
async def test_what_was_refused_is_not_asked_about_for_ever(relay: Relay, account: Account) -> None:
    """An app that may not subscribe may not list either; and there's nothing to find."""
    relay.provider.before = failing("subscribe", "list", error=MissingScope("webhook"))
    with pytest.raises(MissingScope):
        await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    await settle(relay)
    assert await relay.standing(account) is None
    assert relay.provider.calls == ["subscribe"]


@on_sqlite
async def test_an_error_nobody_planned_for_withdraws_too(relay: Relay, account: Account) -> None:
    """The vendor never saw the secret, so the subscription can't stand."""

    class Strange(ServiceError):
        code = "STRANGE"

    relay.provider.before = failing("subscribe", error=Strange("strange"))
    with pytest.raises(Strange):
        await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    assert await live(relay, account) == []


async def test_a_refusal_leaves_others_of_the_account_alone(relay: Relay, account: Account) -> None:
    relay.provider.before = failing("subscribe", "list", error=DownstreamUnavailable("down"))
    await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    relay.provider.before = failing("subscribe", "list", error=MissingScope("webhook"))
    relay.clock.advance(seconds=31)
    with pytest.raises(MissingScope):
        await relay.subscriptions().create(account, callback_url=THERE, resource="INVOICE")
    assert await live(relay, account) == [HERE]
    relay.provider.before = fine
    assert await settle(relay) == 1
    assert len(theirs(relay)) == 1


async def test_while_the_provider_is_being_asked_another_one_is_promised_events_later(
    relay: Relay, account: Account
) -> None:
    come, on, hook = pausing("subscribe")
    relay.provider.before = hook
    first = asyncio.create_task(
        relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    )
    await come.wait()
    second = await relay.subscriptions().create(account, callback_url=THERE, resource="INVOICE")
    assert len(second.warnings) == 1
    on.set()
    assert (await first).warnings == ()
    assert relay.provider.calls == ["subscribe"]


async def test_a_subscription_deleted_while_the_provider_is_asked_leaves_no_orphan(
    relay: Relay, account: Account
) -> None:
    """Deleted by another process, before or after the provider has done what it was asked."""
    for before in (True, False):
        account = await relay.account()
        relay.provider.standing.clear()
        come, on, hook = pausing("subscribe")
        if before:
            relay.provider.before = hook
        else:
            relay.provider.after = hook
        creating = asyncio.create_task(
            relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
        )
        await come.wait()
        (made,) = await relay.subscriptions().list(account)
        await relay.subscriptions().delete(account, made.id)
        on.set()
        await creating
        relay.provider.before = relay.provider.after = fine
        await settle(relay)
        assert theirs(relay) == []
        assert await relay.standing(account) is None


# -- deleting ---------------------------------------------------------------------------------


async def test_deleting_the_last_one_removes_it_at_the_provider(
    relay: Relay, account: Account
) -> None:
    forgotten: list[str] = []
    ended: list[str] = []
    subscriptions = relay.subscriptions(forget=forgotten.append, deleted=ended.append)
    first = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    second = await subscriptions.create(account, callback_url=THERE, resource="INVOICE")
    upstream = await relay.standing(account)
    await subscriptions.delete(account, first.subscription.id)
    assert len(theirs(relay)) == 1
    assert forgotten == []
    await subscriptions.delete(account, second.subscription.id)
    assert theirs(relay) == []
    assert await relay.standing(account) is None
    assert upstream is not None
    assert forgotten == [upstream.code]
    assert ended == [first.subscription.id, second.subscription.id]
    with pytest.raises(NotFound):
        await relay.intake().accept(upstream.code, SIGNED, event_body())


async def test_only_ones_own_live_subscription_can_be_deleted(
    relay: Relay, account: Account
) -> None:
    subscriptions = relay.subscriptions()
    created = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    same_tenant = await relay.account()
    for stranger in (same_tenant, await relay.account()):
        with pytest.raises(NotFound):
            await subscriptions.delete(stranger, created.subscription.id)
    for unknown in ("whk_unknown", "", "'; DROP TABLE subscriptions; --"):
        with pytest.raises(NotFound):
            await subscriptions.delete(account, unknown)
    assert await live(relay, account) == [HERE]
    await subscriptions.delete(account, created.subscription.id)
    with pytest.raises(NotFound):
        await subscriptions.delete(account, created.subscription.id)


async def test_what_waits_for_a_deleted_subscription_is_cancelled(
    relay: Relay, account: Account
) -> None:
    subscriptions = relay.subscriptions()
    created = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    upstream = await relay.standing(account)
    assert upstream is not None
    secret = relay.ring.open_text(upstream.secret, associated_data=upstream.associated_data)
    await relay.intake().accept(upstream.code, {"signature": secret}, event_body())
    await subscriptions.delete(account, created.subscription.id)
    assert await relay.statuses(created.subscription) == ["CANCELED"]


@on_sqlite
@pytest.mark.parametrize("error", [*AWAY, ReauthRequired()], ids=lambda error: type(error).__name__)
async def test_a_deletion_while_the_provider_is_down_is_finished_later(
    relay: Relay, account: Account, error: Exception
) -> None:
    subscriptions = relay.subscriptions()
    created = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    relay.provider.before = failing("unsubscribe", error=error)
    await subscriptions.delete(account, created.subscription.id)
    assert await live(relay, account) == []
    assert await settle(relay) == 0
    upstream = await relay.standing(account)
    assert upstream is not None
    assert upstream.state == "ENDING"
    relay.provider.before = fine
    assert await settle(relay) == 1
    assert theirs(relay) == []
    assert await relay.standing(account) is None


async def test_a_deletion_before_a_lost_answer_was_settled_finds_what_is_there(
    relay: Relay, account: Account
) -> None:
    relay.provider.after = once("subscribe", DownstreamTimeout("late"))
    subscriptions = relay.subscriptions()
    created = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    assert len(theirs(relay)) == 1
    await subscriptions.delete(account, created.subscription.id)
    assert theirs(relay) == []
    assert await relay.standing(account) is None


async def test_subscribing_again_while_the_old_one_is_ending_keeps_it(
    relay: Relay, account: Account
) -> None:
    subscriptions = relay.subscriptions()
    first = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    relay.provider.before = failing("unsubscribe", error=DownstreamUnavailable("down"))
    await subscriptions.delete(account, first.subscription.id)
    relay.provider.before = fine
    await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    upstream = await relay.standing(account)
    assert upstream is not None
    assert (upstream.state, upstream.upstream_id) == ("ACTIVE", "q-1")
    assert len(theirs(relay)) == 1
    assert await settle(relay) == 0
    assert len(theirs(relay)) == 1


async def test_subscribing_again_after_it_ended_there_makes_a_new_one(
    relay: Relay, account: Account
) -> None:
    """The deletion took effect and its answer was lost."""
    subscriptions = relay.subscriptions()
    first = await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    relay.provider.after = once("unsubscribe", DownstreamTimeout("late"))
    await subscriptions.delete(account, first.subscription.id)
    await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    upstream = await relay.standing(account)
    assert upstream is not None
    assert (upstream.state, upstream.upstream_id) == ("ACTIVE", "q-2")
    assert [*relay.provider.standing] == ["q-2"]


# -- several processes ------------------------------------------------------------------------


async def test_subscribing_in_one_process_while_another_removes_ends_with_one(
    relay: Relay, account: Account
) -> None:
    """The removal at the provider may come before or after the new subscription looked there."""
    for before in (True, False):
        account = await relay.account()
        relay.provider.standing.clear()
        first = await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
        come, on, hook = pausing("unsubscribe")
        if before:
            relay.provider.before = hook
        else:
            relay.provider.after = hook
        deleting = asyncio.create_task(relay.subscriptions().delete(account, first.subscription.id))
        await come.wait()
        await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
        on.set()
        await deleting
        relay.provider.before = relay.provider.after = fine
        for _ in range(2):
            await settle(relay)
        upstream = await relay.standing(account)
        assert upstream is not None
        assert upstream.state == "ACTIVE"
        assert [*relay.provider.standing] == [upstream.upstream_id]
        assert await live(relay, account) == [HERE]


async def test_creating_and_deleting_in_many_processes_never_leaves_a_vendor_without_events(
    relay: Relay,
) -> None:
    """At rest there's one subscription at the provider exactly when somebody needs it."""
    for round_ in range(6):
        account = await relay.account()
        relay.provider.standing.clear()
        first = await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
        await asyncio.gather(
            relay.subscriptions().delete(account, first.subscription.id),
            *(
                relay.subscriptions().create(
                    account, callback_url=f"{THERE}/{n}", resource="INVOICE"
                )
                for n in range(round_ % 3)
            ),
        )
        for _ in range(3):
            await settle(relay)
        upstream = await relay.standing(account)
        if round_ % 3 == 0:
            assert upstream is None
            assert theirs(relay) == []
        else:
            assert upstream is not None
            assert upstream.state == "ACTIVE"
            assert [*relay.provider.standing] == [upstream.upstream_id]


async def test_settling_in_several_processes_asks_the_provider_once(
    relay: Relay, account: Account
) -> None:
    relay.provider.before = failing("subscribe", error=DownstreamUnavailable("down"))
    await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    relay.provider.before = fine
    relay.clock.advance(seconds=31)
    settled = await asyncio.gather(*(relay.subscriptions().settle() for _ in range(4)))
    assert sum(settled) == 1
    assert len(theirs(relay)) == 1


# -- settling ---------------------------------------------------------------------------------


async def test_one_account_that_cant_be_settled_does_not_keep_the_others(relay: Relay) -> None:
    stray = await relay.account(target="withdrawn")  # no provider of that name any more
    await relay.upstream(stray, state="PENDING")
    broken = await relay.account()
    await relay.upstream(broken, state="PENDING", secret=b"damaged")
    await relay.subscription(broken)
    good = await relay.account()
    await relay.upstream(good, state="PENDING", upstream_id=None)
    await relay.subscription(good)

    def buggy(_call: str, account_id: str) -> None:
        if account_id == broken.id:
            raise RuntimeError("a bug")

    relay.provider.before = buggy
    assert await settle(relay) == 1
    upstream = await relay.standing(good)
    assert upstream is not None
    assert upstream.state == "ACTIVE"


@on_sqlite
async def test_settling_without_a_database_says_so(relay: Relay, account: Account) -> None:
    await relay.upstream(account, state="PENDING")
    relay.work.away = True
    with pytest.raises(StorageUnavailable):
        await relay.subscriptions().settle()


async def test_a_renewed_consent_is_fed_again(relay: Relay, account: Account) -> None:
    """The provider dropped what was subscribed under the old one."""
    subscriptions = relay.subscriptions()
    await subscriptions.create(account, callback_url=HERE, resource="INVOICE")
    relay.provider.standing.clear()
    await subscriptions.upstream.watch(account.id)
    upstream = await relay.standing(account)
    assert upstream is not None
    assert (upstream.state, upstream.upstream_id) == ("ACTIVE", "q-2")
    assert [*relay.provider.standing] == ["q-2", "q-3"], "and one that tells of the consent's end"
    await subscriptions.upstream.watch(account.id)
    assert [*relay.provider.standing] == ["q-2", "q-3"]


async def test_nothing_is_created_while_the_database_is_away(
    relay: Relay, account: Account
) -> None:
    relay.work.away = True
    with pytest.raises(StorageUnavailable):
        await relay.subscriptions().create(account, callback_url=HERE, resource="INVOICE")
    relay.work.away = False
    assert relay.provider.calls == []
    assert await live(relay, account) == []


async def test_the_list_is_oldest_first_and_the_accounts_own(
    relay: Relay, account: Account
) -> None:
    subscriptions = relay.subscriptions()
    made = []
    for number in range(3):
        relay.clock.advance(seconds=1)
        made.append(
            await subscriptions.create(account, callback_url=f"{HERE}/{number}", resource="INVOICE")
        )
    await subscriptions.delete(account, made[1].subscription.id)
    listed = await subscriptions.list(account)
    assert [item.id for item in listed] == [made[0].subscription.id, made[2].subscription.id]
    assert listed[0].created_at > START
    assert await subscriptions.list(await relay.account()) == []

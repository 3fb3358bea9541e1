"""A secret is replaced: for a day both count, and Maesn's header stays with the old one."""

import hashlib
import hmac
from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from storage.clock import system_clock
from storage.errors import NotFound
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from tests.webhooks.relay import SECRET, SIGNED, Relay, event_body, until
from webhooks.errors import RotationUnderWay
from webhooks.retention import Retention
from webhooks.rotation import OVERLAP, Rotation
from webhooks.sender import OutgoingRequest
from webhooks.signing import maesn_secret, standard_secret

pytestmark = pytest.mark.both_databases


class Vendor:
    """One account with a subscription, whose receiver holds what came."""

    def __init__(self, relay: Relay, account: Account, subscription: Subscription) -> None:
        self.relay, self.account, self.subscription = relay, account, subscription
        self.rotation = Rotation(relay.work, relay.ring, relay.clock)
        self.events = 0

    async def receive(self) -> OutgoingRequest:
        """Let an event happen; return what is sent for it."""
        self.events += 1
        await self.relay.intake().accept(self.code, SIGNED, event_body(f"up-{self.events}"))
        await until(lambda: len(self.relay.endpoints.arrived) == self.events)
        return self.relay.endpoints.arrived[-1]

    code = ""


@pytest.fixture
async def vendor(relay: Relay) -> Vendor:
    relay.clock.now = system_clock()  # which the receiver's library compares with
    account = await relay.account()
    vendor = Vendor(relay, account, await relay.subscription(account))
    vendor.code = (await relay.upstream(account)).code
    await relay.start()
    return vendor


def maesn_takes(request: OutgoingRequest, secret: bytes) -> bool:
    expected = hmac.new(maesn_secret(secret).encode(), request.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, request.headers["X-MAESN-SIGNATURE"])


def library_takes(request: OutgoingRequest, secret: bytes) -> bool:
    try:
        Webhook(standard_secret(secret)).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


async def test_right_after_rotation_the_library_takes_both_secrets(vendor: Vendor) -> None:
    """The new signature comes first."""
    rotated = await vendor.rotation.rotate(vendor.account, vendor.subscription.id)
    request = await vendor.receive()
    assert library_takes(request, rotated.secret)
    assert library_takes(request, SECRET)
    assert not library_takes(request, bytes(32))
    first, _, second = request.headers["webhook-signature"].partition(" ")
    for header, secret in ((first, rotated.secret), (second, SECRET)):
        alone = {**request.headers, "webhook-signature": header}
        assert library_takes(OutgoingRequest(request.url, alone, request.body), secret)
    assert maesn_takes(request, SECRET)
    assert (
        rotated.previous_until
        == vendor.relay.clock() + OVERLAP
        == vendor.relay.clock() + (timedelta(hours=24))
    )


@pytest.mark.parametrize(
    ("after", "old_counts"),
    [
        (timedelta(hours=12), True),
        (timedelta(hours=24) - timedelta(milliseconds=1), True),
        (timedelta(hours=24), False),
        (timedelta(hours=25), False),
    ],
)
async def test_the_old_secret_counts_for_24_hours_and_no_longer(
    vendor: Vendor, after: timedelta, old_counts: bool
) -> None:
    """To the millisecond, in both headers."""
    vendor.relay.clock.now -= after  # so that the event is sent at the library's time
    rotated = await vendor.rotation.rotate(vendor.account, vendor.subscription.id)
    vendor.relay.clock.now += after
    request = await vendor.receive()
    assert library_takes(request, rotated.secret)
    assert library_takes(request, SECRET) is old_counts
    assert maesn_takes(request, SECRET) is old_counts
    assert maesn_takes(request, rotated.secret) is not old_counts
    assert len(request.headers["webhook-signature"].split(" ")) == 1 + old_counts


async def test_with_expire_now_only_the_new_secret_counts(vendor: Vendor) -> None:
    """Also in the middle of another rotation."""
    first = await vendor.rotation.rotate(vendor.account, vendor.subscription.id)
    second = await vendor.rotation.rotate(vendor.account, vendor.subscription.id, expire_now=True)
    assert second.previous_until is None
    request = await vendor.receive()
    assert library_takes(request, second.secret)
    assert maesn_takes(request, second.secret)
    for old in (SECRET, first.secret):
        assert not library_takes(request, old)
        assert not maesn_takes(request, old)


async def test_a_second_rotation_waits_for_the_first(vendor: Vendor) -> None:
    """A receiver that still has the oldest secret is not cut off by it."""
    vendor.relay.clock.now -= OVERLAP
    await vendor.rotation.rotate(vendor.account, vendor.subscription.id)
    with pytest.raises(RotationUnderWay):
        await vendor.rotation.rotate(vendor.account, vendor.subscription.id)
    vendor.relay.clock.now += OVERLAP
    third = await vendor.rotation.rotate(vendor.account, vendor.subscription.id)
    request = await vendor.receive()
    assert library_takes(request, third.secret)
    assert not library_takes(request, SECRET)


async def test_of_other_accounts_and_ended_ones_nothing_is_rotated(vendor: Vendor) -> None:
    other = await vendor.relay.account()
    with pytest.raises(NotFound):
        await vendor.rotation.rotate(other, vendor.subscription.id)
    async with vendor.relay.work.writing() as tx:
        await tx.subscriptions.end(vendor.subscription.id, vendor.relay.clock())
    with pytest.raises(NotFound):
        await vendor.rotation.rotate(vendor.account, vendor.subscription.id)


async def test_a_rotation_is_in_the_audit_trail_without_the_secret(vendor: Vendor) -> None:
    rotated = await vendor.rotation.rotate(vendor.account, vendor.subscription.id, by="key_1")
    async with vendor.relay.work.reading() as tx:
        (written,) = await tx.audit.list()
    assert (written.action, written.actor) == ("subscription.secret_rotated", "key_1")
    assert maesn_secret(rotated.secret) not in repr(written)


async def test_the_old_secret_is_forgotten_when_its_time_is_over(vendor: Vendor) -> None:
    await vendor.rotation.rotate(vendor.account, vendor.subscription.id)
    keeping = Retention(vendor.relay.work, vendor.relay.clock, timedelta(days=30))
    for hours, remembered in ((23, True), (1, False)):
        vendor.relay.clock.advance(hours=hours)
        await keeping.run()
        async with vendor.relay.work.reading() as tx:
            stored = await tx.subscriptions.get(vendor.subscription.id)
        assert stored is not None
        assert (stored.previous_secret is not None) is remembered

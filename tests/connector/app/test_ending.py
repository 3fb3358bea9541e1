"""How long an end takes to be answered: until no process starts an attempt any more."""

import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from connector.app.container import Container, assemble
from connector.app.settings import DatabaseGroup, SealingGroup, Settings
from storage.sealing import MasterKey
from tests.support import databases
from tests.webhooks.relay import Relay, until
from webhooks.checks import CHECK_HOLDS


@pytest.fixture
def settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    return Settings(
        public_url="https://connect.example",
        database=DatabaseGroup(url=SecretStr(databases.new_sqlite(sqlite_template, tmp_path))),
        sealing=SealingGroup(keys=SecretStr(MasterKey.generate("2026-11").reveal())),
    )


async def took_to_end(container: Container) -> tuple[float, float]:
    """End a subscription and a tenant's webhook; return how many seconds each took."""
    relay = Relay(container.storage.work, container.storage.ring)
    account = await relay.account()
    subscription = await relay.subscription(account)
    async with container.storage.work.reading() as tx:
        tenant = await tx.tenants.get(account.tenant_id)
    assert tenant is not None
    await container.oauth.tenants.create_signing_secret(tenant)
    hook = await container.relay.tenant_webhooks.create(tenant, "https://app.example/notices")
    times = [time.monotonic()]
    await container.relay.subscriptions.delete(account, subscription.id)
    times.append(time.monotonic())
    await container.relay.tenant_webhooks.delete(tenant, hook.id)
    times.append(time.monotonic())
    return times[1] - times[0], times[2] - times[1]


async def test_beside_a_worker_of_its_own_a_server_waits_until_that_has_noticed(
    settings: Settings,
) -> None:
    """SQLite too: `serve --no-worker`, and commands, run beside the process that sends."""
    container = assemble(settings)
    try:
        assert min(await took_to_end(container)) >= CHECK_HOLDS
    finally:
        await container.close()


async def test_the_only_process_that_sends_answers_at_once(settings: Settings) -> None:
    container = assemble(settings)
    container.worker.start()
    await until(lambda: container.relay.dispatcher.is_running)
    assert container.relay.tenant_webhooks.grace_period() == 0
    await container.worker.stop()
    assert container.relay.tenant_webhooks.grace_period() > CHECK_HOLDS
    await container.close()

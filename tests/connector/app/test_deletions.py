"""How long the end of a subscription waits for others that may still start a try for it."""

import time

import pytest
from pydantic import SecretStr

from connector.app.container import Container, assemble
from connector.app.settings import DatabaseGroup, SealingGroup, Settings
from storage.sealing import MasterKey
from tests.webhooks.relay import Relay
from webhooks.dispatch import CHECK_HOLDS


async def seconds_to_delete(container: Container) -> float:
    relay = Relay(container.work, container.ring)
    account = await relay.account()
    subscription = await relay.subscription(account)
    await relay.subscription(account, "https://app.example/other")  # the upstream one is kept
    began = time.monotonic()
    await container.subscriptions.delete(account, subscription.id)
    return time.monotonic() - began


@pytest.mark.parametrize("is_alone", [True, False])
async def test_only_the_process_that_does_all_the_sending_knows_at_once(
    database_url: str, is_alone: bool
) -> None:
    """A command line beside a server, and a server beside a worker, have to wait."""
    container = assemble(settings(database_url))
    if is_alone:
        container.worker.start()
    took = await seconds_to_delete(container)
    if is_alone:
        await container.worker.stop()
    await container.close()
    if is_alone and container.database.is_sqlite:
        assert took < CHECK_HOLDS
    else:
        assert took > CHECK_HOLDS


def settings(database_url: str) -> Settings:
    return Settings(
        environment="development",
        public_url="http://127.0.0.1",
        database=DatabaseGroup(url=SecretStr(database_url)),
        sealing=SealingGroup(keys=SecretStr(MasterKey.generate("test").reveal())),
    )

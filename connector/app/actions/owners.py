"""Whose accounts, subscriptions and deliveries are, by their ids: operators act for any vendor."""

from connector.app.container import Container
from storage.errors import NotFound
from storage.repositories.accounts import Account


async def account_of(container: Container, account_id: str) -> Account:
    """Return an account. Raises NotFound."""
    async with container.storage.work.reading() as tx:
        found = await tx.accounts.get(account_id)
    if found is None:
        raise NotFound("there is no such account")
    return found


async def owner_of(container: Container, webhook: str) -> Account:
    """Return the account that a subscription belongs to. Raises NotFound."""
    async with container.storage.work.reading() as tx:
        found = await tx.subscriptions.get(webhook)
    if found is None:
        raise NotFound("there is no such subscription")
    return await account_of(container, found.account_id)


async def owner_of_delivery(container: Container, delivery: str) -> Account:
    """Return the account that a delivery belongs to. Raises NotFound."""
    async with container.storage.work.reading() as tx:
        found = await tx.delivery_log.get(delivery)
    if found is None:
        raise NotFound("there is no such delivery; old ones are not kept")
    return await account_of(container, found.account_id)

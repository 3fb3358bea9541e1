"""What an account owns, by id. Another account's is answered like one that doesn't exist."""

from storage.errors import NotFound
from storage.repositories.accounts import Account
from storage.repositories.delivery_log import LoggedDelivery
from storage.repositories.replays import Replay
from storage.repositories.subscriptions import Subscription
from storage.unit_of_work import DatabaseTransaction


async def live_subscription(
    tx: DatabaseTransaction, account: Account, subscription_id: str, *, hold: bool = False
) -> Subscription:
    """Find a subscription that hasn't ended; see `any_subscription`. Raises NotFound."""
    found = await any_subscription(tx, account, subscription_id, hold=hold)
    if found.deleted_at is not None:
        raise NotFound("This account has no such subscription.")
    return found


async def any_subscription(
    tx: DatabaseTransaction, account: Account, subscription_id: str, *, hold: bool = False
) -> Subscription:
    """Find a subscription, also one that has ended: its log is kept. Raises NotFound.

    With `hold` it neither ends nor is paused before this transaction is over.
    """
    found = await tx.subscriptions.get(subscription_id, hold=hold)
    if found is None or found.account_id != account.id:
        raise NotFound("This account has no such subscription.")
    return found


async def delivery(tx: DatabaseTransaction, account: Account, delivery_id: str) -> LoggedDelivery:
    """Find a delivery. Raises NotFound."""
    found = await tx.delivery_log.get(delivery_id)
    if found is None or found.account_id != account.id:
        raise NotFound("This account has no such delivery; old ones are not kept.")
    return found


async def replay(
    tx: DatabaseTransaction,
    account: Account,
    subscription_id: str,
    replay_id: str,
    *,
    lock: bool = False,
) -> Replay:
    """Find a replay of a subscription. Raises NotFound."""
    found = await tx.replays.get(replay_id, lock=lock)
    if found is None or found.account_id != account.id or found.subscription_id != subscription_id:
        raise NotFound("This subscription has no such replay.")
    return found

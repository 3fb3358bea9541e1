"""Shows and changes subscriptions."""

from collections.abc import Awaitable, Callable

import msgspec

from connector.app.actions.assembled import assembled
from connector.app.actions.owners import account_of, owner_of
from connector.app.actions.records import show_record, show_records
from connector.app.container import Container
from connector.app.terminal import run
from storage.repositories.accounts import Account
from webhooks import subscription_status_operations
from webhooks.signing import maesn_secret, standard_secret


def show_all(account: str, as_json: bool) -> None:
    """Print an account's subscriptions."""

    async def look() -> list[subscription_status_operations.WebhookState]:
        async with assembled() as container:
            owner = await account_of(container, account)
            return [
                subscription_status_operations.shown_status(
                    await container.relay.statuses.get(owner, one.id)
                )
                for one in await container.relay.subscriptions.list(owner)
            ]

    columns = ("id", "resource", "state", "waiting", "held", "callbackUrl")
    show_records(run(look()), columns, as_json)


def show(webhook: str, as_json: bool) -> None:
    """Print how a subscription stands."""
    _change(webhook, _nothing, as_json)


def pause(webhook: str, as_json: bool) -> None:
    """Keep what comes for a subscription instead of sending it."""

    async def pause(container: Container, owner: Account) -> None:
        await container.relay.endpoints.pause(owner, webhook)

    _change(webhook, pause, as_json)


def resume(webhook: str, as_json: bool) -> None:
    """Send again, beginning with what was kept."""

    async def resume(container: Container, owner: Account) -> None:
        await container.relay.endpoints.resume(owner, webhook)

    _change(webhook, resume, as_json)


def change(
    webhook: str,
    *,
    ordered: bool | None,
    coalesce_seconds: int | None,
    deletions: bool | None,
    as_json: bool,
) -> None:
    """Change options; None leaves one as it is."""

    async def change(container: Container, owner: Account) -> None:
        await container.relay.statuses.change(
            owner,
            webhook,
            ordered=ordered,
            coalesce_seconds=coalesce_seconds,
            deletions=deletions,
        )

    _change(webhook, change, as_json)


def delete(webhook: str, as_json: bool) -> None:
    """End a subscription."""

    async def end() -> dict[str, str]:
        async with assembled() as container:
            await container.relay.subscriptions.delete(await owner_of(container, webhook), webhook)
        return {"id": webhook, "state": "ENDED"}

    show_record(run(end()), as_json)


def rotate(webhook: str, *, expire_now: bool, as_json: bool) -> None:
    """Make a new secret and print it."""

    async def rotate() -> dict[str, str | None]:
        async with assembled() as container:
            owner = await owner_of(container, webhook)
            made = await container.relay.rotation.rotate(owner, webhook, expire_now=expire_now)
            until = made.previous_until
            return {
                "id": webhook,
                "secret": maesn_secret(made.secret),
                "whsecSecret": standard_secret(made.secret),
                "previousSecretUntil": None if until is None else until.isoformat(),
            }

    show_record(run(rotate()), as_json)


async def _nothing(_container: Container, _owner: Account) -> None:
    """Change nothing."""


def _change(
    webhook: str, change: Callable[[Container, Account], Awaitable[None]], as_json: bool
) -> None:
    async def do() -> subscription_status_operations.WebhookState:
        async with assembled() as container:
            owner = await owner_of(container, webhook)
            await change(container, owner)
            return subscription_status_operations.shown_status(
                await container.relay.statuses.get(owner, webhook)
            )

    show_record(msgspec.to_builtins(run(do())), as_json)

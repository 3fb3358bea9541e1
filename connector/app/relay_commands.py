"""Commands for operators: `webhook ...`, for the subscriptions of any account, and `retention run`.

Subscriptions, deliveries and replays are named by their ids; whose they are is looked up.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from connector.app.container import Container
from connector.app.terminal import AsJson, assembled, out, print_rows, run
from storage.errors import NotFound
from storage.repositories.accounts import Account
from webhooks import log_operations, replay_operations, standing_operations
from webhooks.asking import LIMITS
from webhooks.log import DeliveryQuery
from webhooks.replays import Criteria
from webhooks.signing import maesn_secret, standard_secret
from webhooks.standing import LONGEST_COALESCING

webhooks = typer.Typer(
    help="Subscriptions, what is sent for them, and trying it out.", no_args_is_help=True
)
retention = typer.Typer(help="How long the past is kept.", no_args_is_help=True)

Webhook = Annotated[str, typer.Argument(help="The subscription's id, whk_...")]
DeliveryArgument = Annotated[str, typer.Argument(help="The delivery's id, dlv_...")]
Moment = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"],
        help="A day or a moment, in UTC.",
    ),
]


@webhooks.command("list")
def webhook_list(
    account: Annotated[str, typer.Argument(help="The account's id, acct_...")],
    as_json: AsJson = False,
) -> None:
    """List an account's subscriptions.

    Example: qonto-connector webhook list acct_01K9...
    """

    async def look() -> list[standing_operations.WebhookState]:
        async with assembled() as container:
            owner = await _account(container, account)
            return [
                standing_operations.shown_standing(
                    await container.relay.standings.get(owner, one.id)
                )
                for one in await container.relay.subscriptions.list(owner)
            ]

    columns = ("id", "resource", "state", "waiting", "held", "callbackUrl")
    _print_list(run(look()), columns, as_json)


@webhooks.command("show")
def webhook_show(webhook: Webhook, as_json: AsJson = False) -> None:
    """Show how a subscription stands.

    Example: qonto-connector webhook show whk_01K9...
    """
    _show_standing(webhook, _nothing, as_json)


@webhooks.command("pause")
def webhook_pause(webhook: Webhook, as_json: AsJson = False) -> None:
    """Keep what comes for a subscription instead of sending it.

    Example: qonto-connector webhook pause whk_01K9...
    """

    async def pause(container: Container, owner: Account) -> None:
        await container.relay.endpoints.pause(owner, webhook)

    _show_standing(webhook, pause, as_json)


@webhooks.command("resume")
def webhook_resume(webhook: Webhook, as_json: AsJson = False) -> None:
    """Send again, beginning with what was kept.

    Example: qonto-connector webhook resume whk_01K9...
    """

    async def resume(container: Container, owner: Account) -> None:
        await container.relay.endpoints.resume(owner, webhook)

    _show_standing(webhook, resume, as_json)


@webhooks.command("change")
def webhook_change(
    webhook: Webhook,
    ordered: Annotated[
        bool | None,
        typer.Option("--ordered/--unordered", help="The events of one record one by one, or not."),
    ] = None,
    coalesce_seconds: Annotated[
        int | None,
        typer.Option(
            "--coalesce",
            min=0,
            max=LONGEST_COALESCING,
            help="Seconds to wait for later events of a record, to send one for all.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a subscription's options; what isn't named stays as it is.

    Example: qonto-connector webhook change whk_01K9... --ordered --coalesce 5
    """

    async def change(container: Container, owner: Account) -> None:
        await container.relay.standings.change(
            owner, webhook, ordered=ordered, coalesce_seconds=coalesce_seconds
        )

    _show_standing(webhook, change, as_json)


@webhooks.command("delete")
def webhook_delete(webhook: Webhook, as_json: AsJson = False) -> None:
    """End a subscription: when this returns, no process starts a try for it any more.

    Example: qonto-connector webhook delete whk_01K9...
    """

    async def end() -> dict[str, str]:
        async with assembled() as container:
            await container.relay.subscriptions.delete(await _owner(container, webhook), webhook)
        return {"id": webhook, "state": "ENDED"}

    _show(run(end()), as_json)


@webhooks.command("rotate")
def webhook_rotate(
    webhook: Webhook,
    expire_now: Annotated[
        bool, typer.Option("--expire-now", help="End the old secret at once.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new secret for a subscription; it is shown this once.

    Example: qonto-connector webhook rotate whk_01K9...
    """

    async def rotate() -> dict[str, str | None]:
        async with assembled() as container:
            owner = await _owner(container, webhook)
            made = await container.relay.rotation.rotate(owner, webhook, expire_now=expire_now)
            until = made.previous_until
            return {
                "id": webhook,
                "secret": maesn_secret(made.secret),
                "whsecSecret": standard_secret(made.secret),
                "previousSecretUntil": None if until is None else until.isoformat(),
            }

    _show(run(rotate()), as_json)


@webhooks.command("test")
def webhook_test(webhook: Webhook, as_json: AsJson = False) -> None:
    """Send a test event, on the way that all events take.

    Example: qonto-connector webhook test whk_01K9...
    """

    async def send() -> log_operations.WebhookDelivery:
        async with assembled() as container:
            owner = await _owner(container, webhook)
            return log_operations.shown(await container.relay.trial.send(owner, webhook))

    _show(msgspec.to_builtins(run(send())), as_json)


@webhooks.command("deliveries")
def webhook_deliveries(
    webhook: Webhook,
    status: Annotated[
        log_operations.DeliveryStatus | None, typer.Option(help="Only what stands like this.")
    ] = None,
    event_type: Annotated[log_operations.EventType | None, typer.Option(help="Only these.")] = None,
    event_id: Annotated[
        str | None, typer.Option(help="Only of this event, the receiver's webhook-id.")
    ] = None,
    resource_id: Annotated[str | None, typer.Option(help="Only of this record.")] = None,
    origin: Annotated[log_operations.Origin | None, typer.Option(help="Only what came so.")] = None,
    since: Moment = None,
    until: Moment = None,
    most: Annotated[int, typer.Option(min=1, help="How many, the newest ones.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was sent for a subscription, newest first.

    Example: qonto-connector webhook deliveries whk_01K9... --status GIVEN_UP --since 2026-11-01
    """
    asked = DeliveryQuery(
        status=status,
        event_type=event_type,
        event_id=event_id,
        resource_id=resource_id,
        origin=origin,
        **_between(since, until),
    )

    async def look() -> list[log_operations.WebhookDelivery]:
        async with assembled() as container:
            owner = await _owner(container, webhook)
            found: list[log_operations.WebhookDelivery] = []
            before: str | None = None
            while len(found) < most:
                number = min(max(LIMITS), most - len(found))
                page = await container.relay.log.page(
                    owner, webhook, asked, before=before, most=number
                )
                found += [log_operations.shown(one) for one in page.deliveries]
                before = page.next_before
                if before is None:
                    break
            return found

    columns = ("id", "createdDate", "status", "attempts", "eventType", "resourceId", "origin")
    _print_list(run(look()), columns, as_json)


@webhooks.command("delivery")
def webhook_delivery(delivery: DeliveryArgument, as_json: AsJson = False) -> None:
    """Show a delivery: what was sent, and every try.

    Example: qonto-connector webhook delivery dlv_01K9...
    """

    async def look() -> log_operations.WebhookDeliveryDetail:
        async with assembled() as container:
            owner = await _owner_of_delivery(container, delivery)
            return log_operations.shown_in_full(await container.relay.log.detail(owner, delivery))

    shown = msgspec.to_builtins(run(look()))
    if as_json:
        print(json.dumps(shown))
        return
    tries = shown.pop("tries")
    _show(shown, as_json=False)
    for one in tries:
        out.print(f"\ntry {one['number']}", highlight=False)
        _show(one, as_json=False)


@webhooks.command("replay")
def webhook_replay(
    target: Annotated[str, typer.Argument(help="A delivery, dlv_..., or a subscription, whk_...")],
    everything: Annotated[
        bool, typer.Option("--all", help="Also what arrived; without it, what was given up.")
    ] = False,
    resource_id: Annotated[str | None, typer.Option(help="Only of this record.")] = None,
    since: Moment = None,
    until: Moment = None,
    as_json: AsJson = False,
) -> None:
    """Send one delivery again, or what was given up for a subscription.

    Example: qonto-connector webhook replay whk_01K9... --since 2026-11-19
    """
    criteria = Criteria(not everything, resource_id=resource_id, **_between(since, until))

    async def send() -> tuple[msgspec.Struct, tuple[str, ...]]:
        async with assembled() as container:
            if target.startswith("dlv_"):
                owner = await _owner_of_delivery(container, target)
                return log_operations.shown(await container.relay.replays.one(owner, target)), ()
            owner = await _owner(container, target)
            begun, warnings = await container.relay.replays.begin(owner, target, criteria)
            return replay_operations.shown_replay(begun), warnings

    made, warnings = run(send())
    _show(msgspec.to_builtins(made), as_json)
    if not as_json:
        for warning in warnings:
            out.print(warning, highlight=False)


@webhooks.command("replays")
def webhook_replays(
    webhook: Webhook,
    cancel: Annotated[
        str | None, typer.Option(help="Cancel this one, rpl_..., before they are listed.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How many, the newest ones.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List a subscription's replays, and how far they are.

    Example: qonto-connector webhook replays whk_01K9... --cancel rpl_01K9...
    """

    async def look() -> list[replay_operations.WebhookReplay]:
        async with assembled() as container:
            owner = await _owner(container, webhook)
            if cancel is not None:
                await container.relay.replays.cancel(owner, webhook, cancel)
            found, _ = await container.relay.replays.list(owner, webhook, most=most)
            return [replay_operations.shown_replay(one) for one in found]

    columns = ("id", "createdDate", "state", "status", "total", "planned", "delivered", "failed")
    _print_list(run(look()), columns, as_json)


@retention.command("run")
def retention_run(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be deleted.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Delete what has been kept for CONNECTOR_RETENTION__EVENT_DAYS; workers do it every hour.

    Example: qonto-connector retention run --dry-run
    """

    async def clean() -> dict[str, Any]:
        async with assembled() as container:
            work = container.relay.retention
            return asdict(await (work.look() if dry_run else work.run()))

    _show(run(clean()), as_json)


async def _account(container: Container, account_id: str) -> Account:
    async with container.storage.work.reading() as tx:
        found = await tx.accounts.get(account_id)
    if found is None:
        raise NotFound("there is no such account")
    return found


async def _owner(container: Container, webhook: str) -> Account:
    async with container.storage.work.reading() as tx:
        found = await tx.subscriptions.get(webhook)
    if found is None:
        raise NotFound("there is no such subscription")
    return await _account(container, found.account_id)


async def _owner_of_delivery(container: Container, delivery: str) -> Account:
    async with container.storage.work.reading() as tx:
        found = await tx.delivery_log.get(delivery)
    if found is None:
        raise NotFound("there is no such delivery; old ones are not kept")
    return await _account(container, found.account_id)


async def _nothing(_container: Container, _owner: Account) -> None:
    """Change nothing."""


def _show_standing(
    webhook: str, change: Callable[[Container, Account], Awaitable[None]], as_json: bool
) -> None:
    async def do() -> standing_operations.WebhookState:
        async with assembled() as container:
            owner = await _owner(container, webhook)
            await change(container, owner)
            return standing_operations.shown_standing(
                await container.relay.standings.get(owner, webhook)
            )

    _show(msgspec.to_builtins(run(do())), as_json)


def _between(since: datetime | None, until: datetime | None) -> dict[str, datetime | None]:
    if since is not None and until is not None and since >= until:
        raise typer.BadParameter("it must be after --since", param_hint="--until")
    return {"since": _utc(since), "until": _utc(until)}


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _show(facts: dict[str, Any], as_json: bool) -> None:
    """Print one record: a line for each fact, or JSON."""
    if as_json:
        print(json.dumps(facts))
        return
    for name, value in facts.items():
        if value is not None:
            shown = json.dumps(value) if isinstance(value, dict) else value
            out.print(f"{name:<20} {shown}", highlight=False, soft_wrap=True, markup=False)


def _print_list(found: list[Any], columns: tuple[str, ...], as_json: bool) -> None:
    """Print records: all of them in JSON, the chosen columns in a table."""
    rows: list[dict[str, Any]] = [msgspec.to_builtins(one) for one in found]
    if as_json:
        print(json.dumps(rows))
        return
    print_rows([{name: _cell(row[name]) for name in columns} for row in rows], as_json=False)


def _cell(value: object) -> str:
    return "" if value is None else str(value)
